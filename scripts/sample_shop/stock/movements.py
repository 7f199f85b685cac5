"""What the sample's stock is made of: movements of goods at two locations."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sample_shop.arrays import Ints
from sample_shop.rows import Rows

LOCATIONS = ("warehouse", "high-street")
WAREHOUSE, HIGH_STREET = range(2)
NOWHERE = -1  # the shelf of what is no product, such as a gift card
MOVEMENT_TYPES = ("receipt", "sale", "return", "write_off", "count")
RECEIPT, SALE, RETURN, WRITE_OFF, COUNT = range(5)


@dataclass(frozen=True)
class Movements(Rows):
    """One element per movement; `quantity` is signed.

    A shelf is a product at a location: `product * len(LOCATIONS) + location`.
    """

    shelf: Ints
    kind: Ints
    quantity: Ints
    moved: Ints

    @property
    def product(self) -> Ints:
        return self.shelf // len(LOCATIONS)

    @property
    def location(self) -> Ints:
        return self.shelf % len(LOCATIONS)

    def by_time(self) -> Movements:
        return self.take(np.argsort(self.moved, kind="stable"))


def movements(kind: int, shelf: Ints, quantity: Ints, moved: Ints) -> Movements:
    """Movements of one kind."""
    return Movements(shelf, np.full(len(shelf), kind), quantity, moved)
