"""The sample's currencies, and what a unit of each was worth in the shop's own day by day.

Money is held in whole minor units of its currency: pence, cents, yen, fils.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sample_shop.arrays import Flags, Ints, share
from sample_shop.period import Period
from sample_shop.troubles import Trouble
from storehouse.core.errors import ConfigError


@dataclass(frozen=True)
class Currency:
    """`worth` is pounds for one unit when the period opens; the rest is in minor units.

    `gift_card` is the least that one is sold for, `step` what goodwill is a multiple of.
    """

    digits: int
    worth: float
    gift_card: int
    step: int
    home: str  # country of a shop that keeps its books in it


KNOWN = {
    "BRL": Currency(2, 0.14, 5000, 250, "BR"),
    "CHF": Currency(2, 0.89, 1000, 50, "CH"),
    "EUR": Currency(2, 0.86, 1000, 50, "DE"),
    "GBP": Currency(2, 1, 1000, 50, "GB"),
    "INR": Currency(2, 0.0095, 100_000, 5000, "IN"),
    "JPY": Currency(0, 0.0053, 2000, 50, "JP"),
    "KRW": Currency(0, 0.00057, 20_000, 500, "KR"),
    "KWD": Currency(3, 2.45, 5000, 250, "KW"),
    "TND": Currency(3, 0.25, 50_000, 2000, "TN"),
    "USD": Currency(2, 0.76, 1000, 50, "US"),
}
DEFAULT = "GBP"
OWN = 0  # the shop's own currency is the first
_OTHERS = ("EUR", "JPY", "GBP")  # the first two of them that are not its own
_OF_COUNTRY = {"GB": "GBP", "JP": "JPY", **dict.fromkeys(("IE", "FR", "DE", "ES"), "EUR")}

ONE = 10**8  # rates have eight decimals
DAILY_CHANGE = 0.004
SATURDAY = 5
# The period may begin on a Monday, before whose rate is out Friday's counts.
LEAD_DAYS = 3


class Currencies:
    """What a shop takes: its own currency first, then two others."""

    def __init__(self, own: str = DEFAULT) -> None:
        """Raises ConfigError for a currency that the sample does not know."""
        if own not in KNOWN:
            raise ConfigError(
                f"The sample has no prices in {own!r}. Name one of: {', '.join(KNOWN)}."
            )
        self.codes = (own, *[code for code in _OTHERS if code != own][:2])
        self.home = KNOWN[own].home
        known = [KNOWN[code] for code in self.codes]
        self.minor_units = np.array([10**one.digits for one in known])  # in one unit
        self.opening = np.array([one.worth / known[OWN].worth for one in known])
        self.gift_cards = np.array([one.gift_card for one in known])
        self.steps = np.array([one.step for one in known])
        # What costs a pound in Britain costs so many minor units of the shop's own currency.
        self.a_pound = round(self.minor_units[OWN] / known[OWN].worth)

    def scaled(self, pence: Ints | int) -> Ints:
        """What costs so many pence in Britain, in minor units of the shop's own currency."""
        return np.asarray(pence * self.a_pound // 100)

    def of_countries(self, countries: tuple[str, ...]) -> Ints:
        """What is paid with in each country, as far as the shop takes it."""
        paid = [_OF_COUNTRY.get(country) for country in countries]
        return np.array([self.codes.index(code) if code in self.codes else OWN for code in paid])

    def from_own(self, amount: Ints | int, currency: Ints, rate: Ints) -> Ints:
        """Minor units of the shop's own currency in those of another, rounded half up."""
        units = self.minor_units
        return share(amount * units[currency], ONE, units[OWN] * rate)

    def in_own(self, amounts: Ints, currency: Ints, rate: Ints) -> Ints:
        """Minor units in ten-thousandths of a unit of the shop's own currency.

        They are rounded half away from zero.
        """
        worth = share(np.abs(amounts), rate, ONE * self.minor_units[currency] // 10_000)
        return np.sign(amounts) * worth


@dataclass(frozen=True)
class Rates:
    """The shop's own currency for one unit, in 10^-8: `values[currency, LEAD_DAYS + day]`.

    They change on the days that are `quoted`, which are weekdays; on others the last one stands.
    """

    values: Ints
    quoted: Flags

    def at(self, currency: Ints, day: Ints) -> Ints:
        return np.asarray(self.values[currency, LEAD_DAYS + day])


def draw_rates(
    rng: np.random.Generator,
    period: Period,
    currencies: Currencies,
    troubles: frozenset[Trouble],
) -> Rates:
    days = np.arange(-LEAD_DAYS, period.days)
    weekday = (period.first.weekday() + days) % 7
    quoted = (weekday < SATURDAY) & (Trouble.CURRENCIES in troubles)
    change = rng.normal(0, DAILY_CHANGE, (len(currencies.codes), len(days))) * quoted
    change[OWN] = 0
    values = currencies.opening[:, None] * np.exp(np.cumsum(change, axis=1))
    return Rates(np.rint(ONE * values).astype(np.int64), quoted)
