"""What the shop's books say, from the arrays it was invented in and not from its files."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from storehouse.sample.arrays import Ints
from storehouse.sample.shop import Shop


@dataclass(frozen=True)
class Entries:
    """Ledger entries of one type. A line, refund or refund line of None means: has none.

    Amounts are pence. Goods have a cost and a quantity; other entries have zeros.
    """

    entry_type: str
    order: Ints
    moment: Ints
    amount: Ints
    line: Ints | None = None
    refund: Ints | None = None
    refund_line: Ints | None = None
    quantity: Ints | None = None
    cost: Ints | None = None

    def __len__(self) -> int:
        return len(self.order)


def ledger_entries(shop: Shop) -> Iterator[Entries]:
    """The book, type by type."""
    yield from _sale_entries(shop)
    yield from _refund_entries(shop)


def _sale_entries(shop: Shop) -> Iterator[Entries]:
    orders, lines, shipping = shop.orders, shop.lines, shop.amounts.shipping
    placed = orders.placed

    def of_lines(entry_type: str, line: Ints, amount: Ints, **goods: Ints) -> Entries:
        order = lines.order[line]
        return Entries(entry_type, order, placed[order], amount, line=line, **goods)

    final = np.arange(lines.final)
    quantity = lines.quantity[final]
    cost = quantity * lines.unit_cost[final]
    yield of_lines("sale", final, lines.gross[final], quantity=quantity, cost=cost)
    discounted = np.flatnonzero(lines.discount[final])
    yield of_lines("discount", discounted, -lines.discount[discounted])
    taxed = np.flatnonzero(lines.tax[final])
    yield of_lines("tax", taxed, lines.tax[taxed])
    shipped = np.flatnonzero(shipping[: len(orders)])
    yield Entries("shipping", shipped, placed[shipped], shipping[shipped])


def _refund_entries(shop: Shop) -> Iterator[Entries]:
    refunds, lines = shop.refunds, shop.refund_lines

    def of_refunds(entry_type: str, refund: Ints, amount: Ints, **more: Ints) -> Entries:
        order, moment = refunds.order[refund], refunds.refunded[refund]
        return Entries(entry_type, order, moment, amount, refund=refund, **more)

    every = np.arange(len(lines))
    yield of_refunds(
        "refund",
        lines.refund,
        -lines.amount,
        line=lines.line,
        refund_line=every,
        quantity=-lines.quantity,
        cost=-lines.quantity * shop.lines.unit_cost[lines.line] * lines.restocked,
    )
    taxed = np.flatnonzero(lines.tax)
    yield of_refunds(
        "refund_tax",
        lines.refund[taxed],
        -lines.tax[taxed],
        line=lines.line[taxed],
        refund_line=taxed,
    )
    for entry_type, amount in (
        ("refund_shipping", refunds.shipping),
        ("adjustment", refunds.adjustment),
    ):
        refund = np.flatnonzero(amount)
        yield of_refunds(entry_type, refund, -amount[refund])
