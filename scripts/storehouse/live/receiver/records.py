"""Payloads that hold what a source's API returns: the rows that its pull would land."""

from __future__ import annotations

from storehouse.sources.declarations.entry import SourceEntry
from storehouse.sources.events.contract import Refused, Row
from storehouse.sources.events.declaration import EventTable
from storehouse.sources.rest.declaration import Resource, read_declared
from storehouse.sources.rest.records import Chain, Node, Shape, chains, records, rows, steps

Rows = dict[str, list[Row]]


class ApiRecords:
    """The tables of a REST source that say where their records are in a payload.

    Nested tables come with the records that hold them. Raises ConfigError.
    """

    def __init__(self, source: SourceEntry, tables: dict[str, EventTable]) -> None:
        resources = {one.name: one for one in read_declared(source).resources}
        self._taking = frozenset(tables)
        self._resources: list[tuple[tuple[str, ...], Resource]] = []
        for name, table in tables.items():
            if table.records and name in resources:
                self._resources.append((steps(table.records), resources[name]))
            elif table.records:
                raise source.events.error(
                    "payload",
                    f"is records, and table {name!r} is not requested by itself",
                    "give `records` to the table that it is nested in",
                )

    def rows(self, text: str) -> Rows:
        """The rows of a body, by table. Raises Refused, ValueError or RecursionError."""
        body = Node.of(text)
        found: Rows = {}
        for path, resource in self._resources:
            if body.at(path) is None:
                continue
            outer = records(body, path)
            self._add(found, resource.name, outer, resource.shape)
            for name, nested in resource.nested.items():
                inner = [one for chain in outer for one in chains(chain, nested.shape.below)]
                if inner:
                    self._add(found, name, inner, nested.shape)
        if not found:
            expected = ", ".join(".".join(path) for path, _ in self._resources)
            raise Refused(f"it holds no records; they are expected at {expected}")
        return found

    def _add(self, found: Rows, name: str, listed: list[Chain], shape: Shape) -> None:
        if name not in self._taking:
            return
        parsed = rows(listed, shape)
        if parsed.missing:
            raise Refused(f"its records of {name} lack {', '.join(parsed.missing)}", name)
        found[name] = parsed.table.to_pylist()
