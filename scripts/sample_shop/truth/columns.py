"""Columns that several tables of the truth have."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from sample_shop.arrays import Ints
from sample_shop.delivery.text import Array
from sample_shop.period import Period


def timestamps(moments: Ints) -> Array:
    return pa.array(1_000_000 * moments).cast(pa.timestamp("us"))


def dates(period: Period, days: Ints) -> Array:
    """The dates of days counted from the first of the period."""
    first = np.datetime64(period.first, "D").astype(np.int64)
    return pa.array((first + days).astype(np.int32)).cast(pa.date32())
