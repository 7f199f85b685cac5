"""The sample's payment transactions, in both directions."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import numpy as np

from sample_shop.arrays import DAY, Ints, between, share
from sample_shop.period import Period
from sample_shop.trade.amounts import Amounts
from sample_shop.trade.orders import Orders
from sample_shop.trade.refund_lines import RefundLines
from sample_shop.trade.refunds import Refunds
from sample_shop.trade.words import BY_CARD, BY_GIFT_CARD, BY_PAYPAL, PAYMENT_METHODS
from sample_shop.troubles import Trouble, struck

KINDS = ("charge", "refund", "chargeback")
CHARGE, REFUND, CHARGEBACK = range(3)
STATUSES = ("succeeded", "failed")
SUCCEEDED, FAILED = range(2)
METHOD_SHARES = np.array([0.66, 0.24, 0.04, 0.06])
DECLINED_RATE = 0.04
RETRY_SECONDS = 45
SPLIT_RATE = 0.03
GIFT_CARD_RATE = 0.6  # of the split payments; the others are split with PayPal
CHARGEBACK_RATE = 0.004  # of the orders paid by card
LEAST_CHARGEBACK_DAYS, MOST_CHARGEBACK_DAYS = 7, 90


@dataclass(frozen=True)
class Payments:
    """One element per transaction, by time; `amount` is positive in every direction.

    It is minor units of the order's currency.
    """

    order: Ints
    kind: Ints
    status: Ints
    method: Ints
    amount: Ints
    processed: Ints

    def __len__(self) -> int:
        return len(self.order)

    @property
    def received(self) -> Ints:
        """`amount` as far as it was moved, negative where the shop gave it back."""
        direction = np.where(self.kind == CHARGE, 1, -1)
        return np.where(self.status == SUCCEEDED, direction, 0) * self.amount

    def __getitem__(self, rows: Ints) -> Payments:
        return Payments(*(getattr(self, field.name)[rows] for field in fields(self)))


def draw_payments(
    rng: np.random.Generator,
    period: Period,
    *,
    orders: Orders,
    amounts: Amounts,
    refunds: Refunds,
    refund_lines: RefundLines,
    troubles: frozenset[Trouble],
) -> Payments:
    """A charge per order and a refund per refund, either in two parts if the order is split.

    Some charges failed at first, and some are taken back by the bank; none is of nothing.
    """
    count = len(orders)
    method, other_method, percent = _methods(rng, count, troubles)
    total = np.concatenate([amounts.total[:count], refund_totals(refunds, refund_lines)])
    order = np.concatenate([np.arange(count), refunds.order])
    other = share(total, percent[order], 100)
    due = Payments(
        order=order.astype(np.int32),
        kind=np.repeat(np.array([CHARGE, REFUND], dtype=np.int8), [count, len(refunds)]),
        status=np.full(len(order), SUCCEEDED, dtype=np.int8),
        method=method[order],
        amount=total - other,
        processed=np.concatenate([orders.placed, refunds.refunded]),
    )
    split = np.flatnonzero(other)
    others = replace(due[split], method=other_method[order[split]], amount=other[split])
    failing = struck(rng, count, DECLINED_RATE, Trouble.DECLINED_PAYMENTS in troubles)
    disputed = struck(rng, count, CHARGEBACK_RATE, Trouble.CHARGEBACKS in troubles)
    failed = _failed(due[np.flatnonzero(failing)], period)
    disputes = _charged_back(rng, due[np.flatnonzero(disputed & (method == BY_CARD))])
    every = _joined(failed, due, others, disputes)
    kept = np.flatnonzero((every.amount > 0) & (every.processed < period.end))
    return every[kept[np.argsort(every.processed[kept], kind="stable")]]


def _failed(charges: Payments, period: Period) -> Payments:
    """The attempts just before."""
    return replace(
        charges,
        status=np.full_like(charges.status, FAILED),
        processed=np.maximum(charges.processed - RETRY_SECONDS, period.start),
    )


def _charged_back(rng: np.random.Generator, charges: Payments) -> Payments:
    days = (LEAST_CHARGEBACK_DAYS * DAY, MOST_CHARGEBACK_DAYS * DAY)
    return replace(
        charges,
        kind=np.full_like(charges.kind, CHARGEBACK),
        processed=charges.processed + between(rng, *days, len(charges)),
    )


def _methods(
    rng: np.random.Generator, count: int, troubles: frozenset[Trouble]
) -> tuple[Ints, Ints, Ints]:
    """Per order how it is paid; of the split ones, how else, and how many percent so."""
    gift_cards = Trouble.GIFT_CARDS in troubles
    shares = METHOD_SHARES.copy()
    shares[BY_GIFT_CARD] *= gift_cards
    method = rng.choice(len(PAYMENT_METHODS), size=count, p=shares / shares.sum())
    splits = struck(rng, count, SPLIT_RATE, Trouble.SPLIT_PAYMENTS in troubles)
    method[splits] = BY_CARD
    by_gift_card = struck(rng, count, GIFT_CARD_RATE, gift_cards)
    other_method = np.where(by_gift_card, BY_GIFT_CARD, BY_PAYPAL)
    percent = between(rng, 10, 90, count) * splits
    return method.astype(np.int8), other_method.astype(np.int8), percent


def refund_totals(refunds: Refunds, lines: RefundLines) -> Ints:
    """All money of each refund."""
    total = refunds.shipping + refunds.shipping_tax + refunds.adjustment
    np.add.at(total, lines.refund, lines.amount + lines.tax)
    return total


def _joined(*parts: Payments) -> Payments:
    columns = ([getattr(part, field.name) for part in parts] for field in fields(Payments))
    return Payments(*map(np.concatenate, columns))
