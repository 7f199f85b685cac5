"""Measures what people wait for beside the bare queries behind it: metrics, API, pages, warm.

A sample shop is loaded, built and published, and built again, so that two builds can be
compared. Each metric is asked for by month, and by category where it can be, in a question
that is new to the process, beside the SQL that it compiles to. `storehouse serve` is asked for
the same over HTTP, both in questions that are new to it and in repeated ones, whose SQL it has
cached, and for pages of the largest report. Each page of the dashboard is drawn
without remembered answers, beside the statements that it sent to DuckDB, on connections of their
own. Medians of runs taken in turn after one that does not count.

    python scripts/bench_serving.py [--orders N] [--repeat N] [--home FOLDER]

`--home` takes a published shop instead of a sample. Exits 1 beyond a goal: 150 ms added to a
metric's SQL, 100 ms by the API (250 ms where it compiles a new question), 300 ms to a page's.
"""

from __future__ import annotations

import argparse
import itertools
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

import duckdb
import httpx
import streamlit as st
from streamlit.testing.v1 import AppTest

from storehouse.core.config import load_settings
from storehouse.prove.served import serving
from storehouse.serving.dashboard.app import PAGES, VIEWS
from storehouse.serving.metrics import Metric, answer, compiled, metrics
from storehouse.serving.published import Published, published
from storehouse.serving.where import Condition

_ORDERS = 200_000
_REPEAT = 5
_METRIC_GOAL_MS = 150
_PAGE_GOAL_MS = 300
_API_GOAL_MS = 100
_PATIENCE_SECONDS = 300


@dataclass(frozen=True)
class Measured:
    """Median milliseconds of a question whole, and of its queries alone."""

    name: str
    whole: float
    bare: float

    @property
    def added(self) -> float:
        return self.whole - self.bare

    @property
    def ratio(self) -> float:
        return self.whole / self.bare


def _medians(name: str, repeat: int, whole: Callable[[], Any], bare: Callable[[], Any]) -> Measured:
    taken: tuple[list[float], list[float]] = ([], [])
    for _ in range(repeat + 1):
        for times, run in zip(taken, (whole, bare), strict=True):
            begun = time.perf_counter()
            run()
            times.append(1000 * (time.perf_counter() - begun))
    return Measured(name, *(statistics.median(times[1:]) for times in taken))


def _metric(build: Published, metric: Metric, repeat: int) -> Measured:
    by = _grouped(metric)
    asked = [Condition("day", "!=", ("1900-01-01",))]

    def whole() -> None:
        # One value more each time: a question that has not been compiled before.
        asked[:] = [replace(asked[0], values=(*asked[0].values, "1900-01-01"))]
        answer(build, [metric.name], by=by, where=asked)

    def bare() -> None:
        build.rows(compiled(build, [metric.name], by=by, where=asked))

    return _medians(metric.name, repeat, whole, bare)


@contextmanager
def _api() -> Iterator[httpx.Client]:
    """A client of `storehouse serve`."""
    with (
        serving("serve") as address,
        httpx.Client(base_url=address, timeout=_PATIENCE_SECONDS) as api,
    ):
        yield api


def _metric_calls(
    api: httpx.Client, build: Published, metric: Metric, repeat: int
) -> tuple[Measured, Measured]:
    """A metric from the API: a question that it has not compiled before, and one repeated."""
    by, values = _grouped(metric), itertools.count(1)
    address = f"/v1/metrics/{metric.name}?by={','.join(by)}"
    query = compiled(build, [metric.name], by=by)

    def new() -> None:
        listed = ",".join(["1900-01-01"] * next(values))
        api.get(f"{address}&where=day!={listed}").raise_for_status()

    return (
        _medians(address, repeat, new, lambda: build.rows(query)),
        _medians(
            address,
            repeat,
            lambda: api.get(address).raise_for_status(),
            lambda: build.rows(query),
        ),
    )


def _report_call(
    api: httpx.Client, build: Published, rows: int, form: str, repeat: int
) -> Measured:
    """A page of the largest report."""
    address = f"/v1/reports/daily_sales?limit={rows}&format={form}"
    query = f"from reports.rpt_daily_sales order by all limit {rows}"
    return _medians(
        address,
        repeat,
        lambda: api.get(address).raise_for_status(),
        lambda: build.con.sql(query).to_arrow_table(),
    )


def _calls(build: Published, repeat: int) -> tuple[list[Measured], list[Measured]]:
    """Responses of the API beside the queries behind them: new questions, and all others."""
    with _api() as api:
        of_metrics = [_metric_calls(api, build, metric, repeat) for metric in metrics(build)]
        of_reports = [
            _report_call(api, build, rows, form, repeat)
            for rows in (1, 1_000, 10_000)
            for form in ("json", "csv", "arrow")
        ]
    return [new for new, _ in of_metrics], [*(again for _, again in of_metrics), *of_reports]


def _grouped(metric: Metric) -> list[str]:
    return ["month", *(name for name in ("category",) if name in metric.dimensions)]


class _Listener:
    """A connection that notes what it is asked, to be asked again without a page."""

    def __init__(self, open_again: Callable[[], duckdb.DuckDBPyConnection]) -> None:
        self._open_again = open_again
        self._con = open_again()
        self._said: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = []

    def execute(self, *arguments: Any, **named: Any) -> Any:
        self._said.append(("execute", arguments, named))
        return self._con.execute(*arguments, **named)

    def sql(self, *arguments: Any, **named: Any) -> Any:
        self._said.append(("sql", arguments, named))
        return self._con.sql(*arguments, **named)

    def again(self) -> None:
        with self._open_again() as con:
            for how, arguments, named in self._said:
                asked = getattr(con, how)(*arguments, **named)
                if asked is not None:
                    (asked.to_arrow_table if how == "sql" else asked.fetchall)()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._con.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._con, name)


@contextmanager
def _listening() -> Iterator[list[_Listener]]:
    """All connections that are opened meanwhile."""
    opened: list[_Listener] = []
    connect = duckdb.connect

    def listened(*arguments: Any, **named: Any) -> Any:
        opened.append(_Listener(lambda: connect(*arguments, **named)))
        return opened[-1]

    duckdb.connect = listened
    try:
        yield opened
    finally:
        duckdb.connect = connect


def _draw(name: str) -> None:
    st.cache_data.clear()
    page = AppTest.from_file(str(VIEWS / f"{name}.py"), default_timeout=_PATIENCE_SECONDS).run()
    if page.exception or page.error:
        raise SystemExit(f"The page {name} failed: {[*page.exception, *page.error]}")


def _page(name: str, repeat: int) -> Measured:
    with _listening() as opened:
        _draw(name)

    def bare() -> None:
        for connection in opened:
            connection.again()

    return _medians(name, repeat, lambda: _draw(name), bare)


def _publish_sample(home: Path, orders: int) -> None:
    storehouse = str(Path(sys.executable).with_name("storehouse"))
    for command in (["sample", "--orders", str(orders)], ["run"], ["run", "--force"]):
        said = subprocess.run(
            [storehouse, *command, "--json"],
            env=os.environ | {"STOREHOUSE_HOME": str(home)},
            stdout=subprocess.PIPE,
            check=False,
            text=True,
        )
        if said.returncode:
            raise SystemExit(f"storehouse {command[0]} ended with {said.returncode}: {said.stdout}")


def _table(kind: str, rows: list[Measured]) -> str:
    text = f"\n| {kind} | whole, ms | its queries alone, ms | added, ms | ratio |"
    text += "\n|---|--:|--:|--:|--:|"
    for row in rows:
        text += f"\n| {row.name} | {row.whole:,.0f} | {row.bare:,.0f} | {row.added:,.0f} "
        text += f"| {row.ratio:.1f} |"
    return text


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--orders", type=int, default=_ORDERS)
    parser.add_argument("--repeat", type=int, default=_REPEAT)
    parser.add_argument("--home", type=Path, help="a published shop instead of a sample")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="storehouse-bench-") as folder:
        home = asked.home or Path(folder)
        if asked.home is None:
            _publish_sample(home, asked.orders)
        os.environ["STOREHOUSE_HOME"] = str(home.resolve())
        with published(load_settings()) as build:
            entries = build.one("select count(*) from marts.fct_ledger_entries")
            orders = build.one("select count(*) from marts.fct_orders")
            of_metrics = [_metric(build, metric, asked.repeat) for metric in metrics(build)]
            of_new_calls, of_calls = _calls(build, asked.repeat)
        print(f"{orders:,} orders, {entries:,} entries of the book, {asked.repeat} runs")
        print(_table("metric", of_metrics), flush=True)
        print(_table("API, new question", of_new_calls))
        print(_table("API, repeated", of_calls), flush=True)
        names = [name for section in PAGES.values() for name in section]
        of_pages = [_page(name, asked.repeat) for name in names]
        print(_table("page", of_pages))
    goals = (
        (of_metrics, _METRIC_GOAL_MS),
        (of_new_calls, _METRIC_GOAL_MS + _API_GOAL_MS),
        (of_calls, _API_GOAL_MS),
        (of_pages, _PAGE_GOAL_MS),
    )
    if any(row.added > goal for rows, goal in goals for row in rows):
        raise SystemExit(1)


if __name__ == "__main__":
    main()
