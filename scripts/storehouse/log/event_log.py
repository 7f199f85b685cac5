"""The event log: an append-only sequence that several readers follow, each with its offset.

The log knows nothing of sources or readers: a reader keeps its own offset, and whoever trims the
log says up to which offset all readers have read.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from storehouse.core.errors import SourceUnavailable
from storehouse.log.events import DeadLetter, Event

# About the most bytes of events that one read returns, unless the first is larger.
READ_BYTES = 32 * 1024 * 1024


@dataclass(frozen=True)
class Retention:
    """How long events are kept after all readers have read them, and how many bytes of them."""

    age: timedelta
    size: int


class EventLog(Protocol):
    """An offset is the number of the last event read: reading goes on after it, from 0.

    Numbers grow and may have gaps. All methods are safe to call from any thread, and raise
    SourceUnavailable if the log can't be read or written.
    """

    @property
    def name(self) -> str:
        """Its address for messages, without secrets."""

    @property
    def identity(self) -> str:
        """Differs for each log, so that a reader notices another one at the same address."""

    @property
    def largest(self) -> int | None:
        """The most bytes of a body that surely fit as an event or a dead letter; None: any."""

    def append(self, events: Sequence[Event]) -> int:
        """Append in order; returns the offset of the log's end, once all of them are durable.

        An event whose source and id are still in the log is not appended again: after an error,
        append the same again.
        """

    def read(self, offset: int, limit: int) -> list[tuple[int, Event]]:
        """The first events after `offset` with their numbers, in order; none at the end.

        At most `limit` of them, and fewer if they are large: about READ_BYTES.
        """

    def end(self) -> int:
        """The number of the last event."""

    def appended_at(self, offset: int) -> datetime | None:
        """When the first event after `offset` was appended, UTC; None at the end.

        To the millisecond, or the second in older files, and never later than it was.
        """

    def oldest(self) -> int:
        """The lowest offset whose reader misses nothing that was removed."""

    def trim(self, retention: Retention, needed: int, now: datetime) -> int:
        """Remove events beyond `retention`, oldest first, but none after offset `needed`.

        Returns how many were removed. Duplicates of removed events may be appended again.
        """

    def bury(self, letters: Sequence[DeadLetter]) -> None:
        """Keep what can't become an event, once for each source, id and body; durable as append."""

    def dead_letters(self, limit: int) -> list[tuple[int, DeadLetter]]:
        """The last dead letters with their numbers, the newest first."""

    def read_dead(self, number: int, limit: int) -> list[tuple[int, DeadLetter]]:
        """The first dead letters after `number`, in order; see `read`."""

    def rebury(self, number: int, letter: DeadLetter) -> int:
        """Keep dead letter `number` with the reason of `letter`; returns its number from now on."""

    def drop(self, numbers: Sequence[int]) -> int:
        """Remove dead letters for good; returns how many of them there were."""

    def dead_count(self) -> int: ...

    def size(self) -> int:
        """About how many bytes its events take."""

    def close(self) -> None: ...


def backlog_age(log: EventLog, offset: int, now: datetime) -> timedelta:
    """How long the oldest event after `offset` has been in the log; 0 at the end."""
    appended_at = log.appended_at(offset)
    return max(now - appended_at, timedelta()) if appended_at else timedelta()


def unavailable(name: str, done: str, error: BaseException) -> SourceUnavailable:
    """The error to raise: the log at `name` could not be `done`."""
    reason = " ".join(str(error).split()).rstrip(".") or type(error).__name__
    return SourceUnavailable(
        f"The event log at {name} could not be {done}: {reason}. Make it available "
        "(STOREHOUSE_EVENT_LOG names it), and run again: what was acknowledged is in it."
    )
