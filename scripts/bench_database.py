"""Measures the landing of a PostgreSQL table beside bare connectorx, in one run.

The server is one of its own; the table has ten columns. Each measurement is a process of
its own, in turn, and clocks itself without the start of Python. `bare` reads the table
into Arrow and keeps it nowhere; `stored` also writes it to a DuckDB file.

    python scripts/bench_database.py [--rows N ...] [--repeat N]
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import adbc_driver_postgresql.dbapi as postgresql

from bench_source import LANDING, Cost, clocked, declare, median
from servers.postgresql import running

_VARIABLE = "BENCH_DATABASE_URL"
_CONNECTION = {"kind": "database", "url_variable": _VARIABLE}
_TABLE = {"key": "order_id", "incremental": {"cursor": "updated_at"}}
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
                folder = Path(name)
                declare(folder, _CONNECTION, _TABLE, _COLUMNS)
                for what, program, arguments in (
                    ("bare", _BARE, []),
                    ("stored", _BARE, [str(folder / "bare.duckdb")]),
                    ("landing", LANDING, ["database"]),
                ):
                    cost = clocked(program, arguments, rows, {_VARIABLE: url}, folder)
                    costs[what].append(cost)
    return Measured(rows, *(median(several) for several in costs.values()))


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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rows", type=int, nargs="*", default=[1_000_000], help="table sizes")
    parser.add_argument("--repeat", type=int, default=5, help="runs; medians count")
    arguments = parser.parse_args()
    for rows in arguments.rows:
        print(measure(rows, arguments.repeat))


if __name__ == "__main__":
    main()
