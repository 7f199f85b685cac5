"""The SQL of one pass over a table: which rows to read, and from where."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from storehouse.sources.database.engine import Cursor, Engine, Found
from storehouse.sources.database.tables import DatabaseTable
from storehouse.sources.portion import Window

# When the clock is set back, an hour or two of local time occurs twice.
_TWICE_SECONDS = 2 * 3600


@dataclass(frozen=True)
class TableQuery:
    """Queries of a table whose columns were `found`, by name. They return columns c0, c1, ….

    `has_placeless` says whether rows may have a cursor without a place: these are read as well.
    """

    engine: Engine
    table: DatabaseTable
    found: Mapping[str, Found]
    has_placeless: bool = True

    def rows(self, low: str | None, window: Window, after: Sequence[str] | None) -> str:
        """All rows from `low` on and within the window, in the order of the key.

        `after` is the key of the last row that was stored: that row is read again, as are all
        rows with the same key if the key is not unique.
        """
        texts = [self.engine.as_text(found) for _, found in self.columns]
        conditions = [*self._window(low, window), *self._behind(after)]
        return f"{self._select(texts, conditions)} order by {self.order}"

    @property
    def columns(self) -> list[tuple[str, Found]]:
        """The columns to read, by their names in the warehouse."""
        return [
            (column.name, found)
            for column in self.table.columns
            if (found := self.found.get(column.header))
        ]

    @property
    def order(self) -> str:
        return ", ".join(self.engine.order(column) for column in self._key)

    def keys(self) -> str:
        """The keys of all rows, as text."""
        return self._select([self.engine.as_text(column) for column in self._key], [])

    def first_low(self, since: datetime) -> str:
        """The place of a moment as text; null if places are not moments."""
        cursor = self.cursor
        if not cursor.is_timed:
            return "select null"
        return f"select {cursor.text(cursor.moment(since.isoformat()))}"

    def next_low(self, low: str | None) -> str:
        """Where the next pass may begin, and whether `low` lies after the start of the read.

        The former is the greatest place, but at most the start minus the overlap: a row that is
        committed now may have an earlier time. Null if there is none.
        """
        cursor = self.cursor
        greatest, ahead = "max(mark)", "null"
        if cursor.is_timed:
            twice = 0 if self.table.time_zone == "UTC" or self.table.unit else _TWICE_SECONDS
            limit = cursor.moment(self.engine.start, self.table.overlap_minutes * 60 + twice)
            newest = f"case when {greatest} > {limit} then {limit} else {greatest} end"
            if low is not None:
                ahead = f"{cursor.at(low)} > {cursor.moment(self.engine.start)}"
        else:
            newest = cursor.before(greatest, self.table.overlap)
        relation = self.engine.relation(self.table.relation)
        start = f"where {self._from(low, near=True)}" if low is not None else ""
        rows = f"select {cursor.mark} as mark from {relation} as t {start} {cursor.fence}"
        odd = cursor.placeless("mark") or "1 = 0"
        return f"select {cursor.text(newest)}, {ahead} from ({rows}) as marks where not ({odd})"

    def behind(self, places: Sequence[tuple[str | None, str | None]], floor: str | None) -> str:
        """For each (place, newest): how many rows are before the place, how many of these are after
        `newest`, and the greatest of them; finally how many values have no place.

        Rows before `floor` are out of scope.
        """
        cursor = self.cursor
        counted = []
        for place, newest in places:
            if place is None:
                counted += ["0", "0", "null"]
                continue
            before = f"not odd and place < {cursor.at(place)}"
            if floor is not None:
                before += f" and place >= {cursor.at(floor)}"
            beyond = f"count(*) filter (where {before} and place > {cursor.at(newest or place)})"
            counted += [
                f"count(*) filter (where {before})",
                beyond if newest is not None else "0",
                cursor.text(f"max(place) filter (where {before})"),
            ]
        counted.append("count(*) filter (where odd)")
        relation = self.engine.relation(self.table.relation)
        rows = f"select {cursor.place} as place from {relation} as t {cursor.fence}"
        odd = cursor.placeless("place") or "1 = 0"
        marked = f"select place, ({odd}) as odd from ({rows}) as rows"
        return f"select {', '.join(counted)} from ({marked}) as marked"

    def placeless(self) -> str:
        """The cursor and the key of the first row whose cursor has no place."""
        texts = [self.engine.as_text(column) for column in (self._cursor, *self._key)]
        odd = self.cursor.placeless(self.cursor.place)
        return f"{self._select(texts, [odd])} order by {self.order} limit 1"

    def greatest(self) -> str:
        """The cursor and the key of the row with the greatest place."""
        texts = [self.engine.as_text(column) for column in (self._cursor, *self._key)]
        place = self.cursor.place
        where = [f"{place} is not null"]
        if odd := self.cursor.placeless(place):
            where.append(f"not ({odd})")
        return f"{self._select(texts, where)} order by {place} desc limit 1"

    def _from(self, low: str, *, near: bool) -> str:
        """The condition of places from `low` on; with `near`, one that an index can answer."""
        cursor = self.cursor
        conditions = [cursor.near(low) if near else "", f"{cursor.place} >= {cursor.at(low)}"]
        return " and ".join(filter(None, conditions))

    def _select(self, selected: Sequence[str], conditions: Sequence[str]) -> str:
        listed = ", ".join(f"{text} as c{number}" for number, text in enumerate(selected))
        where = f" where {' and '.join(conditions)}" if conditions else ""
        relation = self.engine.relation(self.table.relation)
        return f"select {listed} from {relation} as t{where}"

    def _window(self, low: str | None, window: Window) -> list[str]:
        if not self.table.cursor:
            return []
        cursor = self.cursor
        conditions = []
        if window.since and cursor.is_timed:
            conditions.append(f"{cursor.place} >= {cursor.moment(window.since.isoformat())}")
        elif low is not None:
            # A row without a place may have changed since.
            near = not self.has_placeless
            either = " or ".join([self._from(low, near=near), *cursor.again])
            conditions.append(f"({either})")
        if window.until and cursor.is_timed:
            conditions.append(f"{cursor.place} < {cursor.moment(window.until.isoformat())}")
        return conditions

    def _behind(self, after: Sequence[str] | None) -> list[str]:
        if after is None:
            return []
        values = ", ".join(
            self.engine.value(text, column) for text, column in zip(after, self._key, strict=True)
        )
        # A null key must be refused, not skipped.
        nulls = [f"{self.engine.order(one)} is null" for one in self._key if one.nullable]
        return [f"({' or '.join([f'({self.order}) >= ({values})', *nulls])})"]

    @property
    def _key(self) -> list[Found]:
        return [self.found[self.table.header(name)] for name in self.table.key]

    @property
    def _cursor(self) -> Found:
        return self.found[self.table.header(self.table.cursor)]

    @property
    def cursor(self) -> Cursor:
        return self.engine.cursor(self._cursor, self.table.time_zone, self.table.unit)
