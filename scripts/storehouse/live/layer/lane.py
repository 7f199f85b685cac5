"""One lane: events of the log, in micro-batches, into its tables in memory and its file of now."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import numpy as np

from storehouse.core.config import Settings
from storehouse.core.errors import BuildError, SourceUnavailable
from storehouse.live.layer.bases import Base
from storehouse.live.layer.compiled import tables_taking_events
from storehouse.live.layer.memory import Landed, Memory
from storehouse.live.layer.program import Kind
from storehouse.log.event_log import EventLog
from storehouse.log.events import DeadLetter, Event
from storehouse.sources.events.contract import Contract
from storehouse.sources.events.offsets import STREAM, offset_in, state_at
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
# If so many events in a row fail, and none is taken, the fault is not theirs.
_MOST_IN_A_ROW = 10

Found = Sequence[tuple[int, Event]]


def spill_dir(settings: Settings, lane: str, pid: int | None = None) -> Path:
    """Where processes of a lane keep what exceeds their memory; that of one of them."""
    folder = settings.home / "live" / "spill" / lane
    return folder if pid is None else folder / str(pid)


@dataclass
class Counts:
    """Since the lane began: events taken, and those of them that it could not use."""

    events: int = 0
    quarantined: int = 0


class Lane:
    """A lane from a base on, or with `replayed` from the log's beginning on nothing.

    Raises SourceUnavailable if events that it begins with are no longer in the log.
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
        spill = spill_dir(settings, name, os.getpid())
        self.memory = Memory(relations, base.file, memory, spill, empty=replayed)
        self.counts = Counts()
        self._log = log
        self._raw = {(one.source, one.alias): one.name for one in relations if one.kind is Kind.RAW}
        self._streams = {
            source: EventStream(source, Contract(tables), log, wanted)
            for source, tables in tables_taking_events(settings).items()
            if (wanted := frozenset(table for known, table in self._raw if known == source))
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
        self.offset = min(self._starts.values(), default=log.end())
        self._last: Event | None = None
        self._failed_in_a_row = 0
        self._refuse_a_gap()
        self._rows = 0
        newest = datetime.fromisoformat(base.loaded_until or "1970-01-01")
        self._after_base = newest + timedelta(microseconds=1)

    def advance(self, limit: int) -> set[str] | None:
        """Take the next events, at most `limit`; None at the log's end.

        Returns the relations that may have changed. Raises SourceUnavailable, and duckdb.Error
        and BuildError for what is no fault of an event.
        """
        found = self._log.read(self.offset, limit)
        if not found:
            return None
        if found[0][0] > self.offset + 1:
            self._refuse_a_gap()
        changed = self._apply(found)
        self.offset, self._last = found[-1]
        self.counts.events += len(found)
        return changed

    def refuse_another(self, log: EventLog) -> None:
        """Raise SourceUnavailable unless `log`, opened anew, is the one that was read so far.

        A file that was moved away, or set back to a copy, is still read by who has it open.
        """
        if offset_in(log, state_at(self._log, self.offset, self._last)) != self.offset:
            raise SourceUnavailable(
                f"{log.name} was set back or replaced: event {self.offset:,}, to which it was "
                "read, is not in it, or is another one."
            )

    def _refuse_a_gap(self) -> None:
        """Numbers may have gaps; events that were removed before they were read are another."""
        if self.offset < self._log.oldest():
            raise SourceUnavailable(
                f"Events after {self.offset:,} are no longer in {self._log.name}, so that what "
                f"follows from them can't be shown. Run `storehouse run`, which writes a newer "
                "base; a replay of the whole log is not possible any more."
            )

    def _apply(self, found: Found) -> set[str]:
        """Apply events; those that the models can't take are found by halving, and left out."""
        try:
            changed = self.memory.apply(list(self._landed(found)))
        except _POISON as error:
            if len(found) == 1:
                self._quarantine(found[0][1], error)
                return set()
        else:
            self._failed_in_a_row = 0
            return changed
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
            numbers = np.arange(self._rows + 1, self._rows + 1 + rows.num_rows)
            self._rows += rows.num_rows
            yield Landed(
                self._raw[source, table],
                source,
                table,
                rows.append_column("_row_number", [numbers]).combine_chunks(),
                portion.request if source in self._records else f"{STREAM} {hour}",
                str(loaded_at),
            )

    def _quarantine(self, event: Event, error: duckdb.Error) -> None:
        """Keep an event that lane after lane would fail on as a dead letter, with the reason."""
        said = " ".join(str(error).split())[:500]
        self._failed_in_a_row += 1
        if self._failed_in_a_row > _MOST_IN_A_ROW:
            raise BuildError(
                f"The models of lane {self.name} have failed on {self._failed_in_a_row} events in "
                f"a row, so that the fault is not an event's: {said}. Correct the model, or the "
                "row that it can't take, and run `storehouse run`."
            )
        self.counts.quarantined += 1
        reason = f"live: {said}"
        letter = DeadLetter(event.source, event.id, reason, event.time, event.data)
        self._log.bury([letter])

    def close(self) -> None:
        self.memory.close()
