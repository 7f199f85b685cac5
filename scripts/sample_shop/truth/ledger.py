"""What the shop's books say, from the arrays it was invented in and not from its files."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from sample_shop.arrays import Ints
from sample_shop.shop import Shop
from sample_shop.trade.words import GIFT_CARD, GOODS, SHIPPING

LINES_AT_ONCE = 1_000_000


@dataclass(frozen=True)
class Entries:
    """Ledger entries of one type. A line, refund or refund line of None means: has none.

    Amounts are minor units of the order's currency. Goods have a cost, in the shop's, and a
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
    """The book, type by type for some of the lines at a time."""
    final = shop.lines.final
    for start in range(0, final, LINES_AT_ONCE):
        yield from _line_entries(shop, np.arange(start, min(start + LINES_AT_ONCE, final)))
    yield from _shipping_entries(shop)
    yield from _refund_entries(shop)


def _line_entries(shop: Shop, lines: Ints) -> Iterator[Entries]:
    """Each discount is an entry of its own; a tax that is included is not part of the sale."""
    placed, terms, all_lines = shop.orders.placed, shop.terms, shop.lines

    def of_lines(entry_type: str, line: Ints, amount: Ints, **goods: Ints) -> Entries:
        order = all_lines.order[line]
        return Entries(entry_type, order, placed[order], amount, line=line, **goods)

    line_type = all_lines.line_type[lines]
    goods, cards, shipping = (lines[line_type == kind] for kind in (GOODS, GIFT_CARD, SHIPPING))
    quantity, tax = all_lines.quantity[goods], all_lines.tax[goods]
    yield of_lines(
        "sale",
        goods,
        quantity * all_lines.unit_price[goods] - tax * terms.tax_included[all_lines.order[goods]],
        quantity=quantity,
        cost=quantity * all_lines.unit_cost[goods],
    )
    for entry_type, amounts in (
        ("discount", -all_lines.discount[goods]),
        ("discount", -all_lines.order_discount[goods]),
        ("tax", tax),
    ):
        some = np.flatnonzero(amounts)
        yield of_lines(entry_type, goods[some], amounts[some])
    yield of_lines("gift_card", cards, all_lines.unit_price[cards])
    yield of_lines("shipping", shipping, all_lines.unit_price[shipping])
    yield of_lines("shipping", shipping, -all_lines.discount[shipping])


def _shipping_entries(shop: Shop) -> Iterator[Entries]:
    """Of the orders that state shipping on their head only; without a tax that is included."""
    terms, amounts, count = shop.terms, shop.amounts, len(shop.orders)
    tax = amounts.shipping_tax[:count]
    shipping = amounts.shipping[:count] * (terms.shipping_percent == 0) - tax * terms.tax_included
    for entry_type, amount in (("shipping", shipping), ("tax", tax)):
        order = np.flatnonzero(amount)
        yield Entries(entry_type, order, shop.orders.placed[order], amount[order])


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
        ("refund_tax", refunds.shipping_tax),
        ("adjustment", refunds.adjustment),
    ):
        refund = np.flatnonzero(amount)
        yield of_refunds(entry_type, refund, -amount[refund])
