"""How the sample's goods move: sold, sent back, broken, miscounted."""

from __future__ import annotations

import numpy as np

from sample_shop.arrays import NEVER, Ints, between
from sample_shop.period import Period
from sample_shop.rows import Packed
from sample_shop.stock.movements import (
    COUNT,
    HIGH_STREET,
    LOCATIONS,
    NOWHERE,
    RETURN,
    SALE,
    WAREHOUSE,
    WRITE_OFF,
    Movements,
    movements,
)
from sample_shop.stock.receipts import draw_receipts
from sample_shop.trade.baskets import Lines
from sample_shop.trade.orders import HOUR, Orders
from sample_shop.trade.refund_lines import RefundLines
from sample_shop.trade.refunds import Refunds
from sample_shop.trade.words import STORE
from sample_shop.troubles import Trouble

SALES_A_WRITE_OFF = 80
DAYS_A_COUNT, COUNTED_AT = 91, 6 * HOUR
DIFFERENCE_RATE = 0.08
DIFFERENCES, DIFFERENCE_SHARES = (-3, -2, -1, 1, 2), (0.08, 0.17, 0.45, 0.22, 0.08)


def draw_stock(
    rng: np.random.Generator,
    period: Period,
    *,
    products: int,
    orders: Orders,
    lines: Lines,
    shipped: Ints,
    refunds: Refunds,
    refund_lines: RefundLines,
    troubles: frozenset[Trouble],
) -> Packed[Movements]:
    """All movements, by time. `shipped` says when each final order line left, or NEVER."""
    location = np.where(orders.channel == STORE, HIGH_STREET, WAREHOUSE)
    shelf = lines.product * len(LOCATIONS) + location[lines.order]
    shelf[lines.product < 0] = NOWHERE
    demand = [_sales(lines, shelf, shipped), _returns(shelf, shipped, refunds, refund_lines)]
    if Trouble.STOCK_COUNTS in troubles:
        sold = demand[0].shelf
        demand += [_write_offs(rng, period, sold), _counts(rng, period, np.unique(sold))]
    moved = Movements.together(*demand)
    receipts = draw_receipts(rng, period, moved, products=products)
    return Packed.of(Movements.together(receipts, moved).by_time())


def _sales(lines: Lines, shelf: Ints, shipped: Ints) -> Movements:
    """What the shop sells in its store leaves the high street, all else the warehouse."""
    line = np.flatnonzero((shelf[: lines.final] != NOWHERE) & (shipped != NEVER))
    return movements(SALE, shelf[line], -lines.quantity[line], shipped[line])


def _returns(shelf: Ints, shipped: Ints, refunds: Refunds, refund_lines: RefundLines) -> Movements:
    """Goods go back where they came from; what was refunded before it left never moved."""
    line, moment = refund_lines.line, refunds.refunded[refund_lines.refund]
    came_back = refund_lines.restocked & (shelf[line] != NOWHERE) & (shipped[line] <= moment)
    back = np.flatnonzero(came_back)
    return movements(RETURN, shelf[line[back]], refund_lines.quantity[back], moment[back])


def _write_offs(rng: np.random.Generator, period: Period, sold: Ints) -> Movements:
    """What is sold most often breaks most often."""
    count = -(-len(sold) // SALES_A_WRITE_OFF)
    return movements(
        WRITE_OFF,
        rng.permutation(sold)[:count],
        -between(rng, 1, 2, count),
        between(rng, period.start, period.end - 1, count),
    )


def _counts(rng: np.random.Generator, period: Period, shelves: Ints) -> Movements:
    """The differences found when all shelves are counted, four times a year."""
    count = -(-period.days // DAYS_A_COUNT)
    days = (2 * np.arange(count) + 1) * period.days // (2 * count)
    differing = rng.random((count, len(shelves))) < DIFFERENCE_RATE
    day, shelf = np.nonzero(differing)
    difference = rng.choice(DIFFERENCES, size=len(day), p=DIFFERENCE_SHARES)
    moments = period.starts[days] + COUNTED_AT
    return movements(COUNT, shelves[shelf], difference, moments[day])
