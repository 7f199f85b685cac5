"""What is in the sample's orders, and what they amount to.

A few orders are edited before they are shipped. What they looked like when they were
placed is kept behind the final states: states 0 … orders - 1 are final, the others are as
placed, one per edited order.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from storehouse.sample.arrays import NEVER, Ints, between, share, spans
from storehouse.sample.catalogue import Products, choose_products
from storehouse.sample.orders import Orders
from storehouse.sample.words import STORE

QUANTITY_SHARES = (0.68, 0.19, 0.07, 0.04, 0.02)
REDUCE_RATE = 0.7  # of the edits of a line of several units; the others remove the line
TAX_PERCENT = 20
HOME = 0  # the first of COUNTRIES
HOME_SHIPPING, SHIPPING_ABROAD, FREE_SHIPPING_FROM = 395, 995, 10_000  # pence


@dataclass(frozen=True)
class Lines:
    """One element per order line and state, by state and number; amounts are pence.

    The first `final` lines are those of the final states.
    """

    final: int
    order: Ints
    state: Ints
    number: Ints
    product: Ints
    quantity: Ints
    unit_price: Ints
    unit_cost: Ints
    discount: Ints
    tax: Ints

    def __len__(self) -> int:
        return len(self.order)

    @property
    def gross(self) -> Ints:
        return self.quantity * self.unit_price


@dataclass(frozen=True)
class Amounts:
    """One element per state, in pence, and the lines it sums.

    `as_placed` has one element per order: the state in which it was placed.
    """

    as_placed: Ints
    first_line: Ints
    line_count: Ints
    subtotal: Ints
    discount: Ints
    shipping: Ints
    tax: Ints
    total: Ints


def draw_lines(rng: np.random.Generator, orders: Orders, products: Products) -> Lines:
    """The lines of all states: price, cost and discount are those of the placement."""
    first = np.cumsum(orders.line_count) - orders.line_count
    order, placed_line = spans(np.zeros_like(first), orders.line_count)
    product = choose_products(rng, products, len(order))
    as_placed = rng.choice(len(QUANTITY_SHARES), size=len(order), p=QUANTITY_SHARES) + 1
    edited = np.flatnonzero(orders.edited != NEVER)
    quantity = _edit(rng, as_placed, first[edited], orders.line_count[edited])
    kept = np.flatnonzero(quantity > 0)
    which, replaced = spans(first[edited], orders.line_count[edited])

    line = np.concatenate([kept, replaced])
    order, product, number = order[line], product[line], placed_line[line] + 1
    quantity = np.concatenate([quantity[kept], as_placed[replaced]])
    version = products.version_at(product, orders.placed[order])
    unit_price = products.prices[version, product]
    discount = share(quantity * unit_price, orders.percent[order], 100)
    taxed = np.where(products.taxed[product], quantity * unit_price - discount, 0)
    return Lines(
        final=len(kept),
        order=order,
        state=np.concatenate([order[: len(kept)], len(orders) + which]),
        number=number,
        product=product,
        quantity=quantity,
        unit_price=unit_price,
        unit_cost=products.costs[version, product],
        discount=discount,
        tax=share(taxed, TAX_PERCENT, 100),
    )


def _edit(rng: np.random.Generator, quantity: Ints, first: Ints, count: Ints) -> Ints:
    """The quantities after one line of each edited order was reduced, or removed (0)."""
    line = first + between(rng, 0, count - 1, len(first))
    before = quantity[line]
    reduced = between(rng, 1, np.maximum(before - 1, 1), len(line))
    after = quantity.copy()
    after[line] = np.where((before > 1) & (rng.random(len(line)) < REDUCE_RATE), reduced, 0)
    return after


def add_up(orders: Orders, lines: Lines) -> Amounts:
    """The amounts of each state. Shipping is charged on placement and stays."""
    first_line = np.flatnonzero(np.diff(lines.state, prepend=-1))
    subtotal = np.add.reduceat(lines.gross, first_line)
    discount = np.add.reduceat(lines.discount, first_line)
    edited = lines.order[first_line[len(orders) :]]
    as_placed = np.arange(len(orders))
    as_placed[edited] = len(orders) + np.arange(len(edited))
    shipping = np.where(orders.country == HOME, HOME_SHIPPING, SHIPPING_ABROAD)
    shipping[(subtotal - discount)[as_placed] >= FREE_SHIPPING_FROM] = 0
    shipping[orders.channel == STORE] = 0
    shipping = shipping[lines.order[first_line]]
    tax = np.add.reduceat(lines.tax, first_line)
    return Amounts(
        as_placed=as_placed,
        first_line=first_line,
        line_count=np.diff(first_line, append=len(lines)),
        subtotal=subtotal,
        discount=discount,
        shipping=shipping,
        tax=tax,
        total=subtotal - discount + shipping + tax,
    )
