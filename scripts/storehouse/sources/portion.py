"""The interface between landing and the sources that are APIs or databases.

Such a source has streams. A stream is read by one thread and has its own state, so streams can run
in parallel; landing stores each portion in one transaction, together with its state.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

import pyarrow as pa

from storehouse.sources.declarations.tables import Table

State = Mapping[str, Any]


@dataclass(frozen=True)
class RejectedRow:
    """What was quarantined from a portion: its table, its number there, why, and its text."""

    table: str
    number: int
    reason: str
    text: str


@dataclass(frozen=True)
class Portion:
    """Rows that are committed together with the place to resume from.

    `request` describes the request, without secrets, and is unique within its load. `rows` are by
    table, in text columns named as declared (and `_extra`), null where a value is missing; each
    table named gets a row in the load log, even without rows, and so does each table of `rejected`
    rows. `state` is JSON that the next load gets back; None leaves it unchanged.
    """

    request: str
    rows: Mapping[str, pa.Table]
    state: State | None = None
    notes: tuple[str, ...] = field(default=())
    rejected: tuple[RejectedRow, ...] = field(default=())


@dataclass(frozen=True)
class Window:
    """The load window: aware datetimes, and whether to read everything again."""

    since: datetime | None = None
    until: datetime | None = None
    full: bool = False


class Landed(Protocol):
    """What a stream may read from the warehouse; safe to call from its thread."""

    def living_keys(self, table: str, column: str, deletions: str, entity: str) -> pa.Array:
        """The distinct values of a raw column, without those deleted according to `deletions`.

        A key that landed again after its deletion counts as not deleted.
        """


class Stream(Protocol):
    """What is read in one sequence. `name` is the table whose state it keeps, or its own name.

    `ahead` is how many of its portions may wait to be stored while it reads the next.
    """

    @property
    def name(self) -> str: ...
    @property
    def ahead(self) -> int: ...

    def reset(self, state: State) -> State:
        """`state`, changed so that the next load reads everything again, including deletions."""

    def portions(self, state: State | None, landed: Landed) -> Iterator[Portion]:
        """Resume from `state`, that of the last portion stored.

        Raises SourceUnavailable or SourceContractError; what was stored stays.
        """


class PortionSource(Protocol):
    """A declared source that is read in portions, at most `parallel` streams at a time.

    `variables` are the environment variables that it requires.
    """

    @property
    def name(self) -> str: ...
    @property
    def tables(self) -> Sequence[Table]: ...
    @property
    def parallel(self) -> int: ...
    @property
    def variables(self) -> Sequence[str]: ...

    def open(
        self, environ: Mapping[str, str], window: Window, now: Callable[[], datetime]
    ) -> AbstractContextManager[Sequence[Stream]]:
        """Connect and return the streams to read, in order; leaving disconnects."""
