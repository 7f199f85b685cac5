"""Where the sample's customers live: most of them in the shop's own country."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sample_shop.arrays import Ints
from sample_shop.trade.words import COUNTRIES, HOMES

HOME = 0  # the shop's own country is the first


@dataclass(frozen=True)
class Places:
    """Countries by code, cities, and of each city its country and its share of customers."""

    countries: tuple[str, ...]
    cities: tuple[str, ...]
    country_of: Ints
    shares: NDArray[np.float64]

    def draw_cities(self, rng: np.random.Generator, count: int) -> Ints:
        return rng.choice(len(self.cities), size=count, p=self.shares)


def places_around(home: str) -> Places:
    """A shop in Britain, or one elsewhere that has as many customers at home.

    Britain takes the place that the country would have among those abroad, or Ireland's.
    """
    britain, percent, cities = COUNTRIES[0]
    abroad = list(COUNTRIES[1:])
    if home != britain:
        codes = [code for code, _, _ in abroad]
        place = codes.index(home if home in codes else "IE")
        abroad[place] = (britain, abroad[place][1], cities)
        cities = HOMES[home]
    countries = [(home, percent, cities), *abroad]
    return Places(
        countries=tuple(code for code, _, _ in countries),
        cities=tuple(city for _, _, cities in countries for city in cities),
        country_of=np.repeat(np.arange(len(countries)), [len(c) for _, _, c in countries]),
        shares=np.concatenate(
            [np.full(len(cities), percent / 100 / len(cities)) for _, percent, cities in countries]
        ),
    )
