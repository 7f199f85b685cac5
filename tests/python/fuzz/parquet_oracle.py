"""What values of Parquet are as text, worked out one by one, in plain Python."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pyarrow as pa

_PER_SECOND = {"s": 1, "ms": 1_000, "us": 1_000_000, "ns": 1_000_000_000}


def text(value: pa.Scalar) -> str | None:
    """What lands in a column."""
    if not value.is_valid:
        return None
    written = in_json(value)
    return str(json.loads(written)) if written.startswith('"') else written


def in_json(value: pa.Scalar) -> str:
    """The characters of a value within JSON."""
    kind = value.type
    types = pa.types
    if not value.is_valid:
        return "null"
    if types.is_dictionary(kind):
        return in_json(value.dictionary[value.index.as_py()])
    if types.is_nested(kind):
        return _nested(value)
    written = _number(value)
    if written is None:
        return _quoted(_leaf(value))
    return _quoted(written) if written[-3:] in ("nan", "inf") else written


def _nested(value: pa.Scalar) -> str:
    kind = value.type
    if pa.types.is_struct(kind):
        return _object([(field.name, value[at]) for at, field in enumerate(kind)])
    if pa.types.is_map(kind):
        entries = value.values
        pairs = zip(entries.field(0), entries.field(1), strict=True)
        return _object([(text(key), item) for key, item in pairs])
    return "[" + ",".join(in_json(one) for one in value.values) + "]"


def _number(value: pa.Scalar) -> str | None:
    kind, types = value.type, pa.types
    if types.is_boolean(kind):
        return str(value.as_py()).lower()
    if types.is_integer(kind):
        return str(value.as_py())
    if types.is_duration(kind):
        return str(value.value)
    if types.is_decimal(kind):
        return _decimal(value)
    return _float(value) if types.is_floating(kind) else None


def _leaf(value: pa.Scalar) -> str:
    kind, types = value.type, pa.types
    if types.is_date(kind):
        days = value.value if types.is_date32(kind) else value.value // 86_400_000
        return _day(days)
    if types.is_timestamp(kind):
        seconds, rest = divmod(value.value, _PER_SECOND[kind.unit])
        days, second = divmod(seconds, 86_400)
        zone = "" if kind.tz is None else "+00"
        return f"{_day(days)} {_clock(second, rest, kind.unit)}{zone}"
    if types.is_time(kind):
        second, rest = divmod(value.value, _PER_SECOND[kind.unit])
        return _clock(second, rest, kind.unit)
    raw = value.as_py()
    return raw.decode() if isinstance(raw, bytes) else str(raw)


def _object(members: list[tuple[Any, pa.Scalar]]) -> str:
    return "{" + ",".join(f"{_quoted(name)}:{in_json(item)}" for name, item in members) + "}"


def _quoted(written: str) -> str:
    return json.dumps(written, ensure_ascii=False)


def _decimal(value: pa.Scalar) -> str:
    sign, digits, exponent = value.as_py().as_tuple()
    places = -int(exponent)
    padded = "".join(map(str, digits)).rjust(places + 1, "0")
    whole, fraction = padded[: len(padded) - places], padded[len(padded) - places :]
    return ("-" if sign else "") + whole + ("." + fraction if places else "")


def _float(value: pa.Scalar) -> str:
    number = value.as_py()
    if not pa.types.is_float32(value.type) or not np.isfinite(number):
        return repr(float(number))
    tried = (f"{number:.{digits}g}" for digits in range(1, 10))
    return repr(float(next(one for one in tried if np.float32(one) == np.float32(number))))


def _clock(second: int, rest: int, unit: str) -> str:
    fraction = f"{rest:0{len(str(_PER_SECOND[unit])) - 1}}".rstrip("0") if rest else ""
    clock = f"{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}"
    return f"{clock}.{fraction}" if fraction else clock


def _day(days: int) -> str:
    """A day counted from 1970, by the calendar of Gregory in all years."""
    cycles, rest = divmod(days + 719_468, 146_097)  # of 400 years, from 1 March of a year 0
    year = (rest - rest // 1_460 + rest // 36_524 - rest // 146_096) // 365
    day = rest - (365 * year + year // 4 - year // 100)
    month = (5 * day + 2) // 153
    day_of_month = day - (153 * month + 2) // 5 + 1
    number = month + 3 if month < 10 else month - 9
    counted = cycles * 400 + year + (number <= 2)
    shown, era = (counted, "") if counted > 0 else (1 - counted, " (BC)")
    return f"{shown:04}-{number:02}-{day_of_month:02}{era}"
