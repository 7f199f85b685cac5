"""Measures the landing of a PostgreSQL table beside bare connectorx, in one run.

The server is one of its own; the table has ten columns. Each measurement is a process of
its own, in turn, and clocks itself without the start of Python. `bare` reads the table
into Arrow and keeps it nowhere; `stored` also writes it to a DuckDB file.

    python scripts/bench_database.py [--rows N ...] [--repeat N]
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import adbc_driver_postgresql.dbapi as postgresql
import yaml

from servers.postgresql import running

PROJECT = Path(__file__).resolve().parents[1]
_VARIABLE = "BENCH_DATABASE_URL"
_COLUMNS = (
    "order_id", "customer_id", "sku", "amount", "tax", "currency", "is_paid", "placed_at",
    "updated_at", "note",
)  # fmt: skip
_FILL = """
create table orders as
select
    i as order_id,
    i % 5000 as customer_id,
    'SKU-' || i % 9999 as sku,
    (i % 977 + 0.01 * (i % 100))::numeric(12, 2) as amount,
    (i % 500 * 0.19)::numeric(12, 4) as tax,
    'EUR' as currency,
    i % 2 = 0 as is_paid,
    timestamptz '2020-01-01 00:00+00' + i * interval '7 seconds' as placed_at,
    timestamptz '2020-01-01 00:00+00' + i * interval '8 seconds' as updated_at,
    case when i % 10 <> 0 then 'note ' || i end as note
from generate_series(1, {rows}) as i
"""

_BARE = """
import os, sys, time
import connectorx, duckdb
begun = time.perf_counter()
rows = connectorx.read_sql(os.environ["BENCH_DATABASE_URL"], "select * from orders",
                           return_type="arrow")
if len(sys.argv) > 1:
    con = duckdb.connect(sys.argv[1])
    con.execute("create table bare as select * from rows")
    con.close()
print(rows.num_rows, time.perf_counter() - begun)
"""
_LANDING = """
import time
from datetime import UTC, datetime
from storehouse.config import load_settings
from storehouse.landing import load
from storehouse.progress import Silent
from storehouse.sources import database
settings = load_settings()
begun = time.perf_counter()
report = load(settings, progress=Silent(), now=lambda: datetime.now(UTC))
seconds = time.perf_counter() - begun
report.raise_for_problems()
print(report.tables[0].rows, seconds)
"""


@dataclass(frozen=True)
class Cost:
    """Median seconds, and the highest peak of memory."""

    seconds: float
    mib: float


@dataclass(frozen=True)
class Measured:
    rows: int
    bare: Cost
    stored: Cost
    landing: Cost

    @property
    def ratio(self) -> float:
        return self.landing.seconds / self.bare.seconds

    def __str__(self) -> str:
        shown = ", ".join(
            f"{name} {cost.seconds:.2f} s ({self.rows / cost.seconds:,.0f} rows/s, peak "
            f"{cost.mib:,.0f} MiB)"
            for name, cost in (
                ("bare connectorx", self.bare),
                ("the same stored in DuckDB", self.stored),
                ("landing", self.landing),
            )
        )
        return (
            f"PostgreSQL, {self.rows:,} rows of {len(_COLUMNS)} columns: {shown}; landing takes "
            f"{self.ratio:.2f} times bare connectorx and "
            f"{self.landing.seconds / self.stored.seconds:.2f} times the same stored."
        )


def measure(rows: int, runs: int) -> Measured:
    """Land a table of `rows`, `runs` times in turn with connectorx."""
    costs: dict[str, list[Cost]] = {"bare": [], "stored": [], "landing": []}
    with _database(rows) as url:
        for _ in range(runs):
            with tempfile.TemporaryDirectory(prefix="storehouse-bench-") as name:
                _declare(Path(name))
                file = str(Path(name) / "bare.duckdb")
                for what, program in (
                    ("bare", ["-c", _BARE]),
                    ("stored", ["-c", _BARE, file]),
                    ("landing", ["-c", _LANDING]),
                ):
                    costs[what].append(_run(program, rows, url, name))
    return Measured(rows, *(_median(several) for several in costs.values()))


@contextmanager
def _database(rows: int) -> Iterator[str]:
    with tempfile.TemporaryDirectory(prefix="storehouse-bench-") as name:
        # The server may run as another user.
        Path(name).chmod(0o755)
        with running(Path(name) / "server") as url:
            with closing(postgresql.connect(url, autocommit=True)) as con, con.cursor() as cursor:
                for statement in (
                    _FILL.format(rows=rows),
                    "alter table orders add primary key (order_id)",
                    "create index on orders (updated_at)",
                    "vacuum analyze orders",
                    "checkpoint",
                ):
                    cursor.execute(statement)
            yield url


def _declare(project: Path) -> None:
    """A project whose only source is the table."""
    landing = {"key": "order_id", "incremental": {"cursor": "updated_at"}}
    table = {
        "name": "orders",
        "config": {"meta": {"landing": landing}},
        "columns": [{"name": name} for name in _COLUMNS],
    }
    connection = {"kind": "database", "url_variable": _VARIABLE}
    source = {"name": "bench", "config": {"meta": {"landing": connection}}, "tables": [table]}
    ours = yaml.safe_load((PROJECT / "dbt_project.yml").read_text(encoding="utf-8"))
    variables = {"shops": {"bench": {}}, "technical_columns": ours["vars"]["technical_columns"]}
    folder = project / "models" / "staging" / "bench"
    folder.mkdir(parents=True)
    for path, content in (
        (folder / "_bench__sources.yml", {"sources": [source]}),
        (project / "dbt_project.yml", {"name": "bench", "vars": variables}),
    ):
        path.write_text(yaml.safe_dump(content), encoding="utf-8")


def _run(program: list[str], rows: int, url: str, folder: str) -> Cost:
    environ = {
        **os.environ,
        _VARIABLE: url,
        "STOREHOUSE_SOURCES": "bench",
        "STOREHOUSE_HOME": folder,
        "PYTHONPATH": os.pathsep.join(sys.path),
    }
    process = subprocess.Popen(
        [sys.executable, *program], cwd=folder, env=environ, stdout=subprocess.PIPE, text=True
    )
    with process:
        assert process.stdout is not None  # noqa: S101  for mypy
        said = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    # Before the last line there may be DuckDB's progress bar.
    count, _, seconds = (said.splitlines() or [""])[-1].partition(" ")
    if process.returncode or count != str(rows):
        raise SystemExit(f"a measurement ended with {process.returncode} and said {said!r}")
    return Cost(float(seconds), usage.ru_maxrss / 1024)


def _median(costs: list[Cost]) -> Cost:
    return Cost(statistics.median(cost.seconds for cost in costs), max(cost.mib for cost in costs))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rows", type=int, nargs="*", default=[1_000_000], help="table sizes")
    parser.add_argument("--repeat", type=int, default=5, help="runs; medians count")
    arguments = parser.parse_args()
    for rows in arguments.rows:
        print(measure(rows, arguments.repeat))


if __name__ == "__main__":
    main()
