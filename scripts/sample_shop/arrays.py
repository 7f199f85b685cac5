"""The few array habits that all parts of the sample share."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

# Indices, counts, amounts, and moments (seconds since 1970 in UTC) are all whole numbers. What
# is calculated with has 64 bits; long columns of indices have only what they need.
Ints = NDArray[np.signedinteger[Any]]
Flags = NDArray[np.bool_]

DAY = 86400
# The moment of what does not happen within the period: later than everything that does.
NEVER = int(np.iinfo(np.int64).max)


def within(moments: Ints, end: int) -> Ints:
    """`moments`, with NEVER for those at or after `end`."""
    return np.where(moments < end, moments, NEVER)


def spans(starts: Ints, counts: Ints) -> tuple[Ints, Ints]:
    """Unfold ranges: for each of their elements, its range and its value.

    `spans([5, 9], [2, 1])` is `([0, 0, 1], [5, 6, 9])`.
    """
    owner = np.repeat(np.arange(len(counts)), counts)
    return owner, np.arange(len(owner)) + np.repeat(starts - (np.cumsum(counts) - counts), counts)


def share(amount: Ints, part: Ints | int, whole: Ints | int) -> Ints:
    """The share `part` of `whole` has in `amount`, rounded half up. Nothing is negative."""
    return (2 * amount * part + whole) // (2 * whole)


def between(rng: np.random.Generator, low: Ints | int, high: Ints | int, size: int) -> Ints:
    """Whole numbers, uniform from `low` to `high`, both included."""
    return rng.integers(low, high, size, dtype=np.int64, endpoint=True)
