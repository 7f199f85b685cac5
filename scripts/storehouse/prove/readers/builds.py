"""Builds that follow each other without the time that real ones take, and their figures."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import duckdb

from storehouse.core.config import Settings
from storehouse.core.warehouse import connect

# What readers see of a build. Each further build changes all of it.
FIGURES = {
    "entries": "select count(*) from marts.fct_ledger_entries",
    "net_sales": "select sum(reporting_amount) from marts.fct_ledger_entries where is_net_sales",
    "total_sales": "select sum(reporting_amount) from marts.fct_ledger_entries "
    "where is_total_sales",
    "reported_sales": "select sum(total_sales_amount) from reports.rpt_daily_totals",
}


def figures(con: duckdb.DuckDBPyConnection) -> dict[str, Any]:
    """The figures of the build that a connection sees, each by a statement of its own."""
    return {name: con.execute(query).fetchall()[0][0] for name, query in FIGURES.items()}


def last_build(settings: Settings) -> tuple[str, Mapping[str, Any]]:
    """The ID and figures of the last build in the warehouse."""
    with connect(settings) as con:
        ((build_id,),) = con.execute("select max(build_id) from ops.builds").fetchall()
        return build_id, figures(con)


def next_build(settings: Settings) -> tuple[str, Mapping[str, Any]]:
    """Change the warehouse as a further, tested build of other data would; its ID and figures.

    One ledger entry is gone, of net sales as long as there are any; the first day's total is less.
    """
    build_id = f"{datetime.now(UTC):%Y%m%dT%H%M%S.%f}Z"
    with connect(settings) as con:
        con.execute(
            f"insert into ops.builds by name select * replace ('{build_id}' as build_id) "
            "from ops.builds order by build_id desc limit 1"
        )
        con.execute(
            "delete from marts.fct_ledger_entries where ledger_entry_key = ("
            "select ledger_entry_key from marts.fct_ledger_entries "
            "order by not (is_net_sales and reporting_amount <> 0), ledger_entry_key limit 1)"
        )
        con.execute(
            "update reports.rpt_daily_totals set total_sales_amount = total_sales_amount - 1 "
            "where sales_date = (select min(sales_date) from reports.rpt_daily_totals)"
        )
        return build_id, figures(con)
