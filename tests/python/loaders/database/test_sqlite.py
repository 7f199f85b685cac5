"""SQLite is read by the same rules as PostgreSQL."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from loaders.database.live import At, LiveShop
from loaders.project import Project
from storehouse.core.errors import SourceContractError, SourceUnavailable
from storehouse.sources.database import sqlite, table_stream
from storehouse.sources.portion import Window

COLUMNS = ["id", "total", "updated_at"]


@pytest.fixture
def con(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(tmp_path / "shop.db", isolation_level=None)) as opened:
        yield opened


@pytest.fixture
def shop(tmp_path: Path, con: sqlite3.Connection) -> LiveShop:
    """1,000 orders of last year, one a minute; the file is written while it is read."""
    con.executescript(
        """
        pragma journal_mode = wal;
        create table orders (id integer primary key, total real, updated_at text not null);
        insert into orders
        select value, value * 0.1, datetime('now', '-1 year', '+' || value || ' minutes')
        from (
            with recursive n (value) as (select 1 union all select value + 1 from n limit 1000)
            select value from n
        );
        """
    )
    made = LiveShop(Project(tmp_path / "project"), f"sqlite:///{tmp_path / 'shop.db'}")
    made.declare("orders", COLUMNS, key="id", incremental={"cursor": "updated_at"})
    return made


def test_values_arrive_exactly(shop: LiveShop, con: sqlite3.Connection) -> None:
    con.execute("create table t (id integer primary key, a text, b real, c blob, d)")
    con.execute("insert into t values (1, '', 0.1, x'00ff', 9007199254740993)")
    con.execute("insert into t values (2, null, ?, null, 'é')", [0.1 + 0.2])
    shop.declare("t", ["id", "a", "b", "c", "d"], key="id")
    shop.load()
    assert shop.current("t", "id") == [
        ("1", "", "0.1", "00FF", "9007199254740993"),
        ("2", None, "0.30000000000000004", None, "é"),
    ]


def test_a_second_load_reads_only_what_has_changed(shop: LiveShop, con: sqlite3.Connection) -> None:
    assert shop.load().tables[0].rows == 1000
    assert shop.load().tables[0].rows == 1
    con.execute("update orders set total = 7, updated_at = datetime('now') where id in (3, 4)")
    assert shop.load().tables[0].rows == 3
    # They are within the overlap.
    assert shop.load().tables[0].rows == 2
    assert shop.load(Window(full=True)).tables[0].rows == 1000


def test_what_was_deleted_is_found_by_its_key(shop: LiveShop, con: sqlite3.Connection) -> None:
    sweep = {"into": "deletions", "entity": "order"}
    shop.declare("orders", COLUMNS, key="id", incremental={"cursor": "updated_at"}, sweep=sweep)
    shop.declare("deletions", ["entity", "entity_id", "deleted_at"])
    shop.load()
    con.execute("delete from orders where id = 10")
    shop.load()
    assert shop.rows("select entity, entity_id from raw_shop.deletions") == [("order", "10")]


def test_a_load_that_was_broken_off_goes_on(
    shop: LiveShop, con: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite, "_BATCH_ROWS", 100)
    monkeypatch.setattr(table_stream, "PORTION_ROWS", 100)
    with pytest.raises(KeyboardInterrupt):
        shop.load_with(At(3, _interrupt))
    con.execute("update orders set total = 7, updated_at = datetime('now') where id in (1, 999)")
    # Those left and the last one stored, then two that changed and the newest.
    assert shop.load().tables[0].rows == 701 + 3
    current = dict(row[:2] for row in shop.current("orders", "id"))
    assert (current["1"], current["999"]) == ("7.0", "7.0")
    assert len(shop.current("orders", "id")) == 1000


def _interrupt() -> None:
    raise KeyboardInterrupt


def test_a_column_without_a_type_is_no_key(shop: LiveShop, con: sqlite3.Connection) -> None:
    con.execute("create table t (id, updated)")
    con.execute("insert into t values (1, 1)")
    shop.declare("t", ["id", "updated"], key="id")
    with pytest.raises(SourceContractError, match="column id of table t is a key and has no type"):
        shop.load()


def test_a_file_that_is_not_there_is_named_and_not_made(shop: LiveShop, tmp_path: Path) -> None:
    report = shop.attempt(url=f"sqlite:///{tmp_path / 'no.db'}")
    (error,) = report.errors
    assert isinstance(error, SourceUnavailable)
    assert "no.db could not be read" in str(error)
    assert not (tmp_path / "no.db").exists()


def test_a_file_that_is_no_database_is_named(shop: LiveShop, tmp_path: Path) -> None:
    (tmp_path / "no.db").write_text("not a database" * 100)
    (error,) = shop.attempt(url=f"sqlite:///{tmp_path / 'no.db'}").errors
    assert "file is not a database" in str(error)
