"""What is in the sample's orders.

A few orders are edited before they are shipped. What they looked like when they were
placed is kept behind the final states: states 0 … orders - 1 are final, the others are as
placed, one per edited order.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sample_shop.arrays import NEVER, Flags, Ints, between, spans
from sample_shop.trade.catalogue import Products, choose_products
from sample_shop.trade.currencies import Currencies
from sample_shop.trade.orders import Orders
from sample_shop.trade.pricing import price
from sample_shop.trade.terms import Terms
from sample_shop.trade.words import GIFT_CARD, GOODS, SHIPPING

QUANTITY_SHARES = (0.68, 0.19, 0.07, 0.04, 0.02)
ADD_RATE = 0.25  # of the edits; the others reduce or remove a line
REDUCE_RATE = 0.7  # of the others, where the line has several units
LATER_RATE = 0.5  # of the lines of an order in parts that may be shipped either way
NO_PRODUCT = -1


@dataclass(frozen=True)
class Lines:
    """One element per order line and state, by state and number: goods, gift card, shipping.

    The first `final` lines are those of the final states; state k begins with line `first[k]`.
    Amounts are minor units of the order's currency, costs those of the shop's. `order_discount`
    is the line's part of the discount on the whole order. `later` marks goods of a second
    shipment.
    """

    final: int
    first: Ints
    order: Ints
    number: Ints
    line_type: Ints
    product: Ints
    quantity: Ints
    unit_price: Ints
    unit_cost: Ints
    discount: Ints
    order_discount: Ints
    tax: Ints
    later: Flags

    def __len__(self) -> int:
        return len(self.order)

    @property
    def gross(self) -> Ints:
        return self.quantity * self.unit_price

    def shipped(self, orders: Orders) -> Ints:
        """When each line of the final states was shipped: NEVER if not, or if it isn't goods."""
        order = self.order[: self.final]
        moment = np.where(self.later[: self.final], orders.completed[order], orders.shipped[order])
        return np.where(self.line_type[: self.final] == GOODS, moment, NEVER)


def draw_lines(
    rng: np.random.Generator,
    orders: Orders,
    terms: Terms,
    products: Products,
    currencies: Currencies,
) -> Lines:
    """The lines of all states: price, cost and discount are those of the placement."""
    count = orders.goods_count + (terms.gift_card > 0) + (terms.shipping_percent > 0)
    first = np.cumsum(count) - count
    order, number = spans(np.ones_like(first), count)
    line_type = _types(orders, terms, order, number)
    goods = line_type == GOODS
    product = np.where(goods, choose_products(rng, products, orders.placed[order]), NO_PRODUCT)
    units = rng.choice(len(QUANTITY_SHARES), size=len(order), p=QUANTITY_SHARES) + 1
    edited = np.flatnonzero(orders.edited != NEVER)
    before, after = _edit(rng, np.where(goods, units, 1), first[edited], orders.goods_count[edited])

    kept = np.flatnonzero(after > 0)
    _, replaced = spans(first[edited], count[edited])
    replaced = replaced[before[replaced] > 0]
    line = np.concatenate([kept, replaced])
    order, number, line_type, product = (
        column[line] for column in (order, number, line_type, product)
    )
    state = order.copy()
    state[len(kept) :] += len(orders)
    quantity = np.concatenate([after[kept], before[replaced]])
    first = np.flatnonzero(np.diff(state, prepend=-1))
    return Lines(
        final=len(kept),
        first=first,
        order=order.astype(np.int32),
        number=number.astype(np.int8),
        line_type=line_type,
        product=product.astype(np.int16),
        quantity=quantity,
        **price(
            orders,
            terms,
            products,
            currencies,
            first=first,
            order=order,
            line_type=line_type,
            product=product,
            quantity=quantity,
        ),
        later=_later(rng, orders, order, number, line_type),
    )


def _types(orders: Orders, terms: Terms, order: Ints, number: Ints) -> Ints:
    """After the goods comes the gift card, and then shipping."""
    line_type = np.full(len(order), GOODS, dtype=np.int8)
    other = np.flatnonzero(number > orders.goods_count[order])
    is_next = number[other] == orders.goods_count[order[other]] + 1
    is_card = is_next & (terms.gift_card[order[other]] > 0)
    line_type[other] = np.where(is_card, GIFT_CARD, SHIPPING)
    return line_type


def _edit(rng: np.random.Generator, quantity: Ints, first: Ints, count: Ints) -> tuple[Ints, Ints]:
    """The quantities before and after one line of each edited order was added, reduced or
    removed; a line with a quantity of 0 is not there.
    """
    before, after = quantity.copy(), quantity
    adds = rng.random(len(first)) < ADD_RATE
    before[(first + count - 1)[adds]] = 0
    line = (first + between(rng, 0, count - 1, len(first)))[~adds]
    units = before[line]
    reduced = between(rng, 1, np.maximum(units - 1, 1), len(line))
    after[line] = np.where((units > 1) & (rng.random(len(line)) < REDUCE_RATE), reduced, 0)
    return before, after


def _later(
    rng: np.random.Generator, orders: Orders, order: Ints, number: Ints, line_type: Ints
) -> Flags:
    """Of an order in parts the first line is shipped first and the last one later."""
    later = np.zeros(len(order), dtype=np.bool_)
    line = np.flatnonzero(orders.in_parts[order] & (line_type == GOODS))
    waits = (number[line] > 1) & (rng.random(len(line)) < LATER_RATE)
    later[line] = waits | (number[line] == orders.goods_count[order[line]])
    return later
