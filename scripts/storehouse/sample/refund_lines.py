"""Which lines, and how much of them, the sample's refunds give back."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from storehouse.sample.arrays import Flags, Ints, between, share, spans
from storehouse.sample.baskets import Amounts, Lines
from storehouse.sample.refunds import PART, WHOLE, Refunds
from storehouse.sample.words import ORDER_CANCELLED

RESTOCK_RATE = 0.7
MORE_LINES_RATE = 0.3


@dataclass(frozen=True)
class RefundLines:
    """One element per refunded line, by refund; `line` counts the final order lines.

    `amount` (after discount, without tax) and `tax` are pence.
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
    rng: np.random.Generator, refunds: Refunds, lines: Lines, amounts: Amounts
) -> tuple[Refunds, RefundLines]:
    """The lines, and the refunds without those for which nothing was left to give back."""
    left = np.stack([lines.quantity, lines.gross - lines.discount, lines.tax])[:, : lines.final]
    part = _part(rng, refunds, left, amounts)
    left[:, part[1]] -= part[2:]
    refund, line, quantity, amount, tax = np.hstack([part, _whole(refunds, left, amounts)])

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


def _part(rng: np.random.Generator, refunds: Refunds, left: Ints, amounts: Amounts) -> Ints:
    """Rows refund, line, quantity, amount, tax of the refunds that take some of their order."""
    refund, owner, line = _lines_of(refunds, PART, amounts)
    count = amounts.line_count[refunds.order[refund]]
    certain = amounts.first_line[refunds.order[refund]] + between(rng, 0, count - 1, len(count))
    chosen = (line == certain[owner]) | (rng.random(len(line)) < MORE_LINES_RATE)
    refund, line = refund[owner][chosen], line[chosen]
    sold, amount, tax = left[:, line]
    quantity = between(rng, 1, sold, len(line))
    return np.stack(
        [refund, line, quantity, share(amount, quantity, sold), share(tax, quantity, sold)]
    )


def _whole(refunds: Refunds, left: Ints, amounts: Amounts) -> Ints:
    """The same rows of the refunds that take all that is left of their order."""
    refund, owner, line = _lines_of(refunds, WHOLE, amounts)
    still = left[0, line] > 0
    return np.vstack([refund[owner][still], line[still], left[:, line[still]]])


def _lines_of(refunds: Refunds, kind: int, amounts: Amounts) -> tuple[Ints, Ints, Ints]:
    """The refunds of one kind; then, per line of their orders, which of these and the line."""
    refund = np.flatnonzero(refunds.kind == kind)
    order = refunds.order[refund]
    return refund, *spans(amounts.first_line[order], amounts.line_count[order])
