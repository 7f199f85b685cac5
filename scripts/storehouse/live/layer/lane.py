"""One lane: events of the log, in micro-batches, into its tables in memory and its file of now."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import duckdb
import numpy as np

from storehouse.core.config import Settings
from storehouse.core.errors import SourceUnavailable
from storehouse.live.layer.bases import Base
from storehouse.live.layer.compiled import tables_taking_events
from storehouse.live.layer.memory import Landed, Memory
from storehouse.live.layer.program import Kind
from storehouse.log.event_log import EventLog
from storehouse.log.events import DeadLetter, Event
from storehouse.sources.events.contract import Contract
from storehouse.sources.events.offsets import STREAM, offset_in
from storehouse.sources.events.source import EventStream
from storehouse.sources.portion import Portion

# Rows that a model can't take raise these; anything else is no fault of an event.
_POISON = (
    duckdb.DataError,
    duckdb.IntegrityError,
    duckdb.InvalidInputException,
    duckdb.NotSupportedError,
)
# The most that DuckDB takes in a lane.
MEMORY = "1GB"

Found = Sequence[tuple[int, Event]]


@dataclass
class Counts:
    """Since the lane began: events taken, and those of them that it could not use."""

    events: int = 0
    quarantined: int = 0


class Lane:
    """A lane from a base on, or with `replayed` from the log's beginning on nothing.

    Raises SourceUnavailable if events after the base are no longer in the log.
    """

    def __init__(
        self,
        settings: Settings,
        name: str,
        base: Base,
        log: EventLog,
        *,
        memory: str = MEMORY,
        replayed: bool = False,
    ) -> None:
        self.name, self.base = name, base
        relations = base.program.of_lane(name)
        self.reports = [one for one in relations if one.lane == name]
        spill = settings.home / "live" / f"spill_{name}"
        self.memory = Memory(relations, base.file, memory, spill, empty=replayed)
        self.counts = Counts()
        self._log = log
        self._raw = {(one.source, one.alias): one.name for one in relations if one.kind is Kind.RAW}
        self._streams = {
            source: EventStream(source, Contract(tables), log)
            for source, tables in tables_taking_events(settings).items()
            if any(known == source for known, _ in self._raw)
        }
        self._records = {
            source
            for source, stream in self._streams.items()
            if any(table.records for table in stream.contract.tables.values())
        }
        self._starts = {
            source: 0 if replayed else offset_in(log, base.states.get(source)) or 0
            for source in self._streams
        }
        self.offset = min(self._starts.values(), default=0)
        self._replayed = replayed
        self._refuse_a_gap()
        self._rows = 0
        newest = datetime.fromisoformat(base.loaded_until or "1970-01-01")
        self._after_base = newest + timedelta(microseconds=1)

    def advance(self, limit: int) -> set[str] | None:
        """Take the next events, at most `limit`; None at the log's end.

        Returns the relations that may have changed. Raises SourceUnavailable, and duckdb.Error
        for what is no fault of an event.
        """
        found = self._log.read(self.offset, limit)
        if not found:
            if self.offset > self._log.end():
                raise SourceUnavailable(
                    f"{self._log.name} was set back or replaced: event {self.offset:,} is not "
                    "in it."
                )
            return None
        if found[0][0] > self.offset + 1:
            self._refuse_a_gap()
        changed = self._apply(found)
        self.offset = found[-1][0]
        self.counts.events += len(found)
        return changed

    def _refuse_a_gap(self) -> None:
        """Numbers may have gaps; events that were removed before they were read are another."""
        if not self._replayed and self.offset < self._log.oldest():
            raise SourceUnavailable(
                f"Events after {self.offset:,} on the base of build {self.base.build_id} are no "
                f"longer in {self._log.name}. Run `storehouse run`, which writes a newer base."
            )

    def _apply(self, found: Found) -> set[str]:
        """Apply events; those that the models can't take are found by halving, and left out."""
        try:
            return self.memory.apply(list(self._landed(found)))
        except _POISON as error:
            if len(found) == 1:
                self._quarantine(found[0][1], error)
                return set()
        half = len(found) // 2
        return self._apply(found[:half]) | self._apply(found[half:])

    def _landed(self, found: Found) -> Iterator[Landed]:
        for source, stream in self._streams.items():
            mine = [
                (number, event)
                for number, event in found
                if event.source == source and number > self._starts[source]
            ]
            for portion in stream.portions_of(mine) if mine else ():
                yield from self._rows_of(source, portion)

    def _rows_of(self, source: str, portion: Portion) -> Iterator[Landed]:
        """The rows of a portion; their numbers grow, so that of equal versions the last counts.

        Rows are of one file an hour, which keeps the load log short. Records are of a file a
        portion: staging takes the parts of a document from the file of its newest version.
        """
        hour = datetime.now(UTC).replace(minute=0, second=0, microsecond=0, tzinfo=None)
        loaded_at = max(hour, self._after_base)
        for table, rows in portion.rows.items():
            if name := self._raw.get((source, table)):
                numbers = np.arange(self._rows + 1, self._rows + 1 + rows.num_rows)
                self._rows += rows.num_rows
                yield Landed(
                    name,
                    source,
                    table,
                    rows.append_column("_row_number", [numbers]).combine_chunks(),
                    portion.request if source in self._records else f"{STREAM} {hour}",
                    str(loaded_at),
                )

    def _quarantine(self, event: Event, error: duckdb.Error) -> None:
        """Keep an event that lane after lane would fail on as a dead letter, with the reason."""
        self.counts.quarantined += 1
        reason = f"live: {' '.join(str(error).split())[:500]}"
        letter = DeadLetter(event.source, event.id, reason, event.time, event.data)
        self._log.bury([letter])

    def close(self) -> None:
        self.memory.close()
