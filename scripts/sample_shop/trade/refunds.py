"""When and why the sample's shop gives money back."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sample_shop.arrays import DAY, NEVER, Ints, between
from sample_shop.period import Period
from sample_shop.trade.amounts import Amounts
from sample_shop.trade.orders import Orders
from sample_shop.trade.terms import Terms
from sample_shop.trade.words import GOODWILL, LATE, ORDER_CANCELLED, RECALLED, RETURN_REASONS
from sample_shop.troubles import Trouble

REFUND_RATE = 0.08
# Kinds of refund. Only the first two have lines; WHOLE takes all that is left of an order.
PART, WHOLE, ADJUSTMENT, SHIPPING = range(4)
KIND_SHARES = (0.42, 0.36, 0.13, 0.09)
SECOND_REFUND_RATE = 0.15
SHIPPING_BACK_RATE = 0.5
RETURN_FEE, RETURN_FEE_RATE = 5, 0.1  # steps of the currency
MEAN_DAYS, MOST_DAYS = 18, 120
# On a few days goods are recalled, and more money is given back than is taken in.
RECALLS, DAYS_A_RECALL, RECALLED_DAYS = 3, 30, 60
HOUR = 3600


@dataclass(frozen=True)
class Refunds:
    """One element per refund, by time; `adjustment` may be negative.

    `shipping` is without its tax. Amounts are minor units of the order's currency.
    """

    order: Ints
    kind: Ints
    refunded: Ints
    reason: Ints
    shipping: Ints
    shipping_tax: Ints
    adjustment: Ints

    def __len__(self) -> int:
        return len(self.order)


def draw_refunds(
    rng: np.random.Generator,
    period: Period,
    orders: Orders,
    amounts: Amounts,
    *,
    terms: Terms,
    steps: Ints,
    troubles: frozenset[Trouble],
) -> Refunds:
    """The refunds' heads: of cancellations, of returns, second ones of the same order, recalls.

    Without odd refunds every refund takes back the whole order. `steps` is, by currency,
    what goodwill is a multiple of.
    """
    odd = Trouble.ODD_REFUNDS in troubles
    cancelled = np.flatnonzero(orders.cancelled != NEVER)
    delivered = np.flatnonzero(orders.delivered != NEVER)
    returns = rng.random(len(delivered)) < REFUND_RATE
    returned = delivered[returns]
    kind = _kinds(rng, amounts.shipping[returned]) if odd else np.full(len(returned), WHOLE)
    moment = orders.delivered[returned] + _days_later(rng, len(returned))
    again = (kind == PART) & (rng.random(len(returned)) < SECOND_REFUND_RATE)
    second_kind = rng.choice([WHOLE, ADJUSTMENT], size=int(again.sum()))
    second = moment[again] + between(rng, 60, 30 * DAY, len(second_kind))
    recalls = RECALLS if odd else 0
    recalled, recalled_at = _recalls(rng, period, orders, delivered[~returns], recalls)

    order = np.concatenate([cancelled, returned, returned[again], recalled])
    reason = rng.choice(RETURN_REASONS, size=len(order))
    reason[: len(cancelled)] = ORDER_CANCELLED
    reason[len(order) - len(recalled) :] = RECALLED
    whole = [np.full(len(orders_back), WHOLE) for orders_back in (cancelled, recalled)]
    kind = np.concatenate([whole[0], kind, second_kind, whole[1]])
    refunded = np.concatenate([orders.cancelled[cancelled], moment, second, recalled_at])
    kept = np.flatnonzero(refunded < period.end)
    kept = kept[np.argsort(refunded[kept], kind="stable")]
    return _with_money(
        rng,
        amounts,
        terms=terms,
        steps=steps,
        order=order[kept],
        kind=kind[kept],
        refunded=refunded[kept],
        reason=reason[kept],
        fees=odd,
    )


def _kinds(rng: np.random.Generator, shipping: Ints) -> Ints:
    """Shipping can be given back only where some was charged."""
    kind = rng.choice(len(KIND_SHARES), size=len(shipping), p=KIND_SHARES)
    kind[(kind == SHIPPING) & (shipping == 0)] = ADJUSTMENT
    return kind


def _recalls(
    rng: np.random.Generator, period: Period, orders: Orders, candidates: Ints, most: int
) -> tuple[Ints, Ints]:
    """Orders taken back on a few days, twice as many as are placed on them; and when."""
    days = np.arange(period.days // 2, period.days)
    recalled, moments = [candidates[:0]], [candidates[:0]]
    for day in rng.choice(days, min(most, period.days // DAYS_A_RECALL), replace=False):
        start, end = period.starts[day : day + 2]
        delivered = orders.delivered[candidates]
        recent = (delivered < start) & (delivered >= start - RECALLED_DAYS * DAY)
        placed = int(np.diff(np.searchsorted(orders.placed, [start, end]))[0])
        most_of_them = min(2 * placed + 3, int(recent.sum()))
        chosen = rng.choice(candidates[recent], most_of_them, replace=False)
        candidates = np.setdiff1d(candidates, chosen, assume_unique=True)
        recalled.append(chosen)
        moments.append(start + between(rng, 9 * HOUR, 17 * HOUR, len(chosen)))
    return np.concatenate(recalled), np.concatenate(moments)


def _days_later(rng: np.random.Generator, count: int) -> Ints:
    days = np.clip(rng.exponential(MEAN_DAYS, count), 1, MOST_DAYS)
    return (days * DAY).astype(np.int64)


def _with_money(
    rng: np.random.Generator,
    amounts: Amounts,
    *,
    terms: Terms,
    steps: Ints,
    order: Ints,
    kind: Ints,
    refunded: Ints,
    reason: Ints,
    fees: bool,
) -> Refunds:
    """Shipping, adjustments and the reasons of what has no lines.

    A return fee is kept from goods only, and never more than they cost; goodwill never
    exceeds half of the order.
    """
    count, step = len(order), steps[terms.currency[order]]
    cancels = reason == ORDER_CANCELLED
    first = np.zeros(count, dtype=np.bool_)
    first[np.unique(order, return_index=True)[1]] = True
    shipping_back = cancels | (kind == SHIPPING)
    shipping_back |= (kind == WHOLE) & first & (rng.random(count) < SHIPPING_BACK_RATE)
    goodwill = np.minimum(between(rng, 2, 20, count) * step, amounts.total[order] // 2)
    goods = amounts.subtotal[order] - amounts.discount[order]
    fee = (kind == WHOLE) & first & (goods > 2 * RETURN_FEE * step) & fees
    fee &= ~np.isin(reason, [ORDER_CANCELLED, RECALLED])
    fee &= rng.random(count) < RETURN_FEE_RATE
    adjustment = np.where(kind == ADJUSTMENT, goodwill, np.where(fee, -RETURN_FEE * step, 0))
    tax = amounts.shipping_tax[order]
    reason[kind == ADJUSTMENT] = GOODWILL
    reason[kind == SHIPPING] = LATE
    return Refunds(
        order=order,
        kind=kind,
        refunded=refunded,
        reason=reason,
        shipping=(amounts.shipping[order] - tax * terms.tax_included[order]) * shipping_back,
        shipping_tax=tax * shipping_back,
        adjustment=adjustment,
    )
