"""Where a pass begins to read, and whether that may have missed rows.

A watermark fails silently if one value is an outlier, if rows arrive late or if the table was
restored. So a pass counts the rows before the last watermark: there must not be more of them than
before, and none newer than the newest was. Otherwise, or if there is no longer a row at the
watermark, all rows are read again, with a note.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from storehouse.sources.database.engine import UnreadableText
from storehouse.sources.database.query import TableQuery


@dataclass(frozen=True)
class FoundPlaces:
    """Where a pass begins, `low`, and ends.

    `state` has `low`, `next`, the rows before that, and how many rows are `placeless`.
    """

    low: str | None
    state: Mapping[str, Any]
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Watermark:
    """The watermark of a query's table; rows before `since` are out of scope."""

    query: TableQuery
    since: str | None

    def found(self, low: str | None, behind: Mapping[str, Any] | None) -> FoundPlaces:
        """Where to begin after a pass up to `low`, with `behind` from its state."""
        notes: list[str] = []
        following, is_ahead = self._next(low)
        is_known = low is not None and low != self.since
        late, remembered, placeless = self._behind(low, behind, following)
        table, cursor = self.query.table, self.query.table.cursor
        again = "all rows are read again"
        if is_ahead:
            notes.append(
                f"{table.label}: the last load read up to {low}, which is later than the clock of "
                f"{self.query.engine.label} ({self.query.engine.start}): {again}."
            )
        elif is_known and following is None:
            notes.append(
                f"{table.label}: the rows at the watermark ({cursor} from {low} on) are gone: "
                f"{again}."
            )
        elif late:
            notes.append(
                f"{table.label}: {late:,} row(s) arrived or changed with a {cursor} before the "
                f"watermark ({low}): {again}. The greatest is {self._row(self.query.greatest())}: "
                "if it is an outlier, correct it in the database; if rows arrive late, declare a "
                "longer overlap."
            )
        if notes:
            low = self.since
            following, _ = self._next(low)
            _, remembered, _ = self._behind(None, None, following)
        if placeless:
            notes.append(
                f"{table.label}: {placeless:,} row(s) have a {cursor} that can't be ordered, the "
                f"first is {self._row(self.query.placeless())}: they are read again in every "
                f"load. {self._remedy()}"
            )
        state = {
            "low": low,
            "next": low if following is None else following,
            "behind": remembered,
            "placeless": placeless,
        }
        return FoundPlaces(low, state, tuple(notes))

    def _next(self, low: str | None) -> tuple[str | None, bool]:
        ((following, is_ahead),) = self.query.engine.rows(self.query.next_low(low))
        return _text(following), bool(is_ahead)

    def _behind(
        self, low: str | None, behind: Mapping[str, Any] | None, following: str | None
    ) -> tuple[int, dict[str, Any] | None, int]:
        """How many rows are late, the rows before `following`, and how many have no place."""
        newest = behind["newest"] if behind else None
        places = [(low if behind else None, newest), (following, None)]
        (counts,) = self.query.engine.rows(self.query.behind(places, self.since))
        rows, beyond, _, next_rows, _, next_newest, placeless = counts
        late = 0
        if behind and low is not None:
            late = max(rows - behind["rows"], beyond if newest is not None else 0)
        remembered = None
        if following is not None:
            remembered = {"rows": next_rows, "newest": _text(next_newest)}
        return late, remembered, placeless

    def _row(self, sql: str) -> str:
        """The value of the cursor and the key of the row that a query returns."""
        try:
            cursor, *key = next(iter(self.query.engine.read(sql))).columns
        except UnreadableText:  # reading its row will report more
            return "not valid text"
        values = zip(self.query.table.key, key, strict=True)
        return f"{cursor[0].as_py()!r} of " + ", ".join(
            f"{name}={column[0].as_py()!r}" for name, column in values
        )

    def _remedy(self) -> str:
        table = self.query.table
        if self.query.found[table.header(table.cursor)].kind == "text":
            return (
                "Write moments as YYYY-MM-DD HH:MM:SS in the database; if they count seconds or "
                "milliseconds, declare that as `unit` under `incremental`."
            )
        return "Correct them in the database."


def _text(place: object) -> str | None:
    """A place as it is stored in a state."""
    return None if place is None else str(place)
