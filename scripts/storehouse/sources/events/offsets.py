"""How far a source's events have landed: the state of its stream of the log."""

from __future__ import annotations

from storehouse.log.event_log import EventLog
from storehouse.log.events import Event
from storehouse.sources.portion import State

# The stream's name, beside those of the source's tables.
STREAM = "(event log)"


def state_at(log: EventLog, offset: int, last: Event | None) -> State:
    """`last` is the event at `offset`; None if it was removed before it was read."""
    return {"log": log.identity, "offset": offset, "event": last and [last.source, last.id]}


def beginning(state: State) -> State:
    """The state of the same log before its first event."""
    return {**state, "offset": 0, "event": None}


def offset_in(log: EventLog, state: State | None) -> int | None:
    """How far `log` was read: 0 if it was set back since, None if another log was or none.

    A log that was restored from a backup gives the numbers of its lost events to others.
    """
    if not state or state["log"] != log.identity:
        return None
    offset = int(state["offset"])
    return 0 if offset and _is_set_back(log, offset, state.get("event")) else offset


def _is_set_back(log: EventLog, offset: int, event: list[str] | None) -> bool:
    """Whether the log ends before `offset`, or has another event there.

    An event that was removed after it was read can't be compared.
    """
    if offset > log.end():
        return True
    found = log.read(offset - 1, 1) if event and offset > log.oldest() else []
    return any(number == offset and [one.source, one.id] != event for number, one in found)
