"""A source's events in the log, read as a stream of portions like an API's pages."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import datetime

import pyarrow as pa

from storehouse.core.errors import SourceContractError
from storehouse.log.event_log import EventLog
from storehouse.log.events import Event
from storehouse.sources.events.contract import Contract, Refused, Row
from storehouse.sources.events.declaration import EventTable
from storehouse.sources.events.offsets import STREAM, offset_in, state_at
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
    """Reads the log up to its end at that moment; see sources.portion.Stream."""

    source: str
    contract: Contract
    log: EventLog
    name: str = STREAM
    ahead: int = 1

    def reset(self, state: State) -> State:
        return {**state, "offset": 0}

    def portions(self, state: State | None, landed: Landed) -> Iterator[Portion]:
        """Events that were removed before they were read are an error, once the rest is stored.

        Raises SourceUnavailable and SourceContractError.
        """
        del landed
        end, oldest = self.log.end(), self.log.oldest()
        offset, notes = self._start(state, end)
        lost = offset < oldest and state is not None and offset > 0
        first, offset = offset + 1, max(offset, oldest)
        while offset < end and (found := self.log.read(offset, _EVENTS)):
            offset = found[-1][0]
            yield self._portion(found, offset, notes)
            notes = ()
        if lost:
            yield Portion("events removed", {}, state_at(self.log, offset), notes)
            raise SourceContractError(
                f"{self.source}.{self.name}: events {first:,} to {oldest:,} were removed from "
                f"{self.log.name} before this load had read them; all others have landed. Load "
                "what they said by file or pull, and run again."
            )

    def _start(self, state: State | None, end: int) -> tuple[int, tuple[str, ...]]:
        """Where to read on; from its beginning if this is another log than before."""
        if state is None:
            return 0, ()
        offset = offset_in(self.log, state)
        if offset is not None and offset <= end:
            return offset, ()
        note = (
            f"{self.source}.{self.name}: {self.log.name} is not the log that was read before: it "
            "is read from its beginning."
        )
        return 0, (note,)

    def _portion(
        self, found: Sequence[tuple[int, Event]], offset: int, notes: tuple[str, ...]
    ) -> Portion:
        """Rows in the order of the log, so that of equal versions the last one counts."""
        rows: dict[str, list[Row]] = defaultdict(list)
        rejected = []
        for number, event in found:
            if event.source != self.source:
                continue
            try:
                taken = self.contract.read(event.data)
            except Refused as refused:
                reason = f"event {event.id} ({event.type}): {refused}"
                rejected.append(RejectedRow(refused.table or STREAM, number, reason, event.data))
            else:
                for table, listed in taken.items():
                    rows[table] += listed
        # Padded, since the order of rows' origins decides between equal versions.
        request = f"events {found[0][0]:015}-{offset:015}"
        tables = {name: _table(self.contract.tables[name], listed) for name, listed in rows.items()}
        return Portion(request, tables, state_at(self.log, offset), notes, tuple(rejected))


def _table(table: EventTable, rows: Sequence[Row]) -> pa.Table:
    names = [*(column.name for column in table.columns), "_extra"]
    return pa.table(
        {name: pa.array([row.get(name) for row in rows], pa.string()) for name in names}
    )
