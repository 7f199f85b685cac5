"""A source's events in the log, read as a stream of portions like an API's pages."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import datetime

import pyarrow as pa

from storehouse.core.errors import SourceContractError
from storehouse.log.event_log import EventLog
from storehouse.log.events import Event
from storehouse.sources.events.contract import Contract, Refused, Row
from storehouse.sources.events.declaration import EventTable
from storehouse.sources.events.offsets import STREAM, beginning, offset_in, state_at
from storehouse.sources.portion import Landed, Portion, RejectedRow, State, Stream, Window

_EVENTS = 5_000


@dataclass(frozen=True)
class EventSource:
    """See sources.portion.PortionSource: the tables of one source that take events from `log`."""

    name: str
    tables: Sequence[EventTable]
    log: EventLog
    parallel: int = 1
    variables: Sequence[str] = ()

    def open(
        self, environ: Mapping[str, str], window: Window, now: Callable[[], datetime]
    ) -> AbstractContextManager[Sequence[Stream]]:
        del environ, window, now  # the log was opened before, and events have no window
        return nullcontext([EventStream(self.name, Contract(self.tables), self.log)])


@dataclass(frozen=True)
class EventStream:
    """Reads the log up to its end at that moment; see sources.portion.Stream.

    Portions have rows of the tables in `wanted`, or of all.
    """

    source: str
    contract: Contract
    log: EventLog
    wanted: frozenset[str] | None = None
    name: str = STREAM
    ahead: int = 1

    def reset(self, state: State) -> State:
        return beginning(state)

    def portions(self, state: State | None, landed: Landed) -> Iterator[Portion]:
        """Events that were removed before they were read are an error, once the rest is stored.

        Raises SourceUnavailable and SourceContractError.
        """
        del landed
        end, oldest = self.log.end(), self.log.oldest()
        offset, notes = self._start(state)
        lost = 0 < offset < oldest
        first, offset, last = offset + 1, max(offset, oldest), None
        while offset < end and (found := self.log.read(offset, _EVENTS)):
            for portion in self.portions_of(found, notes):
                yield portion
                notes = ()
            offset, last = found[-1]
        if lost:
            yield Portion("events removed", {}, state_at(self.log, offset, last), notes)
            raise SourceContractError(
                f"{self.source}.{self.name}: events {first:,} to {oldest:,} were removed from "
                f"{self.log.name} before this load had read them; all others have landed. Load "
                "what they said by file or pull, and run again."
            )

    def _start(self, state: State | None) -> tuple[int, tuple[str, ...]]:
        """Where to read on; from its beginning if this is not the log as it was read before."""
        if state is None:
            return 0, ()
        offset = offset_in(self.log, state)
        if offset is None:
            reason = "is not the log that was read before"
        elif offset < state["offset"]:
            reason = (
                f"was set back to an earlier state: event {state['offset']:,}, to which it was "
                "read, is not in it, or is another one"
            )
        else:
            return offset, ()
        name = f"{self.source}.{self.name}"
        return 0, (f"{name}: {self.log.name} {reason}. It is read from its beginning.",)

    def portions_of(
        self, found: Sequence[tuple[int, Event]], notes: tuple[str, ...] = ()
    ) -> Iterator[Portion]:
        """Portions of these events.

        Staging may take the parts of a document from the portion that its newest version came
        with, so a portion ends before a second version of a document.
        """
        part = _Part(found[0][0])
        for number, event in found:
            if event.source == self.source:
                try:
                    rows = self.contract.read(event.data)
                except Refused as refused:
                    part.reject(number, event, refused)
                else:
                    documents = self._documents(rows)
                    if documents & part.documents:
                        yield self._portion(part, notes)
                        part, notes = _Part(number), ()
                    part.add(rows, documents)
            part.last, part.event = number, event
        yield self._portion(part, notes)

    def _documents(self, rows: Mapping[str, Sequence[Row]]) -> set[tuple[str | None, ...]]:
        """The keys of documents, which are records of an API, in an event."""
        return {
            (name, *(row.get(column) for column in table.key))
            for name, listed in rows.items()
            if (table := self.contract.tables[name]).records
            for row in listed
        }

    def _portion(self, part: _Part, notes: tuple[str, ...]) -> Portion:
        """Of equal versions the last in the log counts, and before it one of a file or pull.

        Their origins' names decide that: numbers are padded, and the stream's name comes first.
        """
        request = f"{STREAM} {part.first:015}-{part.last:015}"
        tables = {
            name: _table(self.contract.tables[name], rows)
            for name, rows in part.rows.items()
            if self.wanted is None or name in self.wanted
        }
        state = state_at(self.log, part.last, part.event)
        return Portion(request, tables, state, notes, tuple(part.rejected))


@dataclass
class _Part:
    """What becomes a portion: the events from number `first` to `last`, in the log's order.

    `event` is the last.
    """

    first: int
    last: int = 0
    event: Event | None = None
    rows: dict[str, list[Row]] = field(default_factory=lambda: defaultdict(list))
    rejected: list[RejectedRow] = field(default_factory=list)
    documents: set[tuple[str | None, ...]] = field(default_factory=set)

    def add(self, rows: Mapping[str, list[Row]], documents: set[tuple[str | None, ...]]) -> None:
        for name, listed in rows.items():
            self.rows[name] += listed
        self.documents |= documents

    def reject(self, number: int, event: Event, refused: Refused) -> None:
        reason = f"event {event.id} ({event.type}): {refused}"
        self.rejected.append(RejectedRow(refused.table or STREAM, number, reason, event.data))


def _table(table: EventTable, rows: Sequence[Row]) -> pa.Table:
    names = [*(column.name for column in table.columns), "_extra"]
    return pa.table(
        {name: pa.array([row.get(name) for row in rows], pa.string()) for name in names}
    )
