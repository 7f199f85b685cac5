"""Which events a source's raw tables take: an event that they refuse lands nowhere."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, NoReturn

from storehouse.core.display import brief
from storehouse.sources.events.declaration import EventTable

Row = dict[str, str | None]
_FLAGS = {True: "true", False: "false"}


class Refused(ValueError):
    """An event that is not taken, and why; `table` is the one at fault, if it takes events."""

    def __init__(self, reason: str, table: str = "") -> None:
        super().__init__(reason)
        self.table = table


def parsed(text: str) -> Any:
    """A JSON document whose numbers are their own characters.

    Raises ValueError or RecursionError for anything else, and for a name given twice.
    """
    found = _DECODER.decode(text)
    if "\\u" in text:
        try:
            json.dumps(found, ensure_ascii=False).encode()
        except UnicodeEncodeError:
            raise ValueError("it holds half of a surrogate pair") from None
    return found


class Contract:
    """The tables of a source that take events, and what they ask of rows."""

    def __init__(self, tables: Iterable[EventTable]) -> None:
        self.tables = {table.table: table for table in tables}

    def read(self, data: str) -> dict[str, list[Row]]:
        """The rows of an event's data, by table. Raises Refused."""
        try:
            found = parsed(data)
        except (ValueError, RecursionError) as error:
            raise Refused(f"its data can't be read: {error}") from None
        return self.checked(found)

    def checked(self, data: object) -> dict[str, list[Row]]:
        """The rows of parsed data: values as text, undeclared ones in `_extra`. Raises Refused."""
        if not isinstance(data, dict) or not data:
            raise Refused("its data is not an object of rows by table")
        return {name: self._rows(name, rows) for name, rows in data.items()}

    def _rows(self, name: str, rows: object) -> list[Row]:
        table = self.tables.get(name)
        if table is None:
            listed = ", ".join(self.tables)
            raise Refused(f"no table {brief(name)!r} takes events; these do: {listed}")
        if not isinstance(rows, list) or not rows or not all(isinstance(r, dict) for r in rows):
            raise Refused(f"its rows of {name} are not a list of objects", name)
        return [_row(table, row) for row in rows]


def _row(table: EventTable, row: Mapping[str, Any]) -> Row:
    taken: Row = {}
    for name, value in row.items():
        if value is None or type(value) is str:
            taken[name] = value
        elif type(value) is bool:
            taken[name] = _FLAGS[value]
        else:
            raise Refused(f"{table.table}.{brief(name)} is not a single value", table.table)
    if missing := table.required - taken.keys():
        raise Refused(f"a row of {table.table} lacks {', '.join(sorted(missing))}", table.table)
    for column in table.key:
        if not taken.get(column):
            raise Refused(f"a row of {table.table} has no {column}", table.table)
    if taken.keys() <= table.names:
        return taken
    if taken.get("_extra"):
        raise Refused(f"a row of {table.table} has undeclared names beside _extra", table.table)
    extra = {name: value for name, value in taken.items() if name not in table.names}
    kept = {name: value for name, value in taken.items() if name in table.names}
    return kept | {"_extra": json.dumps(extra, ensure_ascii=False)}


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"{twice!r} is given twice")
    return members


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


_DECODER = json.JSONDecoder(
    parse_float=str, parse_int=str, parse_constant=_no_constant, object_pairs_hook=_unique
)
