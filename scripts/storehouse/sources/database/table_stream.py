"""Reading one table in portions, so that a killed load goes on where it was.

The state of a table is `low`, the value of the cursor that the next pass begins with;
`types`, its columns as they were seen last; `by`, what is declared that these depend on;
`swept_at`; and, while one is under way, `pass`: the `low` it began with, the `next` it
ends with, the key of the last row stored, `after`, and how many `portions` it has. What
`next` is, is found before anything is read: what changes meanwhile is read by the next pass.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pyarrow as pa

from storehouse.errors import SourceContractError
from storehouse.sources.database.drift import changes, look_up
from storehouse.sources.database.engine import Engine, Found
from storehouse.sources.database.query import TableQuery
from storehouse.sources.database.sweep import deletions
from storehouse.sources.database.tables import DatabaseTable
from storehouse.sources.portion import Asked, Landed, Portion, State

# One transaction each. DuckDB compresses row groups of 122,880 as they come, several at a time;
# what is less goes through its log first.
PORTION_ROWS = 2 * 122_880

_Memory = Mapping[str, Any]


def open_streams(
    engine: Engine, tables: Sequence[DatabaseTable], asked: Asked
) -> list[TableStream]:
    """The streams of tables that are there as declared; else raises SourceContractError."""
    found = look_up(engine, tables)
    return [TableStream(engine, table, found[table.table], asked) for table in tables]


@dataclass(frozen=True)
class TableStream:
    """See sources.portion.Stream. `found` has the table's columns by their names there."""

    engine: Engine
    table: DatabaseTable
    found: Mapping[str, Found]
    asked: Asked

    @property
    def name(self) -> str:
        return self.table.table

    @property
    def ahead(self) -> int:
        return 2

    def portions(self, state: State | None, landed: Landed) -> Iterator[Portion]:
        memory, notes = self._recalled(state or {})
        if notes:
            yield self._said("changes", memory, notes)
        if self._is_part(memory):
            yield from self._part()
            return
        under_way = None if self.asked.full else memory.pop("pass", None)
        memory.pop("pass", None)
        if under_way:
            memory = yield from self._pass(memory, under_way)
        # One that was broken off may have begun long ago: what changed since is read, too.
        if not under_way or self.table.cursor:
            fresh = yield from self._begin(memory)
            memory = yield from self._pass(memory, fresh)
        if self._is_time_to_sweep(memory):
            yield self._sweep(memory, landed)

    def _recalled(self, state: State) -> tuple[dict[str, Any], tuple[str, ...]]:
        """The state as far as it still holds, and what has changed since."""
        notes = tuple(changes(self.table, state.get("types"), self.found))
        types = {one.name: one.type for one in self.found.values()}
        by = [self.table.relation, self.table.cursor, *self.table.key]
        memory = {**state, "types": types, "by": by}
        if state.get("by", by) != by:
            memory |= {"low": None, "pass": None}
            anew = "table, key or cursor are declared anew: all rows are read again"
            notes += (f"{self.table.label}: {anew}.",)
        return memory, notes

    @property
    def _query(self) -> TableQuery:
        return TableQuery(self.engine, self.table, self.found)

    def _is_part(self, memory: _Memory) -> bool:
        """Whether a part was asked for that passes can't go on from without a gap."""
        if not self.table.cursor:
            return False
        began = memory.get("low") is not None or memory.get("pass") is not None
        return self.asked.until is not None or (self.asked.since is not None and began)

    def _part(self) -> Iterator[Portion]:
        """What was asked for, beside the passes, which stay where they were."""
        for number, rows in enumerate(self._read(self._query.rows(None, self.asked, None)), 1):
            yield Portion(f"{self.name}, part, portion {number}", {self.name: rows})

    def _begin(self, memory: _Memory) -> Generator[Portion, None, _Memory]:
        """A new pass; from the beginning where the last one can't be gone on from."""
        fresh: dict[str, Any] = {"low": None, "next": None, "after": None, "portions": 0}
        if not self.table.cursor:
            return fresh
        low = None if self.asked.full else memory.get("low")
        if low is None and self.asked.since:
            ((low,),) = self.engine.rows(self._query.first_low(self.asked.since))
        ((following, is_ahead),) = self.engine.rows(self._query.next_low(low))
        if is_ahead:
            note = (
                f"{self.table.label}: the last load read up to {low}, which is later than the "
                f"clock of {self.engine.label} ({self.engine.start}): all rows are read again."
            )
            yield self._said("clock", {**memory, "low": None}, (note,))
            low = None
            ((following, _),) = self.engine.rows(self._query.next_low(None))
        # Without anything newer the next pass begins where this one did.
        return {**fresh, "low": low, "next": following or low}

    def _pass(self, memory: _Memory, current: _Memory) -> Generator[Portion, None, dict[str, Any]]:
        """The portions of a pass; returns the memory after it."""
        sql = self._query.rows(current["low"], Asked(), current["after"])
        for rows in self._read(sql):
            number = current["portions"] + 1
            current = {**current, "after": self._last_key(rows), "portions": number}
            request = f"{self.name} from {current['low'] or 'the beginning'}, portion {number}"
            yield Portion(request, {self.name: rows}, {**memory, "pass": current})
        ended = {**memory, "low": current["next"]}
        yield self._said("end", ended)
        return ended

    def _read(self, sql: str) -> Iterator[pa.Table]:
        """The rows in tables of PORTION_ROWS, and one of what remains, never an empty one."""
        held: list[pa.RecordBatch] = []
        count = 0
        for batch in self.engine.read(sql):
            rest = batch
            while count + rest.num_rows >= PORTION_ROWS:
                fitting = PORTION_ROWS - count
                yield pa.Table.from_batches([*held, rest.slice(0, fitting)])
                held, count, rest = [], 0, rest.slice(fitting)
            if rest.num_rows:
                held.append(rest)
                count += rest.num_rows
        if count:
            yield pa.Table.from_batches(held)

    def _last_key(self, rows: pa.Table) -> list[str]:
        if any(rows[name].null_count for name in self.table.key):
            raise SourceContractError(
                f"{self.table.label}: its key ({', '.join(self.table.key)}) is null in some rows "
                f"of {self.table.relation}, so that a load can't tell where it was. Declare "
                "another key."
            )
        return [rows[name][rows.num_rows - 1].as_py() for name in self.table.key]

    def _is_time_to_sweep(self, memory: _Memory) -> bool:
        sweep, last = self.table.sweep, memory.get("swept_at")
        if sweep is None or last is None:
            return sweep is not None
        since = datetime.fromisoformat(self.engine.taken_at) - datetime.fromisoformat(last)
        # A clock that went back sweeps once more.
        return not timedelta(0) <= since < timedelta(hours=sweep.every_hours)

    def _sweep(self, memory: _Memory, landed: Landed) -> Portion:
        into, gone = deletions(self._query, landed)
        notes = (f"{self.table.label}: {len(gone):,} are gone.",) if len(gone) else ()
        state = {**memory, "swept_at": self.engine.taken_at}
        return Portion(f"sweep of {self.name}", {into: gone}, state, notes)

    def _said(self, what: str, state: State, notes: tuple[str, ...] = ()) -> Portion:
        """A state, and maybe notes, without rows."""
        return Portion(f"{self.name}, {what}", {}, state, notes)
