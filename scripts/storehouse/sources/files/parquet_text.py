"""Values of Parquet as text, one column of a batch at a time; nested ones as JSON.

docs/add-a-source.md describes how each type is written. It is as DuckDB writes it, but exact
where DuckDB is not: decimals of any width, and numbers within JSON.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from itertools import repeat
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from storehouse.sources.files.parquet_fields import NESTED, Field, plain_type
from storehouse.sources.files.parquet_values import (
    BYTES,
    PER_SECOND,
    VECTOR,
    enclosed,
    int96,
    positions,
    time,
)

# Kinds that JSON writes as they are.
_RAW = (*NESTED, "whole", "decimal", "truth")
_SHOWN = 100

# The row in the batch of each value of an array.
Rows = np.ndarray[Any, np.dtype[np.int64]]


@dataclass(frozen=True)
class Part:
    """Values of a field of a batch, and the row of each.

    `in_us` are the same values with INT96 read in microseconds, if there are any.
    """

    array: pa.Array
    rows: Rows
    in_us: pa.Array | None = None

    def plain(self) -> Part:
        return Part(
            _plain(self.array), self.rows, None if self.in_us is None else _plain(self.in_us)
        )

    def members(self) -> list[Part]:
        """The members of structs."""
        coarse = repeat(None) if self.in_us is None else self.in_us.flatten()
        return list(map(Part, self.array.flatten(), repeat(self.rows), coarse))

    def listed(self) -> tuple[list[Part], Rows]:
        """The elements of lists, or keys and values of maps; and how many each has."""
        members, lengths = _listed(self.array)
        coarse = repeat(None) if self.in_us is None else _listed(self.in_us)[0]
        return list(map(Part, members, repeat(np.repeat(self.rows, lengths)), coarse)), lengths


@dataclass
class Texts:
    """Writes the columns of a batch. `bad` has the rows that can't be written: why, and the value.

    `encoding` is that of text in byte arrays without an annotation.
    """

    encoding: str
    bad: dict[int, tuple[str, str]] = field(default_factory=dict)

    def text(self, part: Part, of: Field) -> pa.Array:
        """The text that lands in a column: null stays null."""
        part = part.plain()
        array = part.array
        if of.kind in NESTED:
            nest = {"struct": self._struct, "list": self._list, "map": self._map}[of.kind]
            return pc.if_else(array.is_valid(), nest(part, of), pa.scalar(None, pa.string()))
        if of.kind in VECTOR:
            return VECTOR[of.kind](array, of)
        if of.kind == "int96":
            return int96(array, part.in_us)
        if of.kind == "time":
            return time(self._within_a_day(part, of), of)
        if of.kind == "text" or (of.kind == "bytes" and self.encoding == "utf-8"):
            try:
                return array.cast(pa.binary()).cast(pa.string())
            except pa.ArrowInvalid:
                pass
        return self._each(part, of)

    def json(self, part: Part, of: Field) -> pa.Array:
        """The characters of each value in JSON; `null` for null."""
        texts = self.text(part, of)
        if of.kind == "float":
            finite = pc.match_substring_regex(texts, r"[0-9]$")
            texts = pc.if_else(finite, texts, _quoted(texts))
        elif of.kind not in _RAW:
            texts = _quoted(texts)
        return pc.fill_null(texts, "null")

    def _struct(self, part: Part, of: Field) -> pa.Array:
        pairs = zip(part.members(), of.members, strict=True)
        return json_objects({member.name: self.json(values, member) for values, member in pairs})

    def _list(self, part: Part, of: Field) -> pa.Array:
        (elements,), lengths = part.listed()
        return enclosed("[", _joined(self.json(elements, of.members[0]), lengths), "]")

    def _map(self, part: Part, of: Field) -> pa.Array:
        (keys, values), lengths = part.listed()
        names = self.text(keys, of.members[0])
        end = 0
        for row, length in zip(part.rows.tolist(), lengths.tolist(), strict=True):
            start, end = end, end + length
            given = names[start:end].to_pylist() if length else []
            if None in given or len(set(given)) < length:
                self._refuse(row, f"{of.path} has a key twice, or one that is null", str(given))
        pairs = enclosed(_quoted(names), ":", self.json(values, of.members[1]))
        return enclosed("{", _joined(pc.fill_null(pairs, ""), lengths), "}")

    def _within_a_day(self, part: Part, of: Field) -> pa.Array:
        kind = part.array.type
        values = part.array.view(pa.int32() if pa.types.is_time32(kind) else pa.int64())
        odd = pc.or_(pc.less(values, 0), pc.greater_equal(values, 86_400 * PER_SECOND[kind.unit]))
        for at in positions(odd):
            self._refuse(int(part.rows[at]), f"{of.path} is not a time of day", str(values[at]))
        return pc.if_else(odd, pa.scalar(None, kind), part.array)

    def _each(self, part: Part, of: Field) -> pa.Array:
        encoding = "utf-8" if of.kind == "text" else self.encoding
        write = BYTES.get(of.kind)
        texts: list[str | None] = []
        for at, value in enumerate(part.array.cast(pa.binary()).to_pylist()):
            try:
                text = None if value is None else write(value) if write else value.decode(encoding)
            except UnicodeError:
                text = None
                reason = f"{of.path} holds bytes that are not {encoding}"
                shown = value[:_SHOWN].decode("ascii", "backslashreplace")
                self._refuse(int(part.rows[at]), reason, shown)
            texts.append(text)
        return pa.array(texts, pa.string())

    def _refuse(self, row: int, reason: str, value: str) -> None:
        self.bad.setdefault(row, (reason, value[:_SHOWN]))


def json_objects(members: dict[str, pa.Array]) -> pa.Array:
    """One JSON object per row; the members' values are given as JSON."""
    parts: list[Any] = []
    for name, values in members.items():
        parts += [f"{',' if parts else ''}{json.dumps(name, ensure_ascii=False)}:", values]
    return enclosed("{", *parts, "}")


def _plain(array: pa.Array) -> pa.Array:
    while array.type != plain_type(array.type):
        is_extension = isinstance(array.type, pa.BaseExtensionType)
        array = array.storage if is_extension else array.dictionary_decode()
    return array


def _listed(array: pa.Array) -> tuple[list[pa.Array], Rows]:
    """The elements of lists, or the keys and the values of maps, and how many each has.

    Not by Arrow's flatten, which loses elements of lists of lists that are all null.
    """
    kind = array.type
    is_map = pa.types.is_map(kind)
    if not (is_map or pa.types.is_list(kind) or pa.types.is_large_list(kind)):
        array = array.cast(pa.large_list(kind.value_field))
    offsets = np.asarray(array.offsets, dtype=np.int64)
    first, end = int(offsets[0]), int(offsets[-1])
    members = [array.keys, array.items] if is_map else [array.values]
    return [one.slice(first, end - first) for one in members], np.diff(offsets)


def _joined(values: pa.Array, lengths: Rows) -> pa.Array:
    """The values joined with commas, by groups of these lengths."""
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    return pc.binary_join(pa.LargeListArray.from_arrays(offsets, values), ",")


def _quoted(texts: pa.Array) -> pa.Array:
    """Texts as JSON strings."""
    if pc.any(pc.match_substring_regex(texts, "[\x01-\x1f]|\\x00")).as_py():
        written = (
            None if t is None else json.dumps(t, ensure_ascii=False) for t in texts.to_pylist()
        )
        return pa.array(written, pa.string())
    escaped = pc.replace_substring(pc.replace_substring(texts, "\\", "\\\\"), '"', '\\"')
    return enclosed('"', escaped, '"')
