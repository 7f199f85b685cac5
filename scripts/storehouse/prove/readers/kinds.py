"""The kinds of readers: each reads again and again, and yields what it saw of which build."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import httpx

from storehouse.core.sql import literal
from storehouse.prove.readers.builds import figures
from storehouse.prove.readers.dashboard import PATIENCE, open_page, read_page

_LOOK_SECONDS = 0.05
PROGRAM = "DuckDB"  # how the names of kinds begin that open files

# The build's ID as `build_id`, and some of its figures. Of a file of now, lane and event follow it.
Reading = Mapping[str, Any]


@dataclass(frozen=True)
class Served:
    """What there is to read: the published file, the addresses of the API and the dashboard."""

    current: Path
    api: str
    dashboard: str


def _of_connection(con: duckdb.DuckDBPyConnection) -> dict[str, Any]:
    ((build_id,),) = con.execute("select build_id from meta.builds").fetchall()
    return {"build_id": build_id, **figures(con)}


def short(served: Served) -> Iterator[Reading]:
    """A connection for each reading."""
    while True:
        with duckdb.connect(str(served.current), read_only=True) as con:
            yield _of_connection(con)


def kept(served: Served) -> Iterator[Reading]:
    """A connection that is kept until its build has been removed, and read once more."""
    while True:
        with duckdb.connect(str(served.current), read_only=True) as con:
            first = _of_connection(con)
            file = served.current.parent / first["build_id"] / served.current.name
            is_there = True
            while is_there:
                is_there = file.exists()
                reading = _of_connection(con)
                if reading != first:
                    raise ValueError(f"a connection saw {first}, then {reading}")
                yield reading


def attached(served: Served) -> Iterator[Reading]:
    """A database of the reader's own, to which the file is attached for each reading."""
    with duckdb.connect() as con:
        while True:
            with _attached(con, served.current):
                yield _of_connection(con)


def now(served: Served) -> Iterator[Reading]:
    """Each lane's file of now in turn, a connection for each: what it rests on, and all its rows.

    Live is a function of a build and the log after it, so these say what the rows must be.
    """
    while True:
        for link in _links(served):
            with duckdb.connect(str(link), read_only=True) as con:
                seen = _of_now(con)
            yield seen


def now_attached(served: Served) -> Iterator[Reading]:
    """The same, with each file attached to a database of the reader's own."""
    with duckdb.connect() as con:
        while True:
            for link in _links(served):
                with _attached(con, link):
                    yield _of_now(con)


@contextmanager
def _attached(con: duckdb.DuckDBPyConnection, file: Path) -> Iterator[None]:
    """The file is where names are looked up, as long as the block."""
    con.execute(f"attach {literal(file)} as shop (read_only)")
    con.execute("use shop")
    yield
    con.execute("use memory")
    con.execute("detach shop")


def _links(served: Served) -> list[Path]:
    """What there is of lanes, once there is something."""
    while not (found := sorted(served.current.parent.glob("now_*.duckdb"))):
        time.sleep(_LOOK_SECONDS)
    return found


def _of_now(con: duckdb.DuckDBPyConnection) -> dict[str, Any]:
    ((lane, build_id, offset),) = con.execute(
        "select lane, build_id, log_offset from meta.now"
    ).fetchall()
    tables = con.execute(
        "select table_name from duckdb_tables() "
        "where schema_name = 'reports' and database_name = current_database()"
    ).fetchall()
    rows = {table: _rows_of(con, table) for (table,) in tables}
    return {"build_id": f"{build_id}@{lane}:{offset}", **rows}


def _rows_of(con: duckdb.DuckDBPyConnection, report: str) -> tuple[int, int]:
    """How many rows, and a hash of all of them in any order."""
    ((count, total),) = con.execute(
        f"select count(*), coalesce(sum(hash(r)::hugeint), 0) from reports.{report} as r"
    ).fetchall()
    return int(count), int(total)


def api(served: Served) -> Iterator[Reading]:
    """A client of the API: a metric by day, and a report."""
    with httpx.Client(base_url=served.api, timeout=PATIENCE) as client:
        while True:
            for address, column, figure in (
                ("/v1/metrics/total_sales?by=day", "total_sales", "total_sales"),
                ("/v1/reports/daily_totals", "total_sales_amount", "reported_sales"),
            ):
                answer = client.get(address).raise_for_status().json()
                total = sum((Decimal(row[column]) for row in answer["rows"]), Decimal())
                yield {"build_id": answer["build_id"], figure: total}


def api_of_now(served: Served) -> Iterator[Reading]:
    """A client of the API: reports of now, of the lane's file that the answer names."""
    with httpx.Client(base_url=served.api, timeout=PATIENCE) as client:
        while True:
            for report in ("sales_now", "stock_now", "funnel_now"):
                answer = client.get(f"/v1/reports/{report}").raise_for_status().json()
                file = answer["now"] or {"lane": "batch", "log_offset": ""}
                rows = hashlib.sha256(json.dumps(answer["rows"]).encode()).hexdigest()
                snapshot = f"{answer['build_id']}@{file['lane']}:{file['log_offset']}"
                yield {"build_id": snapshot, report: rows}


def dashboard(served: Served) -> Iterator[Reading]:
    """An open page of the dashboard, drawn again and again: net sales of each of its tables."""
    with open_page(served.dashboard) as page:
        while True:
            build_id, totals = read_page(page)
            yield from ({"build_id": build_id, "net_sales": total} for total in totals)


KINDS: Mapping[str, Callable[[Served], Iterator[Reading]]] = {
    "DuckDB, a connection per reading": short,
    "DuckDB, a connection that is kept": kept,
    "DuckDB, attached": attached,
    "API": api,
    "dashboard": dashboard,
}
# Those of files of now: nobody can record beforehand what a build and an event say.
OF_NOW: Mapping[str, Callable[[Served], Iterator[Reading]]] = {
    "DuckDB, a file of now": now,
    "DuckDB, a file of now attached": now_attached,
}
# Those that read while live and runs go on: all.
LIVE_KINDS: Mapping[str, Callable[[Served], Iterator[Reading]]] = {
    **KINDS,
    **OF_NOW,
    "API, reports of now": api_of_now,
}
