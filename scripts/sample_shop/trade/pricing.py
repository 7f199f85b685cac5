"""What the lines of the sample's orders cost: prices, discounts, tax."""

from __future__ import annotations

from typing import TypedDict

import numpy as np

from sample_shop.arrays import Ints, share, spans
from sample_shop.trade.catalogue import Products
from sample_shop.trade.currencies import OWN, Currencies
from sample_shop.trade.orders import Orders
from sample_shop.trade.terms import Terms
from sample_shop.trade.words import GIFT_CARD, GOODS, SHIPPING

TAX_PERCENT = 20


class Prices(TypedDict):
    """Columns of baskets.Lines."""

    unit_price: Ints
    unit_cost: Ints
    discount: Ints
    order_discount: Ints
    tax: Ints


def price(
    orders: Orders,
    terms: Terms,
    products: Products,
    currencies: Currencies,
    *,
    first: Ints,
    order: Ints,
    line_type: Ints,
    product: Ints,
    quantity: Ints,
) -> Prices:
    """Goods at the list price of the moment; gift cards and shipping at what the terms say.

    Tax is on goods, after all discounts; that of shipping no line states. It is added to the
    price or included in it.
    """
    unit_price, unit_cost = _unit_prices(
        orders, terms, products, currencies, order=order, product=product
    )
    others = np.flatnonzero(line_type != GOODS)
    cards = others[line_type[others] == GIFT_CARD]
    shipping = others[line_type[others] == SHIPPING]
    unit_cost[others] = 0
    unit_price[cards] = terms.gift_card[order[cards]]
    unit_price[shipping] = terms.shipping[order[shipping]]
    percent = terms.percent[order]
    percent[others] = 0
    percent[shipping] = terms.shipping_percent[order[shipping]]
    gross = quantity * unit_price
    discount = share(gross, percent, 100)
    worth = gross - discount
    worth[others] = 0
    order_discount = _order_discounts(terms, first, order, worth)
    taxed = (worth - order_discount) * products.taxed[product]
    whole = 100 + TAX_PERCENT * terms.tax_included[order]
    return Prices(
        unit_price=unit_price,
        unit_cost=unit_cost,
        discount=discount,
        order_discount=order_discount,
        tax=share(taxed, TAX_PERCENT, whole),
    )


def _unit_prices(
    orders: Orders,
    terms: Terms,
    products: Products,
    currencies: Currencies,
    *,
    order: Ints,
    product: Ints,
) -> tuple[Ints, Ints]:
    """Prices in the order's currency, with the tax where it is included; costs in the shop's."""
    version = products.version_at(product, orders.placed[order])
    unit_price = products.prices[version, product]
    with_tax = np.flatnonzero(terms.tax_included[order] & products.taxed[product])
    unit_price[with_tax] = share(unit_price[with_tax], 100 + TAX_PERCENT, 100)
    currency = terms.currency[order]
    foreign = np.flatnonzero(currency != OWN)
    unit_price[foreign] = currencies.from_own(
        unit_price[foreign], currency[foreign], terms.rate[order[foreign]]
    )
    return unit_price, products.costs[version, product]


def _order_discounts(terms: Terms, first: Ints, order: Ints, worth: Ints) -> Ints:
    """Each line's part of the discount on its whole order, in proportion to its worth."""
    total = np.add.reduceat(worth, first)
    discount = share(total, terms.order_percent[order[first]], 100)
    state = np.flatnonzero(discount)
    count = np.diff(first, append=len(order))[state]
    owner, line = spans(first[state], count)
    parts = np.zeros(len(order), dtype=np.int64)
    parts[line] = allocate(discount[state], worth[line], owner)
    return parts


def allocate(amount: Ints, weight: Ints, group: Ints) -> Ints:
    """The amount of each group over its members, which are neighbours, by weight.

    Each member gets what the rounded share of all up to it exceeds that of those before it,
    so the parts sum to the amount. The format guide promises just this rule.
    """
    starts = np.flatnonzero(np.diff(group, prepend=-1))
    running = np.cumsum(weight)
    before = (running - weight)[starts][group]
    whole = np.bincount(group, weight).astype(np.int64)
    so_far = share(amount[group], running - before, whole[group])
    parts = np.diff(so_far, prepend=0)
    parts[starts] = so_far[starts]
    return parts
