"""What the warehouse contains and when it last changed; all of it read, none computed."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

from storehouse.alerts.lanes import LaneProblem
from storehouse.alerts.watch import open_counts, open_problems
from storehouse.building.findings import open_findings
from storehouse.building.report import FindingCount
from storehouse.core.config import Settings
from storehouse.core.errors import ConfigError, LockedError
from storehouse.core.lock import Holder, holder
from storehouse.core.warehouse import connect
from storehouse.landing import load_log, load_states
from storehouse.serving.lane_status import LaneStatus, lane_statuses
from storehouse.serving.log_status import LogStatus, read_log_status
from storehouse.serving.published_files import build_id_of, current_file, published_files
from storehouse.sources.events.offsets import STREAM
from storehouse.sources.portion import State


@dataclass(frozen=True)
class SourceStatus:
    """What has landed of one table of a source. Times are UTC without zone."""

    source: str
    table: str
    files: int
    rows: int
    rejected_rows: int
    newest_load: datetime | None
    rejected_files: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Status:
    """`busy` says who has the warehouse locked; then tables and build are empty.

    `log` is None if there is no event log; `alerts` are the open ones, counted by severity, and
    `alert_problems` the lanes that may have more. `live` is what each lane's reports of now rest
    on, and what they do not show yet.
    """

    home: Path
    holder: Holder | None
    busy: str | None
    warehouse_bytes: int
    tables: tuple[SourceStatus, ...]
    build: dict[str, Any] | None
    findings: tuple[FindingCount, ...]
    published: tuple[tuple[str, int], ...]
    current: str | None
    log: LogStatus | None = None
    alerts: dict[str, int] = field(default_factory=dict)
    alert_problems: tuple[LaneProblem, ...] = ()
    live: tuple[LaneStatus, ...] = ()


def read_status(settings: Settings, environ: Mapping[str, str] | None = None) -> Status:
    """The status; works at any time, also during a run.

    `environ` (default: the process's) names the event log.
    """
    environ = os.environ if environ is None else environ
    states: dict[str, State] = {}
    tables: tuple[SourceStatus, ...] = ()
    build: dict[str, Any] | None = None
    busy: str | None = None
    findings: tuple[FindingCount, ...] = ()
    if settings.warehouse.exists():
        try:
            with connect(settings, read_only=True) as con:
                if load_log.is_prepared(con):
                    tables, build = _tables(con), _last_build(con)
                    findings = open_findings(con)
                    states = _log_states(con)
        except LockedError as error:
            busy = str(error)
    try:
        alerts, alert_problems = open_counts(settings), open_problems(settings)
    except (ConfigError, LockedError):  # nothing has landed; another program has the state open
        alerts, alert_problems = {}, ()
    current = current_file(settings)
    return Status(
        home=settings.home,
        holder=holder(settings),
        busy=busy,
        warehouse_bytes=settings.warehouse.stat().st_size if settings.warehouse.exists() else 0,
        tables=tables,
        build=build,
        findings=findings,
        published=tuple(
            (build_id_of(file), file.stat().st_size) for file in published_files(settings)
        ),
        current=build_id_of(current) if current else None,
        log=read_log_status(settings, environ, states),
        alerts=alerts,
        alert_problems=alert_problems,
        live=lane_statuses(settings, environ, datetime.now(UTC)),
    )


def _log_states(con: duckdb.DuckDBPyConnection) -> dict[str, State]:
    """How far sources have read the event log."""
    found = con.execute("select 1 from duckdb_tables() where table_name = 'load_states'")
    return {**load_states.read_all(con, STREAM)} if found.fetchall() else {}


def _tables(con: duckdb.DuckDBPyConnection) -> tuple[SourceStatus, ...]:
    """A refused file counts until it, or a newer version of it, lands."""
    rows = con.execute(
        """
        with files as (
            select *, max(ended_at) filter (where status = 'loaded')
                over (partition by source, table_name, source_file) as landed_at
            from ops.loads
        )
        select source, table_name,
            count(distinct source_file) filter (where status = 'loaded'),
            coalesce(sum(row_count) filter (where status = 'loaded'), 0),
            coalesce(sum(rejected_row_count) filter (where status = 'loaded'), 0),
            max(loaded_at),
            list([source_file, error] order by source_file) filter (
                where status = 'rejected' and (landed_at is null or ended_at > landed_at)
            )
        from files group by all order by all
        """
    ).fetchall()
    return tuple(
        SourceStatus(source, table, files, count, bad, newest, tuple(map(tuple, refused or [])))
        for source, table, files, count, bad, newest, refused in rows
    )


def _last_build(con: duckdb.DuckDBPyConnection) -> dict[str, Any] | None:
    cursor = con.execute("select * from ops.builds order by build_id desc limit 1")
    names = [column[0] for column in cursor.description or []]
    rows = cursor.fetchall()
    return dict(zip(names, rows[0], strict=True)) if rows else None
