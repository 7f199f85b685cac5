"""What an API or a database hands to landing, and how landing asks for it.

A source of portions has streams. A stream is read by one thread and keeps a state of
its own, so streams can run beside each other; landing stores each portion in one
transaction with the state that it carries.
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
class Portion:
    """Rows that are committed together with the place to go on from.

    `request` says what was asked, without secrets; it is told apart from others of its load.
    `rows` are by table, in text columns named as declared (and `_extra`), null where a
    value is missing; each table named gets a row in the load log, also one without rows.
    `state` is JSON: handed back when the next load asks on; None leaves it as it is.
    """

    request: str
    rows: Mapping[str, pa.Table]
    state: State | None = None
    notes: tuple[str, ...] = field(default=())


@dataclass(frozen=True)
class Window:
    """What a load was asked for: aware moments, and whether to read everything again."""

    since: datetime | None = None
    until: datetime | None = None
    full: bool = False


class Landed(Protocol):
    """What a stream may ask of the warehouse; safe to call from its thread."""

    def living_keys(self, table: str, column: str, deletions: str, entity: str) -> pa.Array:
        """The distinct values of a raw column, without those that `deletions` says are gone.

        A key that landed again after its deletion lives.
        """


class Stream(Protocol):
    """What is read in one sequence. `name` is that of the table whose state it keeps.

    `ahead` is how many of its portions may wait for storage while it asks for the next.
    """

    @property
    def name(self) -> str: ...
    @property
    def ahead(self) -> int: ...

    def anew(self, state: State) -> State:
        """`state` so that whatever load comes next reads everything again, deletions as well."""

    def portions(self, state: State | None, landed: Landed) -> Iterator[Portion]:
        """Go on from `state`, that of the last portion stored.

        Raises SourceUnavailable or SourceContractError; what was stored stays.
        """


class PortionSource(Protocol):
    """A declared source that is read in portions, at most `parallel` streams at a time.

    `variables` are the environment variables that it can't do without.
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
        self, environ: Mapping[str, str], asked: Window, now: Callable[[], datetime]
    ) -> AbstractContextManager[Sequence[Stream]]:
        """Connect, and give the streams to read, in their order; leaving disconnects."""
