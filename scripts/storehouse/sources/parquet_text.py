"""Values of Parquet as text, a column of a batch at a time; nested ones as JSON.

docs/add-a-source.md says how each type is written. It is as DuckDB writes it, but exact
where DuckDB is not: decimals of any width, and numbers within JSON.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from storehouse.sources.parquet_fields import NESTED, Field, member_fields, plain_type
from storehouse.sources.parquet_values import BYTES, PER_SECOND, VECTOR, enclosed, short, with_zone

_NUMBERS = ("whole", "decimal", "float")
_SHOWN = 100

# In which row of the batch each value of an array is.
Rows = np.ndarray[Any, np.dtype[np.int64]]


@dataclass
class Texts:
    """Writes the columns of a batch. `bad` are the rows that can't be: why, and the value.

    `encoding` is that of bytes that are text without saying so.
    """

    encoding: str
    bad: dict[int, tuple[str, str]] = field(default_factory=dict)

    def text(self, array: pa.Array, of: Field, rows: Rows) -> pa.Array:
        """What lands in a column: null stays null."""
        array = _plain(array)
        if of.kind in NESTED:
            nest = {"struct": self._struct, "list": self._list, "map": self._map}[of.kind]
            return pc.if_else(array.is_valid(), nest(array, of, rows), pa.scalar(None, pa.string()))
        if of.kind in VECTOR:
            return VECTOR[of.kind](array, of)
        if of.kind == "time":
            array = self._within_a_day(array, of, rows)
            return with_zone(short(pc.cast(array, pa.string()), array.type.unit), of.in_utc)
        if of.kind == "text" or (of.kind == "bytes" and self.encoding == "utf-8"):
            try:
                return _binary(array).cast(pa.string())
            except pa.ArrowInvalid:
                pass
        return self._each(array, of, rows)

    def json(self, array: pa.Array, of: Field, rows: Rows) -> pa.Array:
        """The characters of each value in JSON; `null` for null."""
        texts = self.text(array, of, rows)
        if of.kind in _NUMBERS:
            finite = pc.match_substring_regex(texts, r"[0-9]$")
            texts = pc.if_else(finite, texts, _quoted(texts)) if of.kind == "float" else texts
        elif of.kind not in (*NESTED, "truth"):
            texts = _quoted(texts)
        return pc.fill_null(texts, "null")

    def _struct(self, array: pa.Array, of: Field, rows: Rows) -> pa.Array:
        values = array.flatten()
        return json_objects(
            {
                member.name: self.json(value, member, rows)
                for member, value in zip(of.members, values, strict=True)
            }
        )

    def _list(self, array: pa.Array, of: Field, rows: Rows) -> pa.Array:
        lengths = _lengths(array)
        values = self.json(array.flatten(), of.members[0], np.repeat(rows, lengths))
        return enclosed("[", _joined(values, lengths), "]")

    def _map(self, array: pa.Array, of: Field, rows: Rows) -> pa.Array:
        lengths = _lengths(array)
        inner = np.repeat(rows, lengths)
        keys, values = entries(array).flatten().flatten()
        key, value = of.members
        names = self.text(keys, key, inner)
        end = 0
        for row, length in zip(rows.tolist(), lengths.tolist(), strict=True):
            start, end = end, end + length
            given = names[start:end].to_pylist() if length else []
            if None in given or len(set(given)) < length:
                self._refuse(row, f"{of.path} has a key twice, or one that is null", str(given))
        pairs = enclosed(_quoted(names), ":", self.json(values, value, inner))
        return enclosed("{", _joined(pc.fill_null(pairs, ""), lengths), "}")

    def _within_a_day(self, array: pa.Array, of: Field, rows: Rows) -> pa.Array:
        values = array.view(pa.int32() if array.type.bit_width == 32 else pa.int64())  # noqa: PLR2004
        day = 86_400 * PER_SECOND[array.type.unit]
        odd = pc.or_(pc.less(values, 0), pc.greater_equal(values, day))
        for at in np.flatnonzero(pc.fill_null(odd, False).to_numpy(zero_copy_only=False)):
            self._refuse(int(rows[at]), f"{of.path} is no time of a day", str(values[at]))
        return pc.if_else(odd, pa.scalar(None, array.type), array)

    def _each(self, array: pa.Array, of: Field, rows: Rows) -> pa.Array:
        encoding = "utf-8" if of.kind == "text" else self.encoding
        write = BYTES.get(of.kind)
        texts: list[str | None] = []
        for at, value in enumerate(_binary(array).to_pylist()):
            try:
                text = None if value is None else write(value) if write else value.decode(encoding)
            except UnicodeError:
                text = None
                shown = value[:_SHOWN].decode("ascii", "backslashreplace")
                self._refuse(int(rows[at]), f"{of.path} holds bytes that are not {encoding}", shown)
            texts.append(text)
        return pa.array(texts, pa.string())

    def _refuse(self, row: int, reason: str, value: str) -> None:
        self.bad.setdefault(row, (reason, value[:_SHOWN]))


def json_objects(members: dict[str, pa.Array]) -> pa.Array:
    """A JSON object a row; the members' values are given in JSON."""
    parts: list[Any] = []
    for name, values in members.items():
        parts += [f"{',' if parts else ''}{json.dumps(name, ensure_ascii=False)}:", values]
    return enclosed("{", *parts, "}")


def leaves(array: pa.Array) -> list[pa.Array]:
    """The arrays of values that a nested array is made of; the array itself, if it is not."""
    array = _plain(array)
    if not pa.types.is_nested(array.type):
        return [array]
    if pa.types.is_struct(array.type):
        return [leaf for member in array.flatten() for leaf in leaves(member)]
    return leaves(entries(array).flatten())


def entries(array: pa.Array) -> pa.Array:
    """The entries of a map, as a list of structs; any other list as it is."""
    if not pa.types.is_map(array.type):
        return array
    return array.cast(pa.list_(pa.struct(member_fields(array.type))))


def _plain(array: pa.Array) -> pa.Array:
    while array.type != plain_type(array.type):
        is_extension = isinstance(array.type, pa.BaseExtensionType)
        array = array.storage if is_extension else array.dictionary_decode()
    return array


def _lengths(array: pa.Array) -> Rows:
    lengths = pc.fill_null(pc.list_value_length(entries(array)), 0)
    return np.asarray(lengths, dtype=np.int64)


def _joined(values: pa.Array, lengths: Rows) -> pa.Array:
    """So many values each time, with commas between."""
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


def _binary(array: pa.Array) -> pa.Array:
    return array.cast(pa.binary())
