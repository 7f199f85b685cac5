"""How far the lanes of live are behind the event log at this moment."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from decimal import Decimal

from storehouse.core.config import Settings
from storehouse.core.errors import StorehouseError
from storehouse.log.event_log import EventLog, backlog_age
from storehouse.log.opening import log_address
from storehouse.serving.now_files import NowState, states


@dataclass(frozen=True)
class LaneStatus(NowState):
    """A lane's state, and what its file does not show yet; None if the log can't be read.

    `behind` is the distance to the log's end, in numbers, which may have gaps; `waiting_seconds`
    is how long the oldest event after `log_offset` has been in the log, 0 if there is none;
    `written_seconds` is how old the file is.
    """

    written_seconds: Decimal
    behind: int | None
    waiting_seconds: Decimal | None


def lane_statuses(
    settings: Settings, environ: Mapping[str, str], now: datetime
) -> tuple[LaneStatus, ...]:
    """The status of each lane that has a file; `now` is an aware datetime.

    The log is read after the files, so that a lane is never further than the log's end.
    """
    found = states(settings)
    if not found:
        return ()
    with ExitStack() as stack:
        try:
            address = log_address(settings, environ)
            log = stack.enter_context(address.opened(prepared=False)) if address.exists else None
            return tuple(_status(state, log, now) for state in found)
        except StorehouseError:
            return tuple(_status(state, None, now) for state in found)


def _status(state: NowState, log: EventLog | None, now: datetime) -> LaneStatus:
    written = (now - state.as_of.replace(tzinfo=UTC)).total_seconds()
    behind = waited = None
    if log is not None:
        behind = max(log.end() - state.log_offset, 0)
        waited = _seconds(backlog_age(log, state.log_offset, now).total_seconds())
    return LaneStatus(
        **asdict(state), written_seconds=_seconds(written), behind=behind, waiting_seconds=waited
    )


def _seconds(seconds: float) -> Decimal:
    return Decimal(f"{max(seconds, 0):.3f}")
