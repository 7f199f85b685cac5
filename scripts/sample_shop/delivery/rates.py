"""The exchange rates of the export: one row per currency and weekday."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from sample_shop.arrays import NEVER, Ints
from sample_shop.delivery.text import Array, MomentText, decimals, picked, repeated
from sample_shop.shop import Shop
from sample_shop.trade.currencies import LEAD_DAYS, OWN

KNOWN_AFTER = 16 * 3600


class RatesExport:
    """A rate is counted in Rates.values, row by row."""

    def __init__(self, shop: Shop) -> None:
        self._values = shop.rates.values
        self._quoted = shop.rates.quoted
        self._period = shop.period
        self._codes = shop.currencies.codes
        self._moments = MomentText(shop.period.start, shop.period.end)

    def updated(self) -> Ints:
        """A rate is known in the afternoon of its day; one before the period from its start."""
        known = np.full(len(self._quoted), self._period.start)
        known[LEAD_DAYS:] = self._period.starts[:-1] + KNOWN_AFTER
        updated = np.full(self._values.shape, NEVER)
        updated[:, self._quoted] = known[self._quoted]
        updated[OWN] = NEVER
        return updated.ravel()

    def columns(self, rate: Ints, updated: Ints) -> dict[str, Array]:
        currency, day = np.divmod(rate, self._values.shape[1])
        first = np.datetime64(self._period.first, "D").astype(np.int64) - LEAD_DAYS
        return {
            "rate_date": pa.array((first + day).astype(np.int32)).cast(pa.date32()).cast("string"),
            "base_currency_code": picked(pa.array(self._codes), currency),
            "quote_currency_code": repeated(self._codes[OWN], len(rate)),
            "rate": decimals(self._values.ravel()[rate], 8).cast("string"),
            "updated_at": self._moments(updated),
        }
