"""What the sample's orders amount to, in each of their states."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sample_shop.arrays import Ints, share
from sample_shop.trade.baskets import Lines
from sample_shop.trade.currencies import Currencies
from sample_shop.trade.pricing import TAX_PERCENT
from sample_shop.trade.terms import Terms
from sample_shop.trade.words import GIFT_CARD, GOODS

FREE_SHIPPING_FROM = 10_000  # pence


@dataclass(frozen=True)
class Amounts:
    """One element per state, in minor units; its goods are the first lines of the state.

    `as_placed` has one element per order: the state in which it was placed. `tax` contains
    `shipping_tax`, which no line states.
    """

    as_placed: Ints
    goods_count: Ints
    subtotal: Ints
    discount: Ints
    shipping: Ints
    shipping_tax: Ints
    tax: Ints
    total: Ints


def add_up(terms: Terms, lines: Lines, currencies: Currencies) -> Amounts:
    """The amounts of each state. Shipping is charged on placement and stays."""
    orders, order = len(terms.currency), lines.order[lines.first]
    goods = lines.line_type == GOODS
    subtotal = np.add.reduceat(lines.gross * goods, lines.first)
    discount = np.add.reduceat(lines.discount * goods + lines.order_discount, lines.first)
    as_placed = np.arange(orders)
    as_placed[order[orders:]] = np.arange(orders, len(order))
    free_from = currencies.from_own(
        currencies.scaled(FREE_SHIPPING_FROM), terms.currency, terms.rate
    )
    is_free = ((subtotal - discount)[as_placed] >= free_from) & (terms.shipping_percent == 0)
    shipping = terms.shipping - share(terms.shipping, terms.shipping_percent, 100)
    shipping = np.where(is_free, 0, shipping)[order]
    tax_of_lines = np.add.reduceat(lines.tax, lines.first)
    whole = 100 + TAX_PERCENT * terms.tax_included[order]
    shipping_tax = share(shipping, TAX_PERCENT, whole)
    shipping_tax *= terms.shipping_taxed[order] & (tax_of_lines > 0)
    tax = tax_of_lines + shipping_tax
    cards = np.add.reduceat(lines.unit_price * (lines.line_type == GIFT_CARD), lines.first)
    added_tax = tax * ~terms.tax_included[order]
    return Amounts(
        as_placed=as_placed,
        goods_count=np.add.reduceat(goods.astype(np.int64), lines.first),
        subtotal=subtotal,
        discount=discount,
        shipping=shipping,
        shipping_tax=shipping_tax,
        tax=tax,
        total=subtotal - discount + shipping + added_tax + cards,
    )
