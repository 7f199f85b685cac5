"""The sample's products, with the history of their prices and costs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from storehouse.sample.arrays import NEVER, Flags, Ints, between
from storehouse.sample.period import Period
from storehouse.sample.words import CATEGORIES

CHANGE_RATE = 0.05
DISCONTINUED_RATE = 0.02


@dataclass(frozen=True)
class Products:
    """One element per product, most popular first; `prices` and `costs` are before and after.

    Prices and costs are pence, shape (2, products): row 1 counts from `changed` on.
    The last products are discontinued and never sold.
    """

    category: Ints
    prices: Ints
    costs: Ints
    changed: Ints
    active: Flags

    def __len__(self) -> int:
        return len(self.category)

    @property
    def taxed(self) -> Flags:
        return np.array([taxed for _, _, _, _, taxed, _ in CATEGORIES])[self.category]

    def version_at(self, product: Ints, moments: Ints) -> Ints:
        """The row of `prices` and `costs` in force: the newest with updated_at <= moment."""
        return (self.changed[product] <= moments).astype(np.int64)


def draw_products(rng: np.random.Generator, period: Period, orders: int) -> Products:
    count = min(max(orders // 50, 60), 2000)
    category = between(rng, 0, len(CATEGORIES) - 1, count)
    low, high = (np.array([c[side] for c in CATEGORIES]) for side in (2, 3))
    price = 100 * between(rng, low[category], high[category], count) - 1
    cost = price * between(rng, 35, 70, count) // 100
    changed = np.full(count, NEVER)
    chosen = rng.choice(count, size=round(count * CHANGE_RATE), replace=False)
    changed[chosen] = between(rng, period.start + 1, period.end - 1, len(chosen))
    return Products(
        category=category,
        prices=np.stack([price, price * rng.choice([85, 90, 105, 112, 120], count) // 100]),
        costs=np.stack([cost, cost * rng.choice([88, 95, 106, 115, 125], count) // 100]),
        changed=changed,
        active=np.arange(count) < count - round(count * DISCONTINUED_RATE),
    )


def choose_products(rng: np.random.Generator, products: Products, lines: int) -> Ints:
    """The product of each order line: popularity falls with rank, as Zipf has it."""
    sold = int(products.active.sum())
    weights = 1 / np.arange(8, sold + 8)
    return rng.choice(sold, size=lines, p=weights / weights.sum())
