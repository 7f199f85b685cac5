"""Reading one table in portions, so that a killed load resumes where it stopped.

The state of a table is `low`, the watermark: the place of the cursor where the next pass begins;
`behind`, the rows before it (see watermark.py); `since`, before which rows are out of scope;
`types`, the types of its columns in the last load; `by`, the declaration that these depend on;
`relation`, the table that was found; `swept_at`, when keys were last scanned; `whole`, until a pass
of --full has ended; and, during a pass, `pass`: the `low` it began with, the `next` and `behind` it
ends with, how many rows are `placeless`, the `order` of its rows, `after`, the key of the last row
stored, and its number of `portions`. `next` is determined before anything is read: what changes
during a pass is read by the next one.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import pyarrow as pa

from storehouse.core.errors import SourceContractError
from storehouse.sources.database.drift import changes, look_up
from storehouse.sources.database.engine import Engine, Found, QueryError
from storehouse.sources.database.key_scan import deletions
from storehouse.sources.database.query import TableQuery
from storehouse.sources.database.table_rows import batches, last_key, repeated_key
from storehouse.sources.database.tables import DatabaseTable
from storehouse.sources.database.watermark import Watermark
from storehouse.sources.portion import Landed, Portion, State, Window

# One transaction each. DuckDB compresses row groups of 122,880 rows as they arrive, several at a
# time; fewer rows go through its log first.
PORTION_ROWS = 2 * 122_880

_Memory = Mapping[str, Any]

# The keys of a state that determine which rows are read next.
_PLACE = ("low", "behind", "since", "pass")


def open_streams(
    engine: Engine, tables: Sequence[DatabaseTable], window: Window, refused: list[str]
) -> list[TableStream]:
    """The streams of tables that match their declaration; adds the others to `refused`."""
    found = look_up(engine, tables, refused)
    return [
        TableStream(engine, table, found[table.table], window)
        for table in tables
        if table.table in found
    ]


@dataclass(frozen=True)
class TableStream:
    """See sources.portion.Stream. `found` has the table's columns by their name in the database."""

    engine: Engine
    table: DatabaseTable
    found: Mapping[str, Found]
    window: Window

    @property
    def name(self) -> str:
        return self.table.table

    @property
    def ahead(self) -> int:
        return 2

    def reset(self, state: State) -> State:
        return {**state, **dict.fromkeys(_PLACE), "swept_at": None, "whole": True}

    def portions(self, state: State | None, landed: Landed) -> Iterator[Portion]:
        try:
            yield from self._portions(state, landed)
        except QueryError as error:
            raise SourceContractError(f"{self.table.label}: {error}") from None

    def _portions(self, state: State | None, landed: Landed) -> Iterator[Portion]:
        memory, notes = self._recalled(state or {})
        if notes:
            yield self._state_only("changes", memory, notes)
        if self._is_part(memory):
            yield from self._part()
            return
        under_way = memory.pop("pass", None)
        # A pass that had another row order, or that --full replaces, is started again.
        if under_way and (self.window.full or under_way.get("order") != self._query.order):
            under_way = None
        if under_way:
            memory = yield from self._pass(memory, under_way)
        # A stopped pass may have begun long ago, so what changed since is read as well.
        if not under_way or self.table.cursor:
            fresh = yield from self._begin(memory)
            memory = yield from self._pass(memory, fresh)
        if self._is_key_scan_due(memory):
            yield self._scan_keys(memory, landed)

    def _recalled(self, state: State) -> tuple[dict[str, Any], tuple[str, ...]]:
        """The state as far as it is still valid, and notes on what has changed since."""
        remarks = self.engine.remarks(self.table.relation)
        notes = [f"{self.table.label}: {remark}." for remark in remarks]
        is_bounded = self.window.since or self.window.until
        if is_bounded and self.table.cursor and not self._query.cursor.is_timed:
            notes.append(
                f"{self.table.label}: its cursor, {self.table.cursor}, is a number, so --since and "
                "--until do not apply: all its rows are read. If it counts seconds or "
                "milliseconds, declare that as `unit` under `incremental`."
            )
        notes += changes(self.table, state.get("types"), self.found)
        types = {one.name: one.type for one in self.found.values()}
        form = self._query.cursor.form if self.table.cursor else ()
        by = [self.table.relation, self.table.cursor, *self.table.key, *form]
        relation = self.engine.relation(self.table.relation)
        memory = {**state, "types": types, "by": by, "relation": relation}
        if form[:1] == ("moments",) and state.get("by") == by[: -len(form)]:
            notes.append(
                f"{self.table.label}: its cursor, {self.table.cursor}, is compared by moment and "
                "no longer as text from this version of storehouse on: all rows are read again "
                "once."
            )
        elif state.get("by", by) != by:
            notes.append(
                f"{self.table.label}: the declaration of its table, key or cursor has changed: all "
                "rows are read again."
            )
        elif state.get("relation", relation) != relation:
            notes.append(
                f"{self.table.label}: {self.table.relation} was {state['relation']} and is "
                f"{relation} now, by the search_path there: all rows are read again. Declare "
                "`table` with its schema if that is not intended."
            )
        else:
            return memory, tuple(notes)
        return {**memory, **dict.fromkeys(_PLACE)}, tuple(notes)

    @property
    def _query(self) -> TableQuery:
        return TableQuery(self.engine, self.table, self.found)

    def _is_part(self, memory: _Memory) -> bool:
        """Whether the window is a part after which a pass could not continue without a gap."""
        if not self.table.cursor:
            return False
        began = any(memory.get(one) is not None for one in ("low", "pass", "whole"))
        return self.window.until is not None or (self.window.since is not None and began)

    def _part(self) -> Iterator[Portion]:
        """The rows of the window; the state of the passes does not change."""
        for number, rows in enumerate(self._read(self._query, None, self.window, None), 1):
            yield Portion(f"{self.name}, part, batch {number}", {self.name: rows})

    def _begin(self, memory: _Memory) -> Generator[Portion, None, _Memory]:
        """A new pass; it starts from the beginning if it can't continue from the last one."""
        fresh: dict[str, Any] = {"low": None, "next": None, "after": None, "portions": 0}
        fresh["order"] = self._query.order
        if not self.table.cursor:
            return fresh
        since = None if self.window.full else memory.get("since")
        low = None if self.window.full else memory.get("low")
        if low is None and self.window.since:
            ((low,),) = self.engine.rows(self._query.first_low(self.window.since))
            since = low
        watermark = Watermark(self._query, since)
        found = watermark.found(low, memory.get("behind") if low is not None else None)
        if found.notes:
            yield self._state_only("watermark", {**memory, "low": found.low}, found.notes)
        return {**fresh, "since": since, **found.state}

    def _pass(self, memory: _Memory, current: _Memory) -> Generator[Portion, None, dict[str, Any]]:
        """The portions of a pass; returns the memory after it."""
        repeated = ""
        # Rows that lost their place since a pass was stopped are read by the next pass.
        query = replace(self._query, has_placeless=current.get("placeless") != 0)
        for rows in self._read(query, current["low"], Window(), current["after"]):
            number = current["portions"] + 1
            after = last_key(self._query, rows)
            repeated = repeated or repeated_key(self._query, rows)
            current = {**current, "after": after, "portions": number}
            request = f"{self.name} from {current['low'] or 'the beginning'}, batch {number}"
            yield Portion(request, {self.name: rows}, {**memory, "pass": current})
        kept = {name: current.get(name) for name in ("behind", "since")}
        ended = {**memory, "low": current["next"], **kept}
        ended.pop("whole", None)
        yield self._state_only("end", ended, (repeated,) if repeated else ())
        return ended

    def _read(
        self, query: TableQuery, low: str | None, window: Window, after: Sequence[str] | None
    ) -> Iterator[pa.Table]:
        """The rows in tables of PORTION_ROWS, and one with the rest, but never an empty one."""
        held: list[pa.RecordBatch] = []
        count = 0
        for batch in batches(query, low, window, after):
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

    def _is_key_scan_due(self, memory: _Memory) -> bool:
        sweep, last = self.table.sweep, memory.get("swept_at")
        if sweep is None or last is None:
            return sweep is not None
        since = datetime.fromisoformat(self.engine.taken_at) - datetime.fromisoformat(last)
        # Also after the clock went back.
        return not timedelta(0) <= since < timedelta(hours=sweep.every_hours)

    def _scan_keys(self, memory: _Memory, landed: Landed) -> Portion:
        into, gone = deletions(self._query, landed)
        notes = (f"{self.table.label}: {len(gone):,} are gone.",) if len(gone) else ()
        state = {**memory, "swept_at": self.engine.taken_at}
        return Portion(f"delete detection of {self.name}", {into: gone}, state, notes)

    def _state_only(self, what: str, state: State, notes: tuple[str, ...] = ()) -> Portion:
        """A portion with a state and notes, but without rows."""
        return Portion(f"{self.name}, {what}", {}, state, notes)
