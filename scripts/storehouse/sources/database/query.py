"""The SQL of one pass over a table: which rows, from which place on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from storehouse.sources.database.engine import Engine, Found, quoted
from storehouse.sources.database.tables import DatabaseTable
from storehouse.sources.portion import Asked


@dataclass(frozen=True)
class TableQuery:
    """Queries of a table whose columns were `found`, by name."""

    engine: Engine
    table: DatabaseTable
    found: Mapping[str, Found]

    def rows(self, low: str | None, asked: Asked, after: Sequence[str] | None) -> str:
        """All rows from `low` on and within what was asked, in the order of the key.

        `after` is the key of the last row that was stored: it comes again, as do all rows
        that have the same, should the key not be one.
        """
        names = {column.name: self.found.get(column.header) for column in self.table.columns}
        selected = ", ".join(
            f"{self.engine.as_text(found)} as {quoted(name)}"
            for name, found in names.items()
            if found
        )
        order = ", ".join(f"t.{quoted(column.name)}" for column in self._key)
        conditions = [*self._window(low, asked), *self._behind(after)]
        where = f" where {' and '.join(conditions)}" if conditions else ""
        return f"select {selected} from {self._relation}{where} order by {order}"

    def keys(self) -> str:
        """The keys of all rows, as text in column `key`."""
        (key,) = self._key
        return f"select {self.engine.as_text(key)} as key from {self._relation}"

    def first_low(self, since: datetime) -> str:
        """A moment as text in the type of the cursor; null where that is a number."""
        if self._cursor.kind == "number":
            return "select null"
        return f"select cast({self._moment(since.isoformat())} as text)"

    def next_low(self, low: str | None) -> str:
        """Where the next pass may begin, and whether `low` lies after the read's start.

        The former is the newest value of the cursor, but not later than the overlap
        before the start: a row that is committed only now may still have that time.
        """
        cursor = self._cursor
        name = f"t.{quoted(cursor.name)}"
        newest, ahead = f"max({name}) - {self.table.overlap}", "null"
        if cursor.kind != "number":
            # Where the clock is put back an hour, the local times of that hour come twice.
            twice = 0 if self.table.time_zone == "UTC" else 3600
            limit = self._moment(self.engine.start, self.table.overlap_minutes * 60 + twice)
            newest = f"case when max({name}) > {limit} then {limit} else max({name}) end"
            if low is not None:
                ahead = f"{self.engine.value(low, cursor)} > {self._moment(self.engine.start)}"
        where = " where " + " and ".join(self._window(low, Asked())) if low is not None else ""
        return f"select cast({newest} as text), {ahead} from {self._relation}{where}"

    def _window(self, low: str | None, asked: Asked) -> list[str]:
        if not self.table.cursor:
            return []
        cursor = self._cursor
        name = f"t.{quoted(cursor.name)}"
        timed = cursor.kind != "number"
        conditions = []
        if asked.since and timed:
            conditions.append(f"{name} >= {self._moment(asked.since.isoformat())}")
        elif low is not None:
            condition = f"{name} >= {self.engine.value(low, cursor)}"
            # A row without a time may have changed since.
            conditions.append(f"({condition} or {name} is null)" if cursor.nullable else condition)
        if asked.until and timed:
            conditions.append(f"{name} < {self._moment(asked.until.isoformat())}")
        return conditions

    def _behind(self, after: Sequence[str] | None) -> list[str]:
        if after is None:
            return []
        names = ", ".join(f"t.{quoted(column.name)}" for column in self._key)
        values = ", ".join(
            self.engine.value(text, column) for text, column in zip(after, self._key, strict=True)
        )
        return [f"({names}) >= ({values})"]

    def _moment(self, moment: str, earlier: int = 0) -> str:
        return self.engine.moment(moment, self._cursor, self.table.time_zone, earlier)

    @property
    def _relation(self) -> str:
        return f"{self.engine.relation(self.table.relation)} as t"

    @property
    def _key(self) -> list[Found]:
        return [self.found[self.table.header(name)] for name in self.table.key]

    @property
    def _cursor(self) -> Found:
        return self.found[self.table.header(self.table.cursor)]
