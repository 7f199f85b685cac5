"""Files of now, as live would write them for a home: the build's reports with what is changed."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from decimal import Decimal

import duckdb

from storehouse.core.config import Settings
from storehouse.serving.now_files import NowState, link_of, write_state
from storehouse.serving.published_files import build_id_of, current_file, point

REPORTS = {"trade": ("sales_now", "orders_now"), "stock": ("stock_now",), "web": ("funnel_now",)}


def write_now(
    settings: Settings,
    lane: str,
    offset: int,
    *statements: str,
    build_id: str | None = None,
    as_of: datetime | None = None,
) -> NowState:
    """Write the file of a lane, changed by these statements, and point its link to it."""
    build = current_file(settings)
    assert build is not None
    state = NowState(
        lane,
        build_id or build_id_of(build),
        offset,
        as_of or datetime.now(UTC).replace(tzinfo=None),
        Decimal("98.4"),
        Decimal("0.212"),
        3,
    )
    link = link_of(settings, lane)
    file = settings.home / "live" / "now" / lane / str(offset) / link.name
    file.parent.mkdir(parents=True)
    with duckdb.connect(str(file)) as con:
        con.execute(f"attach '{build}' as build (read_only)")
        con.execute("create schema reports")
        for report in REPORTS[lane]:
            con.execute(f"create table reports.rpt_{report} as from build.reports.rpt_{report}")
        write_state(con, state)
        for statement in statements:
            con.execute(statement)
    point(link, file)
    return state


def remove_offset(settings: Settings, lane: str, offset: int) -> None:
    """Remove a file as live does once it has been replaced."""
    shutil.rmtree(settings.home / "live" / "now" / lane / str(offset))
