"""Reports of now, from the files that `storehouse live` writes: one a lane.

The link `published/now_<lane>.duckdb` points to a file that never changes and is replaced with each
micro-batch, so it is opened for each reading and never kept open. A file has the lane's reports in
the schema `reports`, and in `meta.now` one row that says what they rest on.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import astuple, dataclass, fields
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

from storehouse.core.config import Settings
from storehouse.serving.published import Deadline, Published, limited
from storehouse.serving.published_files import withdrawn_mark

# What a lane writes: reports of this moment, or a replay of the log's beginning, which is no truth.
NOW, REPLAY = "now", "replay"

_SUFFIX = "_now"
# How long after a build lanes may take to be handed over to it.
_HAND_OVER = timedelta(minutes=2)
# A link may be read just before its file is removed; the next reading finds the next file.
_ATTEMPTS = 20


@dataclass(frozen=True)
class NowState:
    """What a lane's reports of now rest on: a build, and the event log up to `log_offset`.

    `as_of` is when they were written, UTC; `lag_seconds` is how long the oldest event that is not
    in them had been in the log by then, 0 if all are. serving.lane_status has both as of now.
    """

    lane: str
    build_id: str
    log_offset: int
    as_of: datetime
    events_per_second: Decimal
    lag_seconds: Decimal
    quarantined_count: int


@dataclass(frozen=True)
class NowFile:
    """An open file of a lane; amounts are in the reporting currency of the published build."""

    state: NowState
    currency_code: str
    con: duckdb.DuckDBPyConnection

    @property
    def build_id(self) -> str:
        return self.state.build_id

    @property
    def snapshot(self) -> str:
        """What determines its rows: live is a function of a build and the log after it."""
        return f"{self.build_id}@{self.state.lane}:{self.state.log_offset}"

    def rows(self, query: str, parameters: Any = None) -> list[tuple[Any, ...]]:
        return self.con.execute(query, parameters).fetchall()


def link_of(settings: Settings, lane: str, kind: str = NOW) -> Path:
    """What readers open; its target has the same name."""
    return settings.published_dir / f"{kind}_{lane}.duckdb"


def write_state(con: duckdb.DuckDBPyConnection, state: NowState, catalog: str = "") -> None:
    """Write what a file rests on to its `meta.now`; `catalog` is that of the file, with a dot."""
    con.execute(f"create schema {catalog}meta")
    con.execute(
        f"""
        create table {catalog}meta.now (
            lane varchar, build_id varchar, log_offset bigint, as_of timestamp,
            events_per_second decimal(18, 1), lag_seconds decimal(18, 3), quarantined_count bigint
        )
        """
    )
    con.execute(f"insert into {catalog}meta.now values (?, ?, ?, ?, ?, ?, ?)", astuple(state))


def read_state(con: duckdb.DuckDBPyConnection, catalog: str = "") -> NowState:
    """What a file rests on; `catalog` is as of write_state."""
    names = ", ".join(field.name for field in fields(NowState))
    (row,) = con.execute(f"select {names} from {catalog}meta.now").fetchall()
    return NowState(*row)


def is_of_now(report: str) -> bool:
    """Whether a report, with or without its prefix, is one that live computes too."""
    return report.endswith(_SUFFIX)


def lanes(settings: Settings) -> Sequence[str]:
    """The lanes that have a file: live is on, or was."""
    return sorted(
        link.stem.removeprefix(f"{NOW}_") for link in settings.published_dir.glob(f"{NOW}_*.duckdb")
    )


def states(settings: Settings) -> tuple[NowState, ...]:
    """What each lane's file rests on, by lane."""
    found = []
    for lane in lanes(settings):
        with _opened(settings, lane) as con:
            if con is not None:
                found.append(read_state(con))
    return tuple(found)


@contextmanager
def now_file(
    settings: Settings, build: Published, report: str, *, deadline: Deadline | None = None
) -> Iterator[NowFile | None]:
    """The file with a report of now, or None if the published build `build` answers for it.

    The build does so if no lane has the report, or if the lane rests on a build that was withdrawn,
    or on an older one to whose successor it was not handed over in time. Queries end at the
    deadline. Raises AnswerTimeout.
    """
    table = f"rpt_{report.removeprefix('rpt_')}"
    for lane in lanes(settings) if is_of_now(report) else ():
        with _opened(settings, lane) as con:
            if con is None or not _has(con, table):
                continue
            state = read_state(con)
            if not _counts(settings, state, build):
                continue
            with limited(con, deadline):
                yield NowFile(state, build.currency_code, con)
            return
    yield None


def _counts(settings: Settings, state: NowState, build: Published) -> bool:
    """Whether a lane's file says more than the build, which readers have at this moment.

    A build is published some time before lanes are handed over to it. Until then a file that is not
    older than what was built has events that the build has not.
    """
    if state.build_id >= build.build_id:
        return state.build_id == build.build_id or not (
            withdrawn_mark(settings, state.build_id).exists()
        )
    ((started_at, published_at),) = build.rows("select started_at, published_at from meta.builds")
    now = datetime.now(UTC).replace(tzinfo=None)
    return bool(state.as_of >= started_at and now < published_at + _HAND_OVER)


@contextmanager
def _opened(settings: Settings, lane: str) -> Iterator[duckdb.DuckDBPyConnection | None]:
    """The file that the lane's link points to; None if there is none any more."""
    con = _connected(link_of(settings, lane))
    if con is None:
        yield None
        return
    with con:
        con.execute("set timezone = 'UTC'")
        yield con


def _connected(link: Path) -> duckdb.DuckDBPyConnection | None:
    for _ in range(_ATTEMPTS):
        file = link.resolve()
        try:
            return duckdb.connect(str(file), read_only=True)
        except duckdb.IOException:
            if file.exists():
                raise
    return None


def _has(con: duckdb.DuckDBPyConnection, table: str) -> bool:
    found = con.execute(
        "select 1 from duckdb_tables() where schema_name = 'reports' and table_name = ?", [table]
    )
    return found.fetchone() is not None
