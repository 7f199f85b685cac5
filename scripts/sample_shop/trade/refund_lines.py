"""Which lines, and how much of them, the sample's refunds give back."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from sample_shop.arrays import Flags, Ints, between, share, spans
from sample_shop.trade.amounts import Amounts
from sample_shop.trade.baskets import Lines
from sample_shop.trade.refunds import PART, WHOLE, Refunds
from sample_shop.trade.terms import Terms
from sample_shop.trade.words import ORDER_CANCELLED

RESTOCK_RATE = 0.7
MORE_LINES_RATE = 0.3


@dataclass(frozen=True)
class RefundLines:
    """One element per refunded line, by refund; `line` counts the final order lines.

    `amount` (after all discounts, without tax) and `tax` are minor units.
    """

    refund: Ints
    number: Ints
    line: Ints
    quantity: Ints
    amount: Ints
    tax: Ints
    restocked: Flags

    def __len__(self) -> int:
        return len(self.refund)


def draw_refund_lines(
    rng: np.random.Generator, refunds: Refunds, lines: Lines, terms: Terms, amounts: Amounts
) -> tuple[Refunds, RefundLines]:
    """The lines, and the refunds without those for which nothing was left to give back."""
    sold = _Sold(lines, terms, amounts)
    part = _part(rng, refunds, sold)
    refund, line, quantity, amount, tax = np.hstack([part, _whole(refunds, sold, part)])

    has_lines = np.bincount(refund, minlength=len(refunds)) > 0
    kept = np.flatnonzero(has_lines | (refunds.shipping != 0) | (refunds.adjustment != 0))
    refund = np.searchsorted(kept, refund)
    refunds = Refunds(*(getattr(refunds, field.name)[kept] for field in fields(refunds)))

    by_refund = np.argsort(refund, kind="stable")
    refund = refund[by_refund]
    restocked = rng.random(len(refund)) < RESTOCK_RATE
    return refunds, RefundLines(
        refund=refund,
        number=np.arange(len(refund)) - np.searchsorted(refund, refund) + 1,
        line=line[by_refund],
        quantity=quantity[by_refund],
        amount=amount[by_refund],
        tax=tax[by_refund],
        restocked=restocked | (refunds.reason[refund] == ORDER_CANCELLED),
    )


@dataclass(frozen=True)
class _Sold:
    """What was paid for the goods of the final states."""

    lines: Lines
    terms: Terms
    amounts: Amounts

    def lines_of(self, refunds: Refunds, kind: int) -> tuple[Ints, Ints, Ints, Ints]:
        """The refunds of one kind, and how many lines the order of each has.

        Then, per line of these orders, which of these refunds and which line.
        """
        refund = np.flatnonzero(refunds.kind == kind)
        order = refunds.order[refund]
        count = self.amounts.goods_count[order]
        return refund, count, *spans(self.lines.first[order], count)

    def left(self, line: Ints) -> Ints:
        """Rows quantity, amount, tax of the lines, when nothing has been given back yet."""
        lines = self.lines
        quantity, tax = lines.quantity[line], lines.tax[line]
        amount = quantity * lines.unit_price[line] - lines.discount[line]
        amount -= lines.order_discount[line] + tax * self.terms.tax_included[lines.order[line]]
        return np.stack([quantity, amount, tax])


def _part(rng: np.random.Generator, refunds: Refunds, sold: _Sold) -> Ints:
    """Rows refund, line, quantity, amount, tax of the refunds that take some of their order."""
    refund, count, owner, line = sold.lines_of(refunds, PART)
    first = np.cumsum(count) - count
    certain = first + between(rng, 0, count - 1, len(count))
    chosen = rng.random(len(line)) < MORE_LINES_RATE
    chosen[certain] = True
    refund, line = refund[owner][chosen], line[chosen]
    units, amount, tax = sold.left(line)
    quantity = between(rng, 1, units, len(line))
    return np.stack(
        [refund, line, quantity, share(amount, quantity, units), share(tax, quantity, units)]
    )


def _whole(refunds: Refunds, sold: _Sold, part: Ints) -> Ints:
    """The same rows of the refunds that take all that `part` has left of their order."""
    refund, _, owner, line = sold.lines_of(refunds, WHOLE)
    left = sold.left(line)
    taken, position = np.intersect1d(line, part[1], assume_unique=True, return_indices=True)[1:]
    left[:, taken] -= part[2:, position]
    still = left[0] > 0
    return np.vstack([refund[owner][still], line[still], left[:, still]])
