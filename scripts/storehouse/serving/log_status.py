"""What the event log contains, and how far `load` has read it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from storehouse.core.config import Settings
from storehouse.core.errors import StorehouseError
from storehouse.log.event_log import EventLog
from storehouse.log.opening import log_address
from storehouse.sources.events.offsets import offset_in
from storehouse.sources.portion import State

_SHOWN = 3


@dataclass(frozen=True)
class Reader:
    """A source whose events have landed up to `offset`; `behind` is the distance to the end."""

    source: str
    offset: int
    behind: int


@dataclass(frozen=True)
class LogStatus:
    """Offsets of the log's oldest and last event; `problem` says why there are none.

    `newest_dead` are the sources and reasons of the last dead letters.
    """

    address: str
    oldest: int = 0
    end: int = 0
    bytes: int = 0
    dead_letters: int = 0
    readers: tuple[Reader, ...] = ()
    newest_dead: tuple[tuple[str, str], ...] = ()
    problem: str | None = None


def read_log_status(
    settings: Settings, environ: Mapping[str, str], states: Mapping[str, State]
) -> LogStatus | None:
    """The log's status; None if there is none. `states` are those of sources' streams of events."""
    address = log_address(settings, environ)
    if not address.exists:
        return None
    try:
        with address.opened(prepared=False) as log:
            return _status(log, states)
    except StorehouseError as error:
        return LogStatus("", problem=str(error))


def _status(log: EventLog, states: Mapping[str, State]) -> LogStatus:
    end, dead = log.end(), log.dead_count()
    return LogStatus(
        address=log.name,
        oldest=log.oldest(),
        end=end,
        bytes=log.size(),
        dead_letters=dead,
        readers=tuple(
            Reader(source, offset, end - offset)
            for source, state in sorted(states.items())
            if (offset := offset_in(log, state)) is not None
        ),
        newest_dead=tuple((one.source, one.reason) for _, one in log.dead_letters(_SHOWN)),
    )
