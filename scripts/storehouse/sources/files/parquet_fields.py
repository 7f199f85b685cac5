"""The fields of a Parquet file, from its own schema, and how their values are read."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from storehouse.sources.declarations import Column
from storehouse.sources.files.contract import repeats
from storehouse.sources.files.delivery import Refused

_TYPES = pa.types

# Kinds of fields that have members.
NESTED = ("struct", "list", "map")


@dataclass(frozen=True)
class Field:
    """A field: `path` names it in messages, `members` are the fields below it.

    `kind` determines how its values are read (parquet_text). `in_utc` is for moments and times.
    """

    name: str
    path: str
    kind: str
    members: tuple[Field, ...] = ()
    in_utc: bool = False


def fields(file: pq.ParquetFile, columns: Sequence[Column]) -> tuple[Field, ...]:
    """The fields of a file, in its order. Raises Refused if their names are ambiguous."""
    as_hex = {column.header for column in columns if column.as_hex}
    leaves = iter([file.schema.column(i) for i in range(len(file.schema))])
    found = tuple(_field(field, "", leaves, field.name in as_hex) for field in file.schema_arrow)
    if not found:
        raise Refused("it has no fields", "have the file delivered again")
    _check_names(found, [column.header for column in columns])
    return found


def plain_type(kind: pa.DataType) -> pa.DataType:
    """The type without Arrow's wrapper: a dictionary or an extension."""
    if _TYPES.is_dictionary(kind):
        return plain_type(kind.value_type)
    if isinstance(kind, pa.BaseExtensionType):
        return plain_type(kind.storage_type)
    return kind


def _member_fields(kind: pa.DataType) -> list[pa.Field]:
    """The fields of a struct; the element of a list; key and value of a map."""
    if _TYPES.is_struct(kind):
        return list(kind)
    return [kind.key_field, kind.item_field] if _TYPES.is_map(kind) else [kind.value_field]


def _field(field: pa.Field, above: str, leaves: Iterator[Any], as_hex: bool) -> Field:
    kind, path = plain_type(field.type), f"{above}{field.name}"
    nesting = _nesting(kind)
    if not nesting:
        leaf = next(leaves)
        logical_type = json.loads(leaf.logical_type.to_json())
        named = _leaf_kind(kind, leaf.physical_type, logical_type["Type"], path, as_hex)
        in_utc = logical_type.get("isAdjustedToUTC", False) if named == "time" else _has_zone(kind)
        return Field(field.name, path, named, (), in_utc)
    below = f"{path}." if nesting == "struct" else f"{path}[]."
    members = tuple(_field(one, below, leaves, as_hex) for one in _member_fields(kind))
    if nesting == "struct":
        _check_repeats(members, f"its field {path}")
    return Field(field.name, path, nesting, members)


def _nesting(kind: pa.DataType) -> str | None:
    if _TYPES.is_struct(kind):
        return "struct"
    if _TYPES.is_map(kind):
        return "map"
    listed = (
        _TYPES.is_list,
        _TYPES.is_large_list,
        _TYPES.is_fixed_size_list,
        _TYPES.is_list_view,
        _TYPES.is_large_list_view,
    )
    return "list" if any(is_one(kind) for is_one in listed) else None


def _has_zone(kind: pa.DataType) -> bool:
    return _TYPES.is_timestamp(kind) and kind.tz is not None


def _leaf_kind(kind: pa.DataType, physical: str, annotation: str, path: str, as_hex: bool) -> str:
    if physical == "INT96":
        return "int96"
    for is_one, named in _LEAVES:
        if is_one(kind):
            return named
    if "BYTE_ARRAY" in physical:
        return _ANNOTATED.get(annotation, "hex" if as_hex else "bytes")
    raise Refused(
        f"its field {path} is of type {kind}, which is not read",
        "have it delivered as text, or without this field",
    )


# Kinds by the annotation of a byte array; with another annotation or none it is bytes.
_ANNOTATED = {
    "String": "text",
    "JSON": "text",
    "Enum": "text",
    "UUID": "uuid",
    "Interval": "interval",
}
_LEAVES = (
    (_TYPES.is_null, "null"),
    (_TYPES.is_boolean, "truth"),
    (_TYPES.is_integer, "whole"),
    (_TYPES.is_duration, "whole"),
    (_TYPES.is_floating, "float"),
    (_TYPES.is_decimal, "decimal"),
    (_TYPES.is_date, "moment"),
    (_TYPES.is_timestamp, "moment"),
    (_TYPES.is_time, "time"),
)


def _check_names(found: Sequence[Field], headers: Sequence[str]) -> None:
    _check_repeats(found, "it")
    for header in headers:
        alike = [f.name for f in found if f.name.casefold() == header.casefold()]
        if len(alike) > 1:
            raise Refused(
                f"it has fields that differ by case only: {', '.join(alike)}",
                "ask the sender to rename all but one",
            )


def _check_repeats(members: Sequence[Field], owner: str) -> None:
    names = [member.name for member in members]
    for name, count in Counter(names).items():
        if count > 1:
            raise Refused(
                f"{owner} has {repeats(name, names, 'fields')}",
                "ask the sender to rename all but one",
            )
