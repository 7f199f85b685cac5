"""What the shop's books say, from the arrays it was invented in and not from its files."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from storehouse.sample.arrays import Ints
from storehouse.sample.shop import Shop
from storehouse.sample.words import GIFT_CARD, GOODS, SHIPPING


@dataclass(frozen=True)
class Entries:
    """Ledger entries of one type. A line, refund or refund line of None means: has none.

    Amounts are minor units of the order's currency. Goods have a cost, in pence, and a
    quantity; other entries have zeros.
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
    """Each discount is an entry of its own; a tax that is included is not part of the sale."""
    orders, terms, lines = shop.orders, shop.terms, shop.lines
    placed = orders.placed
    line_type = lines.line_type[: lines.final]

    def of_lines(entry_type: str, line: Ints, amount: Ints, **goods: Ints) -> Entries:
        order = lines.order[line]
        return Entries(entry_type, order, placed[order], amount, line=line, **goods)

    def nonzero(entry_type: str, amount: Ints) -> Entries:
        line = np.flatnonzero(amount)
        return of_lines(entry_type, line, amount[line])

    goods = np.flatnonzero(line_type == GOODS)
    quantity = lines.quantity[goods]
    included = lines.tax[goods] * terms.tax_included[lines.order[goods]]
    yield of_lines(
        "sale",
        goods,
        quantity * lines.unit_price[goods] - included,
        quantity=quantity,
        cost=quantity * lines.unit_cost[goods],
    )
    discount = lines.discount[: lines.final]
    yield nonzero("discount", -discount * (line_type == GOODS))
    yield nonzero("discount", -lines.order_discount[: lines.final])
    yield nonzero("tax", lines.tax[: lines.final])
    cards = np.flatnonzero(line_type == GIFT_CARD)
    yield of_lines("gift_card", cards, lines.unit_price[cards])
    shipping = np.flatnonzero(line_type == SHIPPING)
    yield of_lines("shipping", shipping, lines.unit_price[shipping])
    yield of_lines("shipping", shipping, -discount[shipping])
    of_head = shop.amounts.shipping[: len(orders)] * (terms.shipping_percent == 0)
    shipped = np.flatnonzero(of_head)
    yield Entries("shipping", shipped, placed[shipped], of_head[shipped])


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
