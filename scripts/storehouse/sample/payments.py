"""The sample's payment transactions, in both directions."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from storehouse.sample.arrays import Ints
from storehouse.sample.baskets import Amounts
from storehouse.sample.orders import Orders
from storehouse.sample.period import Period
from storehouse.sample.refund_lines import RefundLines
from storehouse.sample.refunds import Refunds
from storehouse.sample.words import PAYMENT_METHODS

KINDS = ("charge", "refund")
CHARGE, REFUND = range(2)
STATUSES = ("succeeded", "failed")
SUCCEEDED, FAILED = range(2)
METHOD_SHARES = (0.66, 0.24, 0.04, 0.06)
FAILED_RATE = 0.04
RETRY_SECONDS = 45


@dataclass(frozen=True)
class Payments:
    """One element per transaction, by time; `amount` is pence, positive both ways."""

    order: Ints
    kind: Ints
    status: Ints
    method: Ints
    amount: Ints
    processed: Ints

    def __len__(self) -> int:
        return len(self.order)


def refund_totals(refunds: Refunds, lines: RefundLines) -> Ints:
    """All money of each refund, in pence."""
    total = refunds.shipping + refunds.adjustment
    np.add.at(total, lines.refund, lines.amount + lines.tax)
    return total


def draw_payments(
    rng: np.random.Generator,
    period: Period,
    *,
    orders: Orders,
    amounts: Amounts,
    refunds: Refunds,
    refund_lines: RefundLines,
) -> Payments:
    """A charge per order, some after a failed one, and a refund per refund; none of nothing."""
    count = len(orders)
    failing = np.flatnonzero(rng.random(count) < FAILED_RATE)
    failed_at = np.maximum(orders.placed[failing] - RETRY_SECONDS, period.start)
    order = np.concatenate([failing, np.arange(count), refunds.order])
    parts = [len(failing), count, len(refunds)]
    processed = np.concatenate([failed_at, orders.placed, refunds.refunded])
    total = amounts.total[:count]
    amount = np.concatenate([total[failing], total, refund_totals(refunds, refund_lines)])
    kept = np.flatnonzero(amount > 0)
    kept = kept[np.argsort(processed[kept], kind="stable")]
    method = rng.choice(len(PAYMENT_METHODS), size=count, p=METHOD_SHARES)
    return Payments(
        order=order[kept],
        kind=np.repeat([CHARGE, CHARGE, REFUND], parts)[kept],
        status=np.repeat([FAILED, SUCCEEDED, SUCCEEDED], parts)[kept],
        method=method[order[kept]],
        amount=amount[kept],
        processed=processed[kept],
    )
