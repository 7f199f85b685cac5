"""How values look in the files, whole columns at a time."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from sample_shop.arrays import DAY, NEVER, Flags, Ints
from sample_shop.trade.currencies import Currencies

Array = Any  # pyarrow.Array; pyarrow brings no types

SMALL = 100_000
_MINOR_UNITS = np.array([1, 100, 1000])  # in one unit

_FLAGS = pa.array(["false", "true"])


def numbered(prefix: str, count: int) -> Array:
    """Identifiers `C000001`, `C000002` and so on, of `count` things."""
    digits = pa.array(np.arange(1, count + 1)).cast(pa.string())
    return joined(pa.scalar(prefix), pc.utf8_lpad(digits, 6, padding="0"))


def joined(*parts: Any, separator: str = "") -> Array:
    """Row by row, the parts one after another; an empty part counts as empty text."""
    return pc.binary_join_element_wise(
        *parts, separator, null_handling="replace", null_replacement=""
    )


def picked(labels: Array, codes: Ints) -> Array:
    """The label of each code."""
    return labels.take(pa.array(codes))


def picked_or_null(labels: Array, codes: Ints) -> Array:
    """The label of each code; null where the code is negative."""
    return labels.take(pa.array(codes, mask=codes < 0))


def repeated(text: str, count: int) -> Array:
    return pa.repeat(pa.scalar(text), count)


def emptied(values: Array, where: Flags) -> Array:
    """`values`, null where `where` says so."""
    return pc.if_else(pa.array(where), pa.scalar(None, pa.string()), values)


def quoted(values: Array) -> Array:
    """Free text as CSV wants it: in quotes, and those doubled, where it must be."""
    doubled = pc.replace_substring(values, '"', '""')
    return pc.if_else(
        pc.match_substring_regex(values, '[",\r\n]'), joined('"', doubled, '"'), values
    )


def counts(numbers: Ints) -> Array:
    """Whole numbers as they are."""
    return pa.array(numbers).cast(pa.string())


class MoneyText:
    """How amounts are written, and their currency, by the currency of each row.

    Most amounts are small, and those are looked up: formatting is slow.
    """

    def __init__(self, currencies: Currencies, currency: Ints) -> None:
        self._codes = pa.array(currencies.codes)
        self._currency = currency
        self._minor = currencies.minor_units[currency]
        self._table = SMALL * np.searchsorted(_MINOR_UNITS, self._minor)

    def __call__(self, amounts: Ints) -> Array:
        """`12.50` for 1250 pence, `1250.00` for 1250 yen, and `1.250` for 1250 fils."""
        small = (amounts >= 0) & (amounts < SMALL)
        texts = _small_amounts().take(pa.array(np.where(small, amounts, 0) + self._table))
        for minor in _MINOR_UNITS:
            large = ~small & (self._minor == minor)
            if large.any():
                texts = pc.replace_with_mask(
                    texts, pa.array(large), _formatted(amounts[large], int(minor))
                )
        return texts

    def codes(self) -> Array:
        return picked(self._codes, self._currency)


@cache
def _small_amounts() -> Array:
    """Of currencies without cents, of those with, and of those with thousandths."""
    amounts = np.arange(SMALL)
    return pa.concat_arrays([_formatted(amounts, int(minor)) for minor in _MINOR_UNITS])


def _formatted(amounts: Ints, minor_units: int) -> Array:
    """Two decimals at least."""
    scale = 3 if minor_units > 100 else 2  # noqa: PLR2004
    return decimals(amounts * (10**scale // minor_units), scale).cast(pa.string())


def decimals(units: Ints, scale: int) -> Array:
    """Whole `units` of 10^-scale as decimal(18, scale), without a calculation."""
    return pa.Array.from_buffers(
        pa.decimal64(18, scale), len(units), [None, pa.py_buffer(np.ascontiguousarray(units))]
    )


def booleans(flags: Flags) -> Array:
    return _FLAGS.take(pa.array(flags.view(np.int8)))


class MomentText:
    """ISO 8601 in UTC: put together from tables of days, minutes and seconds."""

    def __init__(self, start: int, end: int) -> None:
        """For moments from `start` to `end`."""
        self._first = start // DAY * DAY
        days = np.arange(start // DAY, end // DAY + 1).astype("datetime64[D]")
        self._days = _words([f"{day}T" for day in days])
        self._minutes = _words(
            [f"{hour:02}:{minute:02}:" for hour in range(24) for minute in range(60)]
        )
        self._seconds = _words([f"{second:02}Z" for second in range(60)])
        parts = {"day": self._days, "minute": self._minutes, "second": self._seconds}
        self._layout = np.dtype([(name, words.dtype) for name, words in parts.items()])

    def __call__(self, moments: Ints) -> Array:
        """Null for NEVER."""
        happens = moments != NEVER
        elapsed = (moments[happens] - self._first).astype(np.uint32)
        day, second = np.divmod(elapsed, np.uint32(DAY))
        minute, second = np.divmod(second, np.uint32(60))
        letters = np.empty(len(elapsed), self._layout)
        letters["day"] = self._days.take(day)
        letters["minute"] = self._minutes.take(minute)
        letters["second"] = self._seconds.take(second)
        ends = np.zeros(len(moments) + 1, dtype=np.int32)
        np.cumsum(happens * np.int32(self._layout.itemsize), out=ends[1:])
        valid = np.packbits(happens, bitorder="little")
        buffers = [pa.py_buffer(buffer) for buffer in (valid, ends, letters.view(np.uint8))]
        return pa.Array.from_buffers(pa.string(), len(moments), buffers)


def _words(words: list[str]) -> NDArray[np.void]:
    """ASCII words of one length, as bytes that numpy copies without looking at them."""
    return np.array(words, dtype=np.bytes_).view(f"V{len(words[0])}")
