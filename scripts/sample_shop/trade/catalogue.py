"""The sample's products, with the history of their prices and costs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sample_shop.arrays import NEVER, Flags, Ints, between
from sample_shop.period import Period
from sample_shop.trade.currencies import Currencies
from sample_shop.trade.words import CATEGORIES
from sample_shop.troubles import Trouble, struck

MOST_CHANGES = 6
DISCONTINUED_RATE = 0.03


@dataclass(frozen=True)
class Products:
    """One element per product, most popular first.

    Prices and costs are minor units of the shop's currency, shape (1 + MOST_CHANGES, products):
    row k counts from row k - 1 of `changed` on, which ascends and is NEVER in the end. From
    `discontinued` on a product is not sold any more, and does not change either.
    """

    category: Ints
    prices: Ints
    costs: Ints
    changed: Ints
    discontinued: Ints

    def __len__(self) -> int:
        return len(self.category)

    @property
    def taxed(self) -> Flags:
        return np.array([taxed for _, _, _, _, taxed, _ in CATEGORIES])[self.category]

    def version_at(self, product: Ints, moments: Ints) -> Ints:
        """The row of `prices` and `costs` in force: the newest with updated_at <= moment."""
        version = np.zeros(len(product), dtype=np.int64)
        for changed in self.changed:
            version += changed[product] <= moments
        return version


def draw_products(
    rng: np.random.Generator,
    period: Period,
    currencies: Currencies,
    orders: int,
    troubles: frozenset[Trouble],
) -> Products:
    count = min(max(orders // 50, 60), 2000)
    category = between(rng, 0, len(CATEGORIES) - 1, count)
    low, high = (np.array([c[side] for c in CATEGORIES]) for side in (2, 3))
    price = currencies.a_pound * between(rng, low[category], high[category], count) - 1
    cost = price * between(rng, 35, 70, count) // 100
    discontinued = between(rng, period.start + 1, period.end - 1, count)
    stays = ~struck(rng, count, DISCONTINUED_RATE, Trouble.DISCONTINUED in troubles)
    discontinued[stays] = NEVER
    changed = _changes(rng, period, count)
    changed[changed >= discontinued] = NEVER
    if Trouble.PRICES not in troubles:
        changed[:] = NEVER
    return Products(
        category=category,
        prices=_changing(rng, price, [85, 90, 105, 112, 120]),
        costs=_changing(rng, cost, [88, 95, 100, 106, 115]),
        changed=changed,
        discontinued=discontinued,
    )


def _changes(rng: np.random.Generator, period: Period, count: int) -> Ints:
    """None to MOST_CHANGES moments per product, ascending; no two are the same."""
    drawn = rng.integers(period.start + 1, period.end, (MOST_CHANGES, count), dtype=np.int64)
    drawn[np.arange(MOST_CHANGES)[:, None] >= between(rng, 0, MOST_CHANGES, count)] = NEVER
    drawn.sort(axis=0)
    drawn[1:][drawn[1:] == drawn[:-1]] = NEVER
    drawn.sort(axis=0)
    return drawn


def _changing(rng: np.random.Generator, first: Ints, percents: list[int]) -> Ints:
    """Minor units, first and after each change by one of the percentages."""
    rows = [first]
    for _ in range(MOST_CHANGES):
        rows.append(np.maximum(rows[-1] * rng.choice(percents, len(first)) // 100, 1))
    return np.stack(rows)


def choose_products(rng: np.random.Generator, products: Products, placed: Ints) -> Ints:
    """The product of each order line: popularity falls with rank, as Zipf has it.

    In place of a product that is not sold any more its successor in rank is bought.
    """
    weights = 1 / np.arange(8, len(products) + 8)
    product = rng.choice(len(products), size=len(placed), p=weights / weights.sum())
    staying = np.flatnonzero(products.discontinued == NEVER)
    gone = np.flatnonzero(products.discontinued[product] <= placed)
    product[gone] = staying[np.searchsorted(staying, product[gone]) % len(staying)]
    return product
