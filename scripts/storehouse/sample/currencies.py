"""The sample's currencies, and what a unit of each was worth in pounds day by day.

Money is held in whole minor units of its currency: pence, cents, yen.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from storehouse.sample.arrays import Flags, Ints, share
from storehouse.sample.period import Period
from storehouse.sample.troubles import Trouble

CURRENCIES = ("GBP", "EUR", "JPY")
GBP, EUR, JPY = range(len(CURRENCIES))
MINOR_UNITS = np.array([100, 100, 1])  # in one unit
_OF_COUNTRY = {"IE": EUR, "FR": EUR, "DE": EUR, "ES": EUR, "JP": JPY}

ONE = 10**8  # rates have eight decimals
OPENING = np.array([1, 0.86, 0.0053])
DAILY_CHANGE = 0.004
SATURDAY = 5
# The period may begin on a Monday, before whose rate is out Friday's counts.
LEAD_DAYS = 3


@dataclass(frozen=True)
class Rates:
    """Pounds for one unit, in 10^-8: `values[currency, LEAD_DAYS + day]`.

    They change on the days that are `quoted`, which are weekdays; on others the last one stands.
    """

    values: Ints
    quoted: Flags

    def at(self, currency: Ints, day: Ints) -> Ints:
        return np.asarray(self.values[currency, LEAD_DAYS + day])


def draw_rates(rng: np.random.Generator, period: Period, troubles: frozenset[Trouble]) -> Rates:
    days = np.arange(-LEAD_DAYS, period.days)
    weekday = (period.first.weekday() + days) % 7
    quoted = (weekday < SATURDAY) & (Trouble.CURRENCIES in troubles)
    change = rng.normal(0, DAILY_CHANGE, (len(CURRENCIES), len(days))) * quoted
    change[GBP] = 0
    values = OPENING[:, None] * np.exp(np.cumsum(change, axis=1))
    return Rates(np.rint(ONE * values).astype(np.int64), quoted)


def currency_of_country(codes: list[str]) -> Ints:
    """What is paid with in each country, as far as the shop takes it."""
    return np.array([_OF_COUNTRY.get(code, GBP) for code in codes], dtype=np.int64)


def from_pence(pence: Ints | int, currency: Ints, rate: Ints) -> Ints:
    """Pence in minor units of the currency, rounded half up."""
    return share(pence * MINOR_UNITS[currency], ONE, 100 * rate)


def in_pounds(amounts: Ints, currency: Ints, rate: Ints) -> Ints:
    """Minor units in ten-thousandths of a pound, rounded half away from zero."""
    worth = share(np.abs(amounts), rate, ONE * MINOR_UNITS[currency] // 10_000)
    return np.sign(amounts) * worth
