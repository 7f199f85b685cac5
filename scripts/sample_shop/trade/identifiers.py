"""The shop's numbers of its things, as the files and the truth both write them."""

from __future__ import annotations

from sample_shop.arrays import Ints
from sample_shop.delivery.text import Array, counts, joined, numbered, picked, picked_or_null
from sample_shop.shop import Shop


class Identifiers:
    """Texts by index. Lines are numbered within what they belong to: `O000012-1`."""

    def __init__(self, shop: Shop) -> None:
        self._shop = shop
        self._customers = numbered("C", len(shop.customers))
        self._products = numbered("P", len(shop.products))
        self._orders = numbered("O", len(shop.orders))
        self._refunds = numbered("R", len(shop.refunds))
        self._payments = numbered("T", len(shop.payments))
        self._visitors = numbered("V", shop.web.visitors)

    def customers(self, customer: Ints) -> Array:
        """Null for a guest."""
        return picked_or_null(self._customers, customer)

    def products(self, product: Ints) -> Array:
        """Null for what is no product."""
        return picked_or_null(self._products, product)

    def orders(self, order: Ints) -> Array:
        """Null for no order."""
        return picked_or_null(self._orders, order)

    def order_lines(self, line: Ints) -> Array:
        lines = self._shop.lines
        return joined(self.orders(lines.order[line]), counts(lines.number[line]), separator="-")

    def refunds(self, refund: Ints) -> Array:
        return picked(self._refunds, refund)

    def refund_lines(self, line: Ints) -> Array:
        lines = self._shop.refund_lines
        return joined(self.refunds(lines.refund[line]), counts(lines.number[line]), separator="-")

    def payments(self, payment: Ints) -> Array:
        return picked(self._payments, payment)

    def visitors(self, visitor: Ints) -> Array:
        return picked(self._visitors, visitor)

    # Of these there are too many to keep their texts.
    def stock_movements(self, movement: Ints) -> Array:
        return joined("M", counts(movement + 1))

    def web_events(self, event: Ints) -> Array:
        return joined("E", counts(event + 1))
