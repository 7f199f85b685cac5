"""What the rows of the export say: the columns of models/staging/shop/_shop__sources.yml.

A row shows what was known when it was written, which is its updated_at.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from sample_shop.arrays import NEVER, Ints
from sample_shop.delivery.text import (
    Array,
    MomentText,
    MoneyText,
    booleans,
    counts,
    emptied,
    joined,
    picked,
    quoted,
    repeated,
)
from sample_shop.shop import Shop
from sample_shop.trade import payments, people, words
from sample_shop.trade.currencies import OWN
from sample_shop.trade.identifiers import Identifiers

Texts = dict[str, Array]

_FIRST_NAMES = pa.array(words.FIRST_NAMES)
_LAST_NAMES = pa.array(words.LAST_NAMES)
_CATEGORIES = quoted(pa.array([category for category, *_ in words.CATEGORIES]))
_SKU_PREFIXES = pa.array([prefix for _, prefix, *_ in words.CATEGORIES])
_NOUNS = pa.array([noun for *_, nouns in words.CATEGORIES for noun in nouns])
_NOUNS_A_CATEGORY = 4
_STYLES = pa.array(words.STYLES)
_CHANNELS = pa.array(words.CHANNELS)
_REASONS = quoted(pa.array(words.REASONS))
_METHODS = pa.array(words.PAYMENT_METHODS)
_KINDS = pa.array(payments.KINDS)
_PAYMENT_STATUSES = pa.array(payments.STATUSES)
_LINE_TYPES = pa.array(words.LINE_TYPES)
_ORDER_STATUSES = pa.array(words.ORDER_STATUSES)


def _known(moments: Ints, updated: Ints) -> Ints:
    return np.where(moments <= updated, moments, NEVER)


class Export:
    """The columns of each table, for rows given by what they are about and their updated_at."""

    def __init__(self, shop: Shop, identifiers: Identifiers) -> None:
        self._shop = shop
        self._ids = identifiers
        self._moments = MomentText(shop.period.start, shop.period.end)
        self._countries = pa.array(shop.places.countries)
        self._cities = quoted(pa.array(shop.places.cities))

    def _money(self, order: Ints) -> MoneyText:
        return MoneyText(self._shop.currencies, self._shop.terms.currency[order])

    def customers(self, customer: Ints, updated: Ints) -> Texts:
        """A deleted customer keeps the number and the country; the rest is emptied."""
        customers = self._shop.customers
        deleted = customers.deleted[customer] <= updated
        city = people.city_at(customers, customer, updated)
        first = picked(_FIRST_NAMES, customers.first_name[customer])
        last = picked(_LAST_NAMES, customers.last_name[customer])
        identifier = self._ids.customers(customer)
        return {
            "customer_id": identifier,
            "email": emptied(joined(identifier, "@example.com"), deleted),
            "full_name": emptied(quoted(joined(first, last, separator=" ")), deleted),
            "country_code": picked(self._countries, self._shop.places.country_of[city]),
            "city": emptied(picked(self._cities, city), deleted),
            "created_at": self._moments(customers.created[customer]),
            "updated_at": self._moments(updated),
            "is_deleted": booleans(deleted),
            "merged_into_customer_id": self._ids.customers(
                np.where(customers.merged[customer] <= updated, customers.merged_into[customer], -1)
            ),
        }

    def products(self, product: Ints, updated: Ints) -> Texts:
        products = self._shop.products
        category = products.category[product]
        noun = picked(_NOUNS, category * _NOUNS_A_CATEGORY + product % _NOUNS_A_CATEGORY)
        style = picked(_STYLES, product // _NOUNS_A_CATEGORY % len(_STYLES))
        identifier = self._ids.products(product)
        version = products.version_at(product, updated)
        money = MoneyText(self._shop.currencies, np.full(len(product), OWN))
        return {
            "product_id": identifier,
            "sku": joined(picked(_SKU_PREFIXES, category), identifier, separator="-"),
            "product_name": quoted(joined(noun, style, separator=", ")),
            "category_name": picked(_CATEGORIES, category),
            "list_price_amount": money(products.prices[version, product]),
            "unit_cost_amount": money(products.costs[version, product]),
            "currency_code": money.codes(),
            "is_active": booleans(products.discontinued[product] > updated),
            "updated_at": self._moments(updated),
        }

    def orders(self, order: Ints, updated: Ints) -> Texts:
        orders, amounts = self._shop.orders, self._shop.amounts
        money = self._money(order)
        unedited = orders.edited[order] > updated
        state = np.where(unedited, amounts.as_placed[order], order)
        cancelled, shipped, completed, delivered = (
            _known(moments[order], updated)
            for moments in (orders.cancelled, orders.shipped, orders.completed, orders.delivered)
        )
        status = np.select(
            [moments != NEVER for moments in (cancelled, delivered, completed, shipped)],
            [words.CANCELLED, words.DELIVERED, words.SHIPPED, words.PARTIALLY_SHIPPED],
            words.OPEN,
        )
        return {
            "order_id": self._ids.orders(order),
            "customer_id": self._ids.customers(orders.customer[order]),
            "channel": picked(_CHANNELS, orders.channel[order]),
            "order_status": picked(_ORDER_STATUSES, status),
            "currency_code": money.codes(),
            "placed_at": self._moments(orders.placed[order]),
            "cancelled_at": self._moments(cancelled),
            "shipped_at": self._moments(shipped),
            "delivered_at": self._moments(delivered),
            "ship_country_code": picked(self._countries, orders.country[order]),
            "subtotal_amount": money(amounts.subtotal[state]),
            "discount_amount": money(amounts.discount[state]),
            "shipping_amount": money(amounts.shipping[state]),
            "tax_amount": money(amounts.tax[state]),
            "total_amount": money(amounts.total[state]),
            "is_tax_included": booleans(self._shop.terms.tax_included[order]),
            "updated_at": self._moments(updated),
        }

    def order_lines(self, line: Ints, updated: Ints) -> Texts:
        lines = self._shop.lines
        money = self._money(lines.order[line])
        return {
            "order_line_id": self._ids.order_lines(line),
            "order_id": self._ids.orders(lines.order[line]),
            "line_number": counts(lines.number[line]),
            "product_id": self._ids.products(lines.product[line]),
            "quantity": counts(lines.quantity[line]),
            "unit_price_amount": money(lines.unit_price[line]),
            "discount_amount": money(lines.discount[line]),
            "tax_amount": money(lines.tax[line]),
            "line_type": picked(_LINE_TYPES, lines.line_type[line]),
            "updated_at": self._moments(updated),
        }

    def refunds(self, refund: Ints, updated: Ints) -> Texts:
        refunds = self._shop.refunds
        order = refunds.order[refund]
        money = self._money(order)
        return {
            "refund_id": self._ids.refunds(refund),
            "order_id": self._ids.orders(order),
            "customer_id": self._ids.customers(self._shop.orders.customer[order]),
            "refunded_at": self._moments(refunds.refunded[refund]),
            "currency_code": money.codes(),
            "shipping_amount": money(refunds.shipping[refund]),
            "shipping_tax_amount": money(refunds.shipping_tax[refund]),
            "adjustment_amount": money(refunds.adjustment[refund]),
            "reason": picked(_REASONS, refunds.reason[refund]),
            "updated_at": self._moments(updated),
        }

    def refund_lines(self, line: Ints, updated: Ints) -> Texts:
        lines = self._shop.refund_lines
        order_line = lines.line[line]
        money = self._money(self._shop.lines.order[order_line])
        return {
            "refund_line_id": self._ids.refund_lines(line),
            "refund_id": self._ids.refunds(lines.refund[line]),
            "order_line_id": self._ids.order_lines(order_line),
            "product_id": self._ids.products(self._shop.lines.product[order_line]),
            "line_type": repeated(words.LINE_TYPES[words.GOODS], len(line)),
            "quantity": counts(lines.quantity[line]),
            "amount": money(lines.amount[line]),
            "tax_amount": money(lines.tax[line]),
            "is_restocked": booleans(lines.restocked[line]),
            "updated_at": self._moments(updated),
        }

    def payments(self, payment: Ints, updated: Ints) -> Texts:
        transactions = self._shop.payments
        money = self._money(transactions.order[payment])
        return {
            "payment_id": self._ids.payments(payment),
            "order_id": self._ids.orders(transactions.order[payment]),
            "payment_kind": picked(_KINDS, transactions.kind[payment]),
            "payment_status": picked(_PAYMENT_STATUSES, transactions.status[payment]),
            "payment_method": picked(_METHODS, transactions.method[payment]),
            "amount": money(transactions.amount[payment]),
            "currency_code": money.codes(),
            "processed_at": self._moments(transactions.processed[payment]),
            "updated_at": self._moments(updated),
        }
