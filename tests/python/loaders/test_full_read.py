"""`--full` that is killed is still owed: whatever load comes next reads those tables whole."""

from __future__ import annotations

import sqlite3
import subprocess
import threading
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from loaders.database.live import VARIABLE, LiveShop
from loaders.project import Project, utc_now
from loaders.rest.server import Api, Listing, Request, serving
from loaders.rest.shop import INCREMENTAL, ORDERS, RestShop
from storehouse.sources.portion import Window

TABLES = ("orders", "customers", "products")
DELETIONS = ["entity", "entity_id", "deleted_at"]
OFTEN_ENOUGH = 10_000

FULL = """
import sys
from pathlib import Path
from loaders.project import Project, utc_now
from storehouse.landing.load import load
from storehouse.core.progress import Silent
from storehouse.sources.portion import Window
load(
    Project(Path(sys.argv[1])).settings(), progress=Silent(), now=utc_now, window=Window(full=True)
).raise_for_problems()
"""


@pytest.fixture
def rest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Three tables of seven records, read one after the other, that look for deletions rarely."""
    with serving(Api()) as api:
        shop = RestShop(Project(tmp_path / "project"), api)
        tables: dict[str, Any] = {}
        for name in TABLES:
            listing = Listing(name)
            for number in range(1, 8):
                listing.add(number, f"2026-01-01T00:00:0{number}Z", status="old")
            api.routes[f"/{name}"] = listing
            landing = {
                **ORDERS,
                "path": f"/{name}",
                "records": name,
                "incremental": INCREMENTAL,
                "sweep": {"into": "deletions", "entity": name, "every_hours": OFTEN_ENOUGH},
            }
            tables[name] = (["id", "updated_at", "status"], landing)
        shop.declare({**tables, "deletions": (DELETIONS, {})}, parallel=1)
        monkeypatch.setenv("S_URL", api.address)
        yield shop


def change(shop: RestShop) -> None:
    """In silence: `updated_at` does not say so; and one record of each is gone."""
    for name in TABLES:
        listing = shop.api.routes[f"/{name}"]
        assert isinstance(listing, Listing)
        listing.records = [{**one, "status": "new"} for one in listing.records if one["id"] != 3]


def kill_full_at(shop: RestShop, requests: int) -> None:
    """Kill `--full` while the server answers its request of that number, counted from 0."""
    requested, killed = threading.Event(), threading.Event()

    def waits(_: Request) -> None:
        requested.set()
        killed.wait(60)

    shop.api.faults = [*[None] * requests, waits]
    process = shop.project.run(code=FULL)
    assert requested.wait(60)
    process.kill()
    killed.set()
    process.communicate(timeout=60)
    assert process.returncode == -9
    shop.api.faults = []


def newest(project: Project, schema: str, table: str) -> list[tuple[Any, ...]]:
    return project.query(
        f"select id, status from {schema}.{table} qualify row_number() over"
        " (partition by id order by _loaded_at desc, _source_file desc) = 1 order by id"
    )


@pytest.mark.parametrize("requests", [0, 1, 4, 6])
@pytest.mark.parametrize("between", [None, Window(since=utc_now() - timedelta(days=1))])
def test_an_api_whose_full_load_was_killed_is_read_whole_by_the_next_load(
    rest: RestShop, requests: int, between: Window | None
) -> None:
    rest.load().raise_for_problems()
    change(rest)
    kill_full_at(rest, requests)
    if between:
        rest.load(between).raise_for_problems()
    rest.load().raise_for_problems()
    for table in TABLES:
        kept = [row for row in newest(rest.project, "raw_s", table) if row[0] != "3"]
        assert kept == [(str(number), "new") for number in (1, 2, 4, 5, 6, 7)], table
    gone = rest.project.query("select entity, entity_id from raw_s.deletions order by all")
    assert gone == [(table, "3") for table in sorted(TABLES)]
    before = len(rest.api.requests)
    rest.load().raise_for_problems()
    assert [one for one in rest.requested("since")[before:] if one is None] == []


def test_full_looks_for_deletions_whatever_every_hours_says(rest: RestShop) -> None:
    rest.load().raise_for_problems()
    change(rest)
    rest.load().raise_for_problems()
    assert rest.project.query("select * from raw_s.deletions") == []
    rest.load(Window(full=True)).raise_for_problems()
    assert rest.project.query("select count(*) from raw_s.deletions") == [(3,)]


@pytest.fixture
def database(tmp_path: Path) -> LiveShop:
    path = tmp_path / "shop.db"
    shop = LiveShop(Project(tmp_path / "project"), f"sqlite:///{path}")
    with closing(sqlite3.connect(path, isolation_level=None)) as con:
        for name in TABLES:
            con.execute(f"create table {name} (id integer primary key, status text, at text)")
            values = ", ".join(f"({n}, 'old', '2026-01-01 00:00:0{n}')" for n in range(1, 8))
            con.execute(f"insert into {name} values {values}")
            sweep = {"into": "deletions", "entity": name, "every_hours": OFTEN_ENOUGH}
            columns = ["id", "status", "at"]
            shop.declare(name, columns, key="id", incremental={"cursor": "at"}, sweep=sweep)
    shop.declare("deletions", DELETIONS)
    return shop


def change_rows(shop: LiveShop) -> None:
    with closing(sqlite3.connect(shop.url.removeprefix("sqlite:///"))) as con:
        for name in TABLES:
            con.execute(f"update {name} set status = 'new'")
            con.execute(f"delete from {name} where id = 3")
        con.commit()


KILLED_AT = """
import os, sys
from storehouse.sources.database.table_stream import TableStream
read = TableStream._read
def killing(self, *arguments):
    if self.name == sys.argv[2]:
        os.kill(os.getpid(), 9)
    return read(self, *arguments)
TableStream._read = killing
"""


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("between", [None, Window(since=utc_now() - timedelta(days=1))])
def test_a_database_whose_full_load_was_killed_is_read_whole_by_the_next_load(
    database: LiveShop, table: str, between: Window | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    database.load()
    change_rows(database)
    monkeypatch.setenv(VARIABLE, database.url)
    process: subprocess.Popen[str] = database.project.run(table, code=KILLED_AT + FULL)
    process.communicate(timeout=60)
    assert process.returncode == -9
    if between:
        database.load(between)
    database.load()
    for name in TABLES:
        kept = [row for row in newest(database.project, "raw_shop", name) if row[0] != "3"]
        assert kept == [(str(number), "new") for number in (1, 2, 4, 5, 6, 7)], name
    gone = database.rows("select entity, entity_id from raw_shop.deletions order by all")
    assert gone == [(name, "3") for name in sorted(TABLES)]
    assert [one.rows for one in database.load().tables] == [1, 1, 1, 0]


def test_full_of_a_database_looks_for_deletions_whatever_every_hours_says(
    database: LiveShop,
) -> None:
    database.load()
    change_rows(database)
    database.load()
    assert database.count("deletions") == 0
    database.load(Window(full=True))
    assert database.count("deletions") == len(TABLES)
