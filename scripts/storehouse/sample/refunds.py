"""When and why the sample's shop gives money back."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from storehouse.sample.arrays import DAY, NEVER, Flags, Ints, between
from storehouse.sample.baskets import Amounts
from storehouse.sample.orders import Orders
from storehouse.sample.period import Period
from storehouse.sample.words import GOODWILL, LATE, ORDER_CANCELLED, RETURN_REASONS

REFUND_RATE = 0.08
# Kinds of refund. Only the first two have lines; WHOLE takes all that is left of an order.
PART, WHOLE, ADJUSTMENT, SHIPPING = range(4)
KIND_SHARES = (0.42, 0.36, 0.13, 0.09)
SECOND_REFUND_RATE = 0.15
SHIPPING_BACK_RATE = 0.5
RETURN_FEE, RETURN_FEE_RATE = 250, 0.1
MEAN_DAYS, MOST_DAYS = 18, 120


@dataclass(frozen=True)
class Refunds:
    """One element per refund, by time; amounts are pence, `adjustment` may be negative."""

    order: Ints
    kind: Ints
    refunded: Ints
    reason: Ints
    shipping: Ints
    adjustment: Ints

    def __len__(self) -> int:
        return len(self.order)


def draw_refunds(
    rng: np.random.Generator, period: Period, orders: Orders, amounts: Amounts
) -> Refunds:
    """The refunds' heads: of cancellations, of returns, and second ones of the same order."""
    cancelled = np.flatnonzero(orders.cancelled != NEVER)
    delivered = np.flatnonzero(orders.delivered != NEVER)
    returned = delivered[rng.random(len(delivered)) < REFUND_RATE]
    kind = rng.choice(len(KIND_SHARES), size=len(returned), p=KIND_SHARES)
    unshipped = (kind == SHIPPING) & (amounts.shipping[returned] == 0)
    kind[unshipped] = ADJUSTMENT
    moment = orders.delivered[returned] + _days_later(rng, len(returned))
    again = (kind == PART) & (rng.random(len(returned)) < SECOND_REFUND_RATE)
    second_kind = rng.choice([WHOLE, ADJUSTMENT], size=int(again.sum()))

    order = np.concatenate([cancelled, returned, returned[again]])
    kind = np.concatenate([np.full(len(cancelled), WHOLE), kind, second_kind])
    second = moment[again] + between(rng, 60, 30 * DAY, len(second_kind))
    refunded = np.concatenate([orders.cancelled[cancelled], moment, second])
    kept = np.flatnonzero(refunded < period.end)
    kept = kept[np.argsort(refunded[kept], kind="stable")]
    return _with_money(
        rng,
        amounts,
        order=order[kept],
        kind=kind[kept],
        refunded=refunded[kept],
        cancels=kept < len(cancelled),
    )


def _days_later(rng: np.random.Generator, count: int) -> Ints:
    days = np.clip(rng.exponential(MEAN_DAYS, count), 1, MOST_DAYS)
    return (days * DAY).astype(np.int64)


def _with_money(
    rng: np.random.Generator,
    amounts: Amounts,
    *,
    order: Ints,
    kind: Ints,
    refunded: Ints,
    cancels: Flags,
) -> Refunds:
    """Shipping, adjustments and reasons.

    A return fee is kept from goods only, and never more than they cost; goodwill never
    exceeds half of the order.
    """
    count = len(order)
    first = np.zeros(count, dtype=np.bool_)
    first[np.unique(order, return_index=True)[1]] = True
    shipping_back = cancels | (kind == SHIPPING)
    shipping_back |= (kind == WHOLE) & first & (rng.random(count) < SHIPPING_BACK_RATE)
    goodwill = np.minimum(between(rng, 2, 20, count) * 50, amounts.total[order] // 2)
    goods = amounts.subtotal[order] - amounts.discount[order]
    fee = (kind == WHOLE) & first & ~cancels & (goods > 2 * RETURN_FEE)
    fee &= rng.random(count) < RETURN_FEE_RATE
    adjustment = np.where(kind == ADJUSTMENT, goodwill, np.where(fee, -RETURN_FEE, 0))
    reason = rng.choice(RETURN_REASONS, size=count)
    reason[cancels] = ORDER_CANCELLED
    reason[kind == ADJUSTMENT] = GOODWILL
    reason[kind == SHIPPING] = LATE
    return Refunds(
        order=order,
        kind=kind,
        refunded=refunded,
        reason=reason,
        shipping=np.where(shipping_back, amounts.shipping[order], 0),
        adjustment=adjustment,
    )
