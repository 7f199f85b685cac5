"""Reading one table in portions, so that a killed load goes on where it was.

The state of a table is `low`, the value of the cursor that the next pass begins with;
`types`, the columns as they were seen last; and within a pass `pass`: the `low` it began
with, the `next` it ends with, and the key of the last row stored, `after`. What `next`
is, is found before anything is read: rows that change meanwhile are read by the next pass.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from storehouse.errors import SourceContractError
from storehouse.sources.database.drift import changes, look_up
from storehouse.sources.database.engine import Engine, Found
from storehouse.sources.database.query import TableQuery
from storehouse.sources.database.sweep import gone
from storehouse.sources.database.tables import DatabaseTable
from storehouse.sources.portion import Asked, Landed, Portion, State

# One transaction each. Much larger ones are no faster, and smaller ones are slower.
PORTION_ROWS = 200_000


def open_streams(
    engine: Engine, tables: Sequence[DatabaseTable], asked: Asked
) -> list[TableStream]:
    """The streams of tables that are there as declared; else raises SourceContractError."""
    found = look_up(engine, tables)
    return [TableStream(engine, table, found[table.table], asked) for table in tables]


@dataclass(frozen=True)
class TableStream:
    """See sources.portion.Stream."""

    engine: Engine
    table: DatabaseTable
    found: Mapping[str, Found]
    asked: Asked

    @property
    def name(self) -> str:
        return self.table.table

    def portions(self, state: State | None, landed: Landed) -> Iterator[Portion]:
        before = dict(state or {})
        types = {found.name: found.type for found in self.found.values()}
        notes = [*changes(self.table, before.get("types"), self.found)]
        query = TableQuery(self.engine, self.table, self.found)
        # A part that was asked for is read beside the passes, which go on where they were.
        if self.table.cursor and (self.asked.since or self.asked.until):
            for number, rows in enumerate(self._read(query.rows(None, self.asked, None))):
                yield Portion(self._request("part", number), {self.name: rows})
            return
        current = self._pass(query, before, notes)
        sql = query.rows(current["low"], Asked(), current["after"])
        number = current["portions"]
        for rows in self._read(sql):
            number += 1
            current = {**current, "after": self._last_key(rows), "portions": number}
            within = {"low": before.get("low"), "types": types, "pass": current}
            request = self._request(f"from {current['low'] or 'the beginning'}", number)
            yield Portion(request, {self.name: rows}, within, tuple(notes))
        swept, missing = gone(query, landed)
        ended = {"low": current["next"], "types": types}
        yield Portion(self._request("end", number), swept, ended, (*notes, *missing))

    def _pass(
        self, query: TableQuery, before: Mapping[str, Any], notes: list[str]
    ) -> dict[str, Any]:
        """The pass that was broken off, or a new one."""
        open_pass = before.get("pass")
        if open_pass and not self.asked.full:
            return dict(open_pass)
        if not self.table.cursor:
            return {"low": None, "next": None, "after": None, "portions": 0}
        low = None if self.asked.full else before.get("low")
        ((following, ahead),) = self.engine.rows(query.next_low(low))
        if ahead:
            notes.append(
                f"{self.table.label}: the last load read up to {low}, which is later than the "
                f"clock of {self.engine.label} ({self.engine.start}): all rows are read again."
            )
            low = None
            ((following, _),) = self.engine.rows(query.next_low(None))
        # Nothing newer: the next pass begins where this one did.
        return {"low": low, "next": following or low, "after": None, "portions": 0}

    def _read(self, sql: str) -> Iterator[pa.Table]:
        """The rows in tables of about PORTION_ROWS, never an empty one."""
        held: list[pa.RecordBatch] = []
        count = 0
        for batch in self.engine.read(sql):
            held.append(batch)
            count += batch.num_rows
            if count >= PORTION_ROWS:
                yield pa.Table.from_batches(held)
                held, count = [], 0
        if count:
            yield pa.Table.from_batches(held)

    def _last_key(self, rows: pa.Table) -> list[str]:
        last = [rows[name][rows.num_rows - 1].as_py() for name in self.table.key]
        if any(rows[name].null_count for name in self.table.key):
            raise SourceContractError(
                f"{self.table.label}: its key ({', '.join(self.table.key)}) is null in some rows "
                f"of {self.table.relation}, so that a load can't tell where it was. Declare "
                "another key."
            )
        return last

    def _request(self, what: str, number: int) -> str:
        return f"{self.name} {what} #{number}"
