"""Records in an answer, and the rows of text that they become."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import pyarrow as pa

from storehouse.declarations.entry import TableEntry
from storehouse.declarations.tables import Table
from storehouse.sources import exact_json

_UP = "^"
_NO_MEMBERS: exact_json.Record = {}


class Node:
    """A JSON value that is looked into where it is asked for."""

    def __init__(self, found: exact_json.Value) -> None:
        self.raw, self.landed = found

    @property
    def is_object(self) -> bool:
        return self.raw[0] == "{"

    @property
    def is_array(self) -> bool:
        return self.raw[0] == "["

    @cached_property
    def members(self) -> exact_json.Record:
        return exact_json.members(self.raw)

    @cached_property
    def nodes(self) -> dict[str, Node]:
        return {}

    def member(self, name: str) -> Node | None:
        """The member of an object; None where there is none, or no object."""
        if not self.is_object or name not in self.members:
            return None
        if name not in self.nodes:
            self.nodes[name] = Node(self.members[name])
        return self.nodes[name]

    def elements(self) -> Iterator[Node]:
        return map(Node, exact_json.elements(self.raw))

    def at(self, path: Sequence[str]) -> Node | None:
        found: Node | None = self
        for step in path:
            found = found.member(step) if found else None
        return found


# A record, the record that holds it, and so on outwards.
Chain = tuple[Node, ...]


def steps(path: str) -> tuple[str, ...]:
    return tuple(path.split(".")) if path else ()


def chains(outer: Chain, path: Sequence[str]) -> Iterator[Chain]:
    """The records at `path` below a record: the elements of each array on the way."""
    node, rest = outer[0], path
    while True:
        if node.is_array:
            for element in node.elements():
                yield from chains((element, *outer), rest)
            return
        if not rest:
            break
        below = node.member(rest[0])
        if below is None:
            return
        node, rest = below, rest[1:]
    if node is outer[0]:
        yield outer
    elif node.raw != "null":
        yield (node, *outer)


def records(answer: Node, path: Sequence[str]) -> list[Chain]:
    """The records of an answer; each is the innermost of its chain."""
    found = answer.at(path)
    if found is None:
        raise ValueError(f"it has nothing at {'.'.join(path)!r}")
    if found.raw == "null":
        return []
    return [(element,) for element in found.elements()] if found.is_array else [(found,)]


@dataclass(frozen=True)
class Taken:
    """A column: the member at `path` of the record `up` records outwards."""

    name: str
    up: int
    path: tuple[str, ...]
    optional: bool


@dataclass(frozen=True)
class Shape:
    """How the records at `below` a record become rows of a table.

    `taken` are members that need not go into `_extra`.
    """

    below: tuple[str, ...]
    columns: tuple[Taken, ...]
    taken: frozenset[str]

    @staticmethod
    def of_key(name: str, path: str) -> Shape:
        return Shape((), (Taken(name, 0, steps(path), optional=False),), frozenset())


@dataclass(frozen=True)
class Rows:
    """`missing` columns were in no record that could have them; `new` members no column takes."""

    table: pa.Table
    missing: tuple[str, ...]
    new: tuple[str, ...]


def read_shape(
    entry: TableEntry, table: Table, below: tuple[str, ...], taken: Iterable[str] = ()
) -> Shape:
    columns = []
    for column in table.columns:
        path = steps(column.header)
        up = 0
        while path[up : up + 1] == (_UP,):
            up += 1
        if "" in path[up:] and path != ("", ""):
            raise entry.error(
                f"columns: {column.name}: config.meta.path", "has an empty step", "mend it"
            )
        rest = () if path == ("", "") else path[up:]
        columns.append(Taken(column.name, up, rest, column.optional))
    used = {one.path[0] for one in columns if not one.up and one.path}
    return Shape(below, tuple(columns), frozenset({*used, *taken}))


def rows(found: Sequence[Chain], shape: Shape) -> Rows:
    """The rows of records, a text or null each; undeclared members in `_extra`."""
    arrays = {}
    missing = []
    for column in shape.columns:
        values, is_missing = _values(found, column)
        if is_missing and not column.optional:
            missing.append(column.name)
        arrays[column.name] = pa.array(
            [exact_json.mended(value) if value else value for value in values], pa.string()
        )
    new: dict[str, None] = {}
    extras = [_extra(chain[0], shape.taken, new) for chain in found]
    arrays["_extra"] = pa.array(extras, pa.string())
    return Rows(pa.table(arrays), tuple(missing), tuple(new))


def _values(found: Sequence[Chain], column: Taken) -> tuple[list[str | None], bool]:
    """The texts of a column, and whether none of the records that could have it has it.

    A record lacks it too where what should hold it is not there at all; where that is
    null, or no object, the record can't have it.
    """
    holders = [chain[column.up] if column.up < len(chain) else None for chain in found]
    if not column.path:
        return [holder.landed if holder else None for holder in holders], False
    lacking = False
    for step in column.path[:-1]:
        held = [holder.member(step) if holder else None for holder in holders]
        pairs = zip(holders, held, strict=True)
        lacking = lacking or any(o and o.is_object and below is None for o, below in pairs)
        holders = held
    name = column.path[-1]
    objects = [holder.members if holder and holder.is_object else _NO_MEMBERS for holder in holders]
    cells = [members.get(name) for members in objects]
    lacking = lacking or any(members is not _NO_MEMBERS for members in objects)
    return [cell[1] if cell else None for cell in cells], lacking and not any(cells)


def _extra(record: Node, taken: frozenset[str], new: dict[str, None]) -> str | None:
    if not record.is_object:
        return None
    left = {name: raw for name, (raw, _) in record.members.items() if name not in taken}
    new.update(dict.fromkeys(left))
    return exact_json.mended(exact_json.object_text(left)) if left else None
