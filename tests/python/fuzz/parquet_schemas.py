"""Tables of Parquet, drawn from the bytes that a fuzzer gives (an atheris.FuzzedDataProvider)."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa

_NAMES = [
    "a",
    "a",
    "b",
    "c",
    "file_index",
    "rowid",
    "filename",
    "_extra",
    'q"\\',
    "A B",
    "é",
    "d.e",
    "",
]
_MOST_ROWS = 8
_MOST_FIELDS = 4
_DEEPEST = 3
_TEXTS = ["", "a", "NULL", "it's", 'x"y\\', "Malmö", "a,b\n", "\x00\x1f", "[1]", "☃", "0.10"]
_INTEGERS = [pa.int8, pa.int16, pa.int32, pa.int64, pa.uint8, pa.uint16, pa.uint32, pa.uint64]
_FLOATS = [0.1, 1.0, -0.0, 19.99, 1e16, 1e15, 1e-5, 5e-324, 3e38, float("nan"), float("-inf")]
_DECIMALS = [pa.decimal32, pa.decimal64, pa.decimal128, pa.decimal256]
_WIDEST = {"decimal32": 9, "decimal64": 18, "decimal128": 38, "decimal256": 76}
_ZONES = ["UTC", "Europe/Berlin", "-03:30"]
_UNITS = ["s", "ms", "us", "ns"]
# The days of four-digit years, and those of others too, counted from 1970.
_FOUR_DIGITS = (-719_162, 2_932_896)
_FAR = (-3_000_000, 4_000_000)


def table(drawn: Any, has_int96: bool) -> pa.Table:
    """A table of a few columns and rows; moments that INT96 holds, if they are written so."""
    length = drawn.ConsumeIntInRange(0, _MOST_ROWS)
    names = [drawn.PickValueInList(_NAMES) for _ in range(drawn.ConsumeIntInRange(1, _MOST_FIELDS))]
    arrays = _Arrays(drawn, has_int96)
    return pa.table({name: arrays.array(length, _DEEPEST) for name in dict.fromkeys(names)})


def options(drawn: Any) -> dict[str, Any]:
    """How pyarrow is to write it."""
    return {
        "version": drawn.PickValueInList(["1.0", "2.4", "2.6"]),
        "data_page_version": drawn.PickValueInList(["1.0", "2.0"]),
        "compression": drawn.PickValueInList(["none", "snappy", "gzip", "zstd", "brotli", "lz4"]),
        "row_group_size": drawn.ConsumeIntInRange(1, _MOST_ROWS),
        "use_dictionary": drawn.ConsumeBool(),
        "store_schema": drawn.ConsumeBool(),
        "write_page_checksum": drawn.ConsumeBool(),
        "use_compliant_nested_type": drawn.ConsumeBool(),
        "use_deprecated_int96_timestamps": drawn.ConsumeIntInRange(0, 3) == 0,
    }


@dataclass
class _Arrays:
    """Draws arrays. Those of one type take which of their values are not null."""

    drawn: Any
    has_int96: bool

    @property
    def days(self) -> tuple[int, int]:
        # INT96 counts days from the year -4712, and pyarrow writes wrong ones before it.
        return _FOUR_DIGITS if self.has_int96 else _FAR

    def array(self, length: int, depth: int) -> pa.Array:
        valid = np.array(
            [self.drawn.ConsumeIntInRange(0, 4) > 0 for _ in range(length)], dtype=bool
        )
        kind = self.drawn.ConsumeIntInRange(0, 10 if depth else 7)
        if kind < len(_LEAVES):
            return _LEAVES[kind](self, valid)
        nulls = pa.array(~valid)
        if kind == 8:
            members = {f"m{at}": self.array(length, depth - 1) for at in range(1, 3)}
            return pa.StructArray.from_arrays(list(members.values()), list(members), mask=nulls)
        lengths = np.array(
            [self.drawn.ConsumeIntInRange(0, 3) if one else 0 for one in valid], dtype=int
        )
        offsets = pa.array(np.concatenate([[0], np.cumsum(lengths)]), pa.int32())
        values = self.array(int(lengths.sum()), depth - 1)
        if kind == 9:
            return pa.ListArray.from_arrays(offsets, values, mask=nulls)
        keys = pa.array([f"{self.drawn.PickValueInList(_TEXTS)}{at}" for at in range(len(values))])
        return pa.MapArray.from_arrays(offsets, keys, values, mask=nulls)

    def texts(self, valid: Any) -> pa.Array:
        kind = self.drawn.PickValueInList(
            [pa.string(), pa.large_string(), pa.binary(), pa.string_view()]
        )
        values = [self.drawn.PickValueInList(_TEXTS) if one else None for one in valid]
        array = pa.array(values, pa.string()).cast(kind)
        is_dictionary = self.drawn.ConsumeBool() and kind == pa.string()
        return array.dictionary_encode() if is_dictionary else array

    def integers(self, valid: Any) -> pa.Array:
        kind = self.drawn.PickValueInList(_INTEGERS)()
        bits = kind.bit_width
        low, high = (
            (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) if str(kind)[0] == "i" else (0, 2**bits - 1)
        )
        values = [self._whole(low, high) if one else None for one in valid]
        return pa.array(values, kind)

    def floats(self, valid: Any) -> pa.Array:
        kind = self.drawn.PickValueInList([np.float64, np.float32, np.float16])
        with np.errstate(over="ignore", under="ignore"):
            values = np.array([self._float() for _ in valid], dtype=kind)
        return pa.array(values, mask=~valid)

    def _float(self) -> float:
        return float(
            self.drawn.ConsumeFloat()
            if self.drawn.ConsumeBool()
            else self.drawn.PickValueInList(_FLOATS)
        )

    def decimals(self, valid: Any) -> pa.Array:
        make = self.drawn.PickValueInList(_DECIMALS)
        precision = self.drawn.ConsumeIntInRange(1, _WIDEST[make.__name__])
        scale = self.drawn.ConsumeIntInRange(0, precision)
        sign = [0, 1]
        values = [
            Decimal((self.drawn.PickValueInList(sign), self._digits(precision), -scale))
            if one
            else None
            for one in valid
        ]
        return pa.array(values, make(precision, scale))

    def _digits(self, precision: int) -> tuple[int, ...]:
        count = self.drawn.ConsumeIntInRange(1, precision)
        return tuple(self.drawn.ConsumeIntInRange(0, 9) for _ in range(count))

    def dates(self, valid: Any) -> pa.Array:
        values = [self._whole(*self.days) if one else None for one in valid]
        return pa.array(values, pa.int32()).view(pa.date32())

    def moments(self, valid: Any) -> pa.Array:
        unit = self.drawn.PickValueInList(_UNITS)
        zone = self.drawn.PickValueInList([None, *([] if self.has_int96 else _ZONES)])
        of_a_day = 86_400 * 1000 ** _UNITS.index(unit)
        first, last = (self.days[0] * of_a_day, self.days[1] * of_a_day)
        low, high = max(first, -(2**63)), min(last, 2**63 - 1)
        values = [self._whole(low, high) if one else None for one in valid]
        return pa.array(values, pa.int64()).view(pa.timestamp(unit, zone))

    def times(self, valid: Any) -> pa.Array:
        unit = self.drawn.PickValueInList(_UNITS)
        end = 86_400 * 1000 ** _UNITS.index(unit) - 1
        values = [self._whole(0, end) if one else None for one in valid]
        if unit in ("s", "ms"):
            return pa.array(values, pa.int32()).view(pa.time32(unit))
        return pa.array(values, pa.int64()).view(pa.time64(unit))

    def others(self, valid: Any) -> pa.Array:
        kind = self.drawn.ConsumeIntInRange(0, 2)
        if kind == 0:
            return pa.nulls(len(valid))
        values = [self.drawn.ConsumeBool() if one else None for one in valid]
        if kind == 1:
            return pa.array(values, pa.bool_())
        return pa.array(values, pa.bool_()).cast(pa.int64()).view(pa.duration("us"))

    def _whole(self, low: int, high: int) -> int:
        """A whole number, often a remarkable one."""
        remarkable = [low, high, 0, 1, 1500, 86_400_000_000]
        pick = self.drawn.ConsumeIntInRange(0, 2 * len(remarkable) - 1)
        number = (
            remarkable[pick] if pick < len(remarkable) else self.drawn.ConsumeIntInRange(low, high)
        )
        return int(min(max(number, low), high))


_LEAVES = [
    _Arrays.texts,
    _Arrays.integers,
    _Arrays.floats,
    _Arrays.decimals,
    _Arrays.dates,
    _Arrays.moments,
    _Arrays.times,
    _Arrays.others,
]
