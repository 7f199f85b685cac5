"""Files of now, as live would write them for a home: the build's reports with what is changed."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import duckdb

from storehouse.core.config import Settings
from storehouse.serving.now_files import NowState
from storehouse.serving.published_files import build_id_of, current_file

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
        Decimal("98.400"),
        Decimal("0.212"),
        3,
    )
    file = settings.home / "live" / "now" / lane / str(offset) / f"now_{lane}.duckdb"
    file.parent.mkdir(parents=True)
    with duckdb.connect(str(file)) as con:
        con.execute(f"attach '{build}' as build (read_only)")
        con.execute("create schema reports")
        con.execute("create schema meta")
        for report in REPORTS[lane]:
            con.execute(f"create table reports.rpt_{report} as from build.reports.rpt_{report}")
        con.execute(
            "create table meta.now (lane varchar, build_id varchar, log_offset bigint, "
            "as_of timestamp, events_per_second decimal(18,3), lag_seconds decimal(18,3), "
            "quarantined_count bigint)"
        )
        con.execute("insert into meta.now values (?, ?, ?, ?, ?, ?, ?)", [*vars(state).values()])
        for statement in statements:
            con.execute(statement)
    _point(settings.published_dir / f"now_{lane}.duckdb", file)
    return state


def remove_offset(settings: Settings, lane: str, offset: int) -> None:
    """Remove a file as live does once it has been replaced."""
    shutil.rmtree(settings.home / "live" / "now" / lane / str(offset))


def _point(link: Path, file: Path) -> None:
    aside = link.with_name(f".{link.name}")
    aside.symlink_to(file)
    aside.replace(link)
