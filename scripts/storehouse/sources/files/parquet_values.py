"""Values of Parquet that are not nested, as text: one function per kind (Field.kind)."""

from __future__ import annotations

import re
import struct
import uuid
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from storehouse.sources.files.parquet_fields import Field

PER_SECOND = {"s": 1, "ms": 1_000, "us": 1_000_000, "ns": 1_000_000_000}

# Decimals with at most this many places are never written with an exponent.
_PLAIN_PLACES = 6
_FOUR_DIGITS = ("0001-01-01", "10000-01-01")


def enclosed(*parts: Any) -> pa.Array:
    return pc.binary_join_element_wise(*parts, "")


def _whole(array: pa.Array, _: Field) -> pa.Array:
    if pa.types.is_duration(array.type):
        array = array.view(pa.int64())
    return pc.cast(array, pa.string())


def _float(array: pa.Array, _: Field) -> pa.Array:
    # Arrow finds the shortest digits; Python uses an exponent in the same cases as DuckDB.
    found = pc.cast(array, pa.string()).to_pylist()
    return pa.array([None if t is None else repr(float(t)) for t in found], pa.string())


def _decimal(array: pa.Array, _: Field) -> pa.Array:
    texts = pc.cast(array, pa.string())
    if 0 <= array.type.scale <= _PLAIN_PLACES:
        return texts
    has_exponent = pc.match_substring(texts, "E")
    return _replaced(texts, has_exponent, lambda at: format(Decimal(texts[at].as_py()), "f"))


def _moment(array: pa.Array, of: Field) -> pa.Array:
    is_date = pa.types.is_date32(array.type)
    unit = "D" if is_date else array.type.unit
    values = array.view(pa.int32() if is_date else pa.int64())
    texts = pc.cast(array if is_date else values.view(pa.timestamp(unit)), pa.string())
    if unit != "ns":  # 64 bits of nanoseconds only cover the years 1677 to 2262
        first, end = (np.array(_FOUR_DIGITS, f"M8[{unit}]").astype(np.int64)).tolist()
        odd = pc.or_(pc.less(values, first), pc.greater_equal(values, end))
        texts = _replaced(
            texts, odd, lambda at: _far(str(np.array(values[at].as_py(), f"M8[{unit}]")))
        )
    return _with_zone(_short(texts, unit), of.in_utc)


def int96(in_ns: pa.Array, in_us: pa.Array) -> pa.Array:
    """Moments that were read in both units: 96 bits cover years that 64 bits of ns do not.

    Those of distant years have wrapped around in `in_ns`, but its last three digits are valid.
    """
    ns, us = (np.asarray(one.view(pa.int64()).fill_null(0)) for one in (in_ns, in_us))
    rest = ns - us * 1000
    texts = _replaced(
        pc.cast(in_ns, pa.string()),
        pa.array((ns // 1000 != us) & np.asarray(in_ns.is_valid())),
        lambda at: f"{_far(str(us[at].astype('M8[us]')))}{rest[at]:03}",
    )
    return _short(texts, "ns")


def time(array: pa.Array, of: Field) -> pa.Array:
    """Times within a day."""
    return _with_zone(_short(pc.cast(array, pa.string()), array.type.unit), of.in_utc)


def _far(moment: str) -> str:
    """A moment in ISO 8601 outside the years 1 to 9999, as DuckDB writes it."""
    match = re.fullmatch(r"(-?\d+)(-\d\d-\d\d)(?:T(.*))?", moment)
    if not match:
        raise ValueError(f"{moment} is beyond what can be written")
    year, day, time = int(match[1]), match[2], match[3]
    date = f"{year if year > 0 else 1 - year:04}{day}{'' if year > 0 else ' (BC)'}"
    return f"{date} {time}" if time else date


def _short(texts: pa.Array, unit: str) -> pa.Array:
    """Without trailing zeros in a fraction."""
    return texts if unit in "Ds" else pc.ascii_rtrim(pc.ascii_rtrim(texts, "0"), ".")


def _with_zone(texts: pa.Array, in_utc: bool) -> pa.Array:
    return enclosed(texts, "+00") if in_utc else texts


def _replaced(texts: pa.Array, odd: pa.Array, write: Callable[[int], str]) -> pa.Array:
    """The texts with the odd ones replaced by `write`, which takes their positions."""
    found = positions(odd)
    if not found:
        return texts
    return pc.replace_with_mask(texts, pc.fill_null(odd, False), pa.array(map(write, found)))


def positions(odd: pa.Array) -> list[int]:
    """Where an array of booleans is true."""
    return list(pc.indices_nonzero(pc.fill_null(odd, False)).to_pylist())


def _interval(value: bytes) -> str:
    """As DuckDB writes it: 1 year 2 months 3 days 04:05:06.789."""
    months, days, milliseconds = struct.unpack("<III", value)
    counts = {"year": months // 12, "month": months % 12, "day": days}
    parts = [f"{n} {unit}{'' if n == 1 else 's'}" for unit, n in counts.items() if n]
    seconds, rest = divmod(milliseconds, 1000)
    time = f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    time += f".{rest:03}".rstrip("0").rstrip(".")
    return " ".join([*parts, time] if milliseconds or not parts else parts)


VECTOR: dict[str, Callable[[pa.Array, Field], pa.Array]] = {
    "null": lambda array, _: pa.nulls(len(array), pa.string()),
    "truth": lambda array, _: pc.cast(array, pa.string()),
    "whole": _whole,
    "float": _float,
    "decimal": _decimal,
    "moment": _moment,
}
BYTES: dict[str, Callable[[bytes], str]] = {
    "hex": bytes.hex,
    "uuid": lambda value: str(uuid.UUID(bytes=value)),
    "interval": _interval,
}
