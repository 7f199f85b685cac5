"""How the sample's stock keeps up with demand, and when it doesn't."""

from __future__ import annotations

import numpy as np

from sample_shop.arrays import DAY, Flags, Ints, between
from sample_shop.period import Period
from sample_shop.stock.movements import (
    LOCATIONS,
    RECEIPT,
    WAREHOUSE,
    Movements,
    movements,
)
from sample_shop.trade.orders import HOUR

CYCLE_DAYS = (10, 40)
MOST_DAYS_EARLY = 3
LATE_RATE = 0.15
RESERVE_RATE, MOST_RESERVE = 0.6, 15  # of the products that have more than they need, units
UNSOLD_UNITS = (3, 40)


def draw_receipts(
    rng: np.random.Generator, period: Period, demand: Movements, *, products: int
) -> Movements:
    """Opening stock of every product, and deliveries of what each cycle will need.

    A late delivery comes only just before the first unit of it leaves, so that a product
    without a reserve had run out. No shelf ever holds less than nothing.
    """
    shelves = products * len(LOCATIONS)
    span = period.end - period.start
    in_turn = np.argsort(demand.shelf * span + demand.moved - period.start, kind="stable")
    needed = _needed(demand.shelf[in_turn], -demand.quantity[in_turn])
    asking = in_turn[needed > 0]
    shelf, asked = demand.shelf[asking], demand.moved[asking]

    cycle = DAY * between(rng, *CYCLE_DAYS, shelves)
    phase = between(rng, 0, cycle - 1, shelves)
    turn = (asked - period.start + phase[shelf]) // cycle[shelf]
    begins = np.flatnonzero(_changes(shelf) | _changes(turn))
    quantity = np.add.reduceat(needed[needed > 0], begins)
    shelf, turn, asked = shelf[begins], turn[begins], asked[begins]
    due = period.start - phase[shelf] + turn * cycle[shelf]
    count = len(begins)
    arrives = np.where(
        rng.random(count) < LATE_RATE,
        asked - between(rng, 1, HOUR, count),
        due - between(rng, 0, MOST_DAYS_EARLY * DAY, count),
    )

    opens = _changes(shelf)
    opening = np.zeros(shelves, dtype=np.int64)
    opening[shelf[opens]] = quantity[opens]
    opening = _with_reserves(rng, opening, products)
    opened = np.flatnonzero(opening)
    later = np.flatnonzero(~opens)
    return Movements.together(
        movements(RECEIPT, opened, opening[opened], np.full(len(opened), period.start)),
        movements(RECEIPT, shelf[later], quantity[later], np.maximum(arrives[later], period.start)),
    )


def _needed(shelf: Ints, taken: Ints) -> Ints:
    """By how much each movement goes beyond all that its shelf had to give before it.

    The movements come by shelf and time; `taken` is negative for what is put back.
    """
    first = np.searchsorted(shelf, shelf)
    total = np.cumsum(taken)
    total -= (total - taken)[first]
    # One running maximum serves all shelves when each begins above the one before.
    floor = shelf * (2 * int(np.abs(taken).sum()) + 1)
    most = np.maximum.accumulate(np.maximum(total, 0) + floor) - floor
    return most - np.where(_changes(shelf), 0, np.roll(most, 1))


def _changes(values: Ints) -> Flags:
    """Where a value differs from the one before it; the first does."""
    changes: Flags = np.diff(values, prepend=-1) != 0
    return changes


def _with_reserves(rng: np.random.Generator, opening: Ints, products: int) -> Ints:
    """Some products have more than they need, and those never sold are in stock too."""
    reserved = rng.random(products) < RESERVE_RATE
    reserve = np.where(reserved, between(rng, 1, MOST_RESERVE, products), 0)
    product, location = np.divmod(np.arange(len(opening)), len(LOCATIONS))
    unsold = np.where(location == WAREHOUSE, between(rng, *UNSOLD_UNITS, len(opening)), 0)
    return np.where(opening > 0, opening + reserve[product], unsold)
