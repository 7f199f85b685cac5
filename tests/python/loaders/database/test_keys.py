"""Keys whose order is another than their comparison lose no row, wherever a load is broken off."""

from __future__ import annotations

import pytest

from loaders.database.live import At, LiveShop
from storehouse.core.errors import SourceContractError
from storehouse.sources.database import postgresql, table_stream

_WORDS = "unnest(array['a', 'B', '_', 'ä', 'Z', ' ', 'A', 'b', '-', 'ß', '''']) w"
_TEXTS = f"select w || i from {_WORDS}, generate_series(1, 3) i"

KEYS = {
    "text collate unaccented": _TEXTS,
    "citext": f"select w || i from {_WORDS}, generate_series(1, 1) i where w not in ('A', 'b')",
    "char(5)": _TEXTS,
    "mood": "select unnest(enum_range(null::mood))",
    "int[]": "select array[i, 2] from generate_series(1, 30) i",
    "pair": "select row(i, 'x')::pair from generate_series(1, 30) i",
    "float8": "select 'NaN'::float8 union select '-Infinity' union select i * 0.1 from"
    " generate_series(1, 30) i",
    "money": "select i * 0.1 from generate_series(1, 30) i",
    "interval": "select i * interval '40 hours' from generate_series(1, 30) i",
    "timestamp": "select '-infinity'::timestamp union select '0044-03-15 BC' union"
    " select now()::timestamp + i * interval '1 us' from generate_series(1, 30) i",
}


@pytest.fixture
def small_portions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgresql, "_BATCH_BYTES", 100)
    monkeypatch.setattr(table_stream, "PORTION_ROWS", 4)


@pytest.mark.usefixtures("small_portions")
def test_a_load_that_was_broken_off_goes_on_behind_any_key(shop: LiveShop) -> None:
    shop.sql(
        "create extension if not exists citext schema public",
        "create collation unaccented (provider = icu, locale = 'und-u-ks-level1',"
        " deterministic = false)",
        "create type mood as enum ('so', 'a', 'z', 'b', 'y', 'c')",
        "create type pair as (a int, b text)",
    )
    for number, (kind, rows) in enumerate(KEYS.items()):
        shop.sql(f"create table t{number} (id {kind} not null)", f"insert into t{number} {rows}")
        shop.declare(f"t{number}", ["id"], key="id")
    for portions in (3, 5, 4, 30, 1, 20):
        with pytest.raises(KeyboardInterrupt):
            shop.load_with(At(portions, _interrupt))
    shop.load()
    for number, kind in enumerate(KEYS):
        ((there,),) = shop.ask(f"select count(*) from t{number}")
        assert (kind, len(shop.current(f"t{number}", "id"))) == (kind, there)


def _interrupt() -> None:
    raise KeyboardInterrupt


@pytest.mark.usefixtures("small_portions")
def test_a_key_that_is_null_in_a_part_is_refused_in_every_load(shop: LiveShop) -> None:
    shop.sql(
        "create table t (a int, b int)",
        "insert into t select i / 4, i % 4 from generate_series(0, 11) i",
        "insert into t values (2, null)",
    )
    shop.declare("t", ["a", "b"], key=["a", "b"])
    for _ in range(3):
        with pytest.raises(SourceContractError, match=r"its key \(a, b\) is null in some rows"):
            shop.load()


def test_a_key_that_is_not_unique_is_said_and_all_rows_land(shop: LiveShop) -> None:
    shop.sql("create table t (a int, b int)", "insert into t values (1, 1), (1, 2), (1, 2), (2, 2)")
    shop.declare("t", ["a", "b"], key="a")
    assert "its key is not unique, several rows of t have a='1'" in shop.load().notes[0]
    assert shop.count("t") == 4
    shop.declare("t", ["a", "b"], key=["a", "b"])
    assert "several rows of t have a='1', b='2'" in shop.load().notes[-1]
