"""Records in an answer, and the rows of text that they become."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import pyarrow as pa

from storehouse.core.display import brief
from storehouse.sources import exact_json
from storehouse.sources.declarations.entry import TableEntry
from storehouse.sources.declarations.tables import Table

_UP = "^"
_NO_MEMBERS: exact_json.Record = {}
_NOTHING = re.compile(r'null|false|""|\[[ \t\r\n]*\]|\{[ \t\r\n]*\}')
# From this many characters on, it pays to look for what the elements of an array have in common.
_LONG = 2000
_SHOWN = 100


class Node:
    """A JSON value that is parsed only as far as it is used."""

    def __init__(self, raw: str, members: exact_json.Record | None = None) -> None:
        self.raw = raw
        if members is not None:
            self.members = members

    @staticmethod
    def of(text: str) -> Node:
        """The single value in `text`. Raises ValueError or RecursionError for anything else."""
        if text.lstrip(exact_json.SPACES).startswith("{"):
            return Node(text.strip(exact_json.SPACES), exact_json.members(text))
        return Node(exact_json.value(text))

    @property
    def landed(self) -> str | None:
        return exact_json.landed(self.raw)

    @property
    def is_object(self) -> bool:
        return self.raw[0] == "{"

    @property
    def is_array(self) -> bool:
        return self.raw[0] == "["

    @property
    def is_nothing(self) -> bool:
        """Whether it is a value used for a missing or empty list."""
        return _NOTHING.fullmatch(self.raw) is not None

    @property
    def shown(self) -> str:
        """Its text, for messages."""
        return brief(" ".join(self.raw.split()), _SHOWN)

    @cached_property
    def members(self) -> exact_json.Record:
        return exact_json.members(self.raw)

    @cached_property
    def nodes(self) -> dict[str, Node]:
        return {}

    def member(self, name: str) -> Node | None:
        """The member of an object; None if there is none, or if this is not an object."""
        if not self.is_object or name not in self.members:
            return None
        if name not in self.nodes:
            self.nodes[name] = Node(self.members[name])
        return self.nodes[name]

    @cached_property
    def elements(self) -> Sequence[Node]:
        """The elements of an array, the same nodes each time."""
        if len(self.raw) < _LONG:
            return [Node(raw) for raw in exact_json.elements(self.raw)]
        return [Node(raw, members) for raw, members in exact_json.Alike().elements(self.raw)]

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
    """The records at `path` below a record, through the elements of each array on the path."""
    node, rest = outer[0], path
    while True:
        if node.is_array:
            for element in node.elements:
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
    elif not node.is_nothing:
        yield (node, *outer)


def records(answer: Node, path: Sequence[str]) -> list[Chain]:
    """The records of an answer; each is the innermost of its chain."""
    found = answer.at(path)
    if found is None:
        raise ValueError(f"it has nothing at {'.'.join(path)!r}")
    if found.is_nothing:
        return []
    return [(element,) for element in found.elements] if found.is_array else [(found,)]


@dataclass(frozen=True)
class ColumnPath:
    """A column's source: the member at `path`, in the record `up` levels outwards."""

    name: str
    up: int
    path: tuple[str, ...]
    optional: bool


@dataclass(frozen=True)
class Shape:
    """How the records at `below` a record become rows of a table.

    `taken` are members that do not go into `_extra`.
    """

    below: tuple[str, ...]
    columns: tuple[ColumnPath, ...]
    taken: frozenset[str]

    @property
    def takes_values(self) -> bool:
        """Whether a column takes the whole record, which may then be a text or a number."""
        return any(not column.up and not column.path for column in self.columns)

    @staticmethod
    def of_key(name: str, path: str) -> Shape:
        return Shape((), (ColumnPath(name, 0, steps(path), optional=False),), frozenset())


@dataclass(frozen=True)
class Rows:
    """`missing` columns were in no record that could have them; `new` members are undeclared."""

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
                f"columns: {column.name}: config.meta.path", "has an empty step", "fix it"
            )
        rest = () if path == ("", "") else path[up:]
        columns.append(ColumnPath(column.name, up, rest, column.optional))
    used = {one.path[0] for one in columns if not one.up and one.path}
    return Shape(below, tuple(columns), frozenset({*used, *taken}))


def rows(found: Sequence[Chain], shape: Shape) -> Rows:
    """The rows of records, each value a text or null; undeclared members in `_extra`.

    Raises ValueError for a record that is not an object, unless a column takes it whole.
    """
    if not shape.takes_values:
        _check_objects(found)
    arrays = {}
    absent = []
    holders: dict[tuple[int, tuple[str, ...]], _Held] = {}
    for column in shape.columns:
        values, is_absent = _values(found, column, holders)
        if is_absent:
            absent.append(column)
        arrays[column.name] = _texts(values)
    new: dict[str, None] = {}
    extras = [_extra(chain[0], shape.taken, new) for chain in found]
    arrays["_extra"] = _texts(extras)
    # If no record has any declared column, these are not the records that were declared.
    is_other = len(absent) == len(shape.columns)
    missing = tuple(column.name for column in absent if is_other or not column.optional)
    return Rows(pa.table(arrays), missing, tuple(new))


def without_nulls(found: Sequence[Chain], parsed: Rows, shape: Shape) -> Rows:
    """The rows of records that are not null, unless a column takes whole records."""
    kept = [chain[0].raw != "null" for chain in found]
    if all(kept) or shape.takes_values:
        return parsed
    return replace(parsed, table=parsed.table.filter(pa.array(kept)))


def _check_objects(found: Sequence[Chain]) -> None:
    for number, (record, *_) in enumerate(found, start=1):
        if not record.is_object and record.raw != "null":
            raise ValueError(
                f"record {number} of {len(found)} is not an object, but {record.shown}"
            )


def _texts(values: Sequence[str | None]) -> pa.Array:
    try:
        return pa.array(values, pa.string())
    except UnicodeEncodeError:
        storable = [exact_json.storable(value) if value else value for value in values]
        return pa.array(storable, pa.string())


# The object of each record that holds a column's member, and whether one that could have it lacks
# it.
_Held = tuple[list[exact_json.Record], bool]


def _values(
    found: Sequence[Chain],
    column: ColumnPath,
    holders: dict[tuple[int, tuple[str, ...]], _Held],
) -> tuple[list[str | None], bool]:
    """The texts of a column, and whether it is absent from all records that could have it."""
    if not column.path:
        return [node.landed if node else None for node in _outwards(found, column.up)], False
    *path, name = column.path
    place = (column.up, tuple(path))
    if place not in holders:
        holders[place] = _held(found, column.up, path)
    objects, lacking = holders[place]
    raws = [members.get(name) for members in objects]
    lacking = lacking or any(members is not _NO_MEMBERS for members in objects)
    landed = exact_json.landed
    return [None if raw is None else landed(raw) for raw in raws], lacking and not any(raws)


def _held(found: Sequence[Chain], up: int, path: Sequence[str]) -> _Held:
    """The members of the object at `path` in each record.

    A record also lacks a column if the object that should hold it is absent; if that object is
    null or not an object, the record can't have the column.
    """
    nodes = _outwards(found, up)
    lacking = False
    for step in path:
        below = [node.member(step) if node else None for node in nodes]
        pairs = zip(nodes, below, strict=True)
        lacking = lacking or any(o and o.is_object and inner is None for o, inner in pairs)
        nodes = below
    return [node.members if node and node.is_object else _NO_MEMBERS for node in nodes], lacking


def _outwards(found: Sequence[Chain], up: int) -> list[Node | None]:
    return [chain[up] if up < len(chain) else None for chain in found]


def _extra(record: Node, taken: frozenset[str], new: dict[str, None]) -> str | None:
    if not record.is_object or record.members.keys() <= taken:
        return None
    left = {name: raw for name, raw in record.members.items() if name not in taken}
    new.update(dict.fromkeys(left))
    return exact_json.object_text(left)
