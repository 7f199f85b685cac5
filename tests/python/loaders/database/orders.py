"""A table of orders in a live shop, and what of it has landed."""

from __future__ import annotations

import subprocess

from loaders.database.live import LiveShop
from storehouse.core.errors import SourceUnavailable
from storehouse.landing.report import LoadReport

COLUMNS = ["id", "status", "updated_at"]
ROWS = 3000


def fill(shop: LiveShop, rows: int = ROWS) -> None:
    shop.sql(
        "create table orders (id int primary key, status text not null,"
        " updated_at timestamptz not null default now())",
        "insert into orders select i, repeat('x', 200), now() - interval '1 year' + i * interval"
        f" '1 minute' from generate_series(1, {rows}) i",
    )
    shop.declare("orders", COLUMNS, key="id", incremental={"cursor": "updated_at"})


def content(shop: LiveShop) -> list[tuple[object, ...]]:
    """Of the newest versions: how many, the sum of their ids, how many have changed."""
    return shop.rows(
        """
        with newest as (
            select * from raw_shop.orders
            qualify row_number() over (
                partition by id order by _loaded_at desc, _source_file desc, _row_number desc
            ) = 1
        )
        select count(*), sum(id::int), count(*) filter (where status like 'changed%') from newest
        """
    )


def begun(shop: LiveShop) -> subprocess.Popen[str]:
    process = shop.begin_load()
    assert process.stdout is not None
    assert process.stdout.readline() == "begins\n"
    return process


def said_by(report: LoadReport) -> str:
    (error,) = report.errors
    assert isinstance(error, SourceUnavailable)
    return str(error)
