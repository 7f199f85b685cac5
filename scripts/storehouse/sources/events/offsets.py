"""How far a source's events have landed: the state of its stream of the log."""

from __future__ import annotations

from storehouse.log.event_log import EventLog
from storehouse.sources.portion import State

# The stream's name, beside those of the source's tables.
STREAM = "(event log)"


def state_at(log: EventLog, offset: int) -> State:
    return {"log": log.identity, "offset": offset}


def offset_in(log: EventLog, state: State | None) -> int | None:
    """How far `log` was read; None if it was not, or if another log was."""
    return int(state["offset"]) if state and state["log"] == log.identity else None
