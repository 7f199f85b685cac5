"""The invented shop as a whole, in arrays. Nothing here knows files."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sample_shop.period import Period, order_moments
from sample_shop.rows import Packed
from sample_shop.stock.draw import draw_stock
from sample_shop.stock.movements import Movements
from sample_shop.trade.amounts import Amounts, add_up
from sample_shop.trade.baskets import Lines, draw_lines
from sample_shop.trade.catalogue import Products, draw_products
from sample_shop.trade.currencies import DEFAULT as DEFAULT_CURRENCY
from sample_shop.trade.currencies import Currencies, Rates, draw_rates
from sample_shop.trade.orders import Orders, draw_orders
from sample_shop.trade.payments import Payments, draw_payments
from sample_shop.trade.people import Customers, choose_customers, draw_customers
from sample_shop.trade.places import Places, places_around
from sample_shop.trade.refund_lines import RefundLines, draw_refund_lines
from sample_shop.trade.refunds import Refunds, draw_refunds
from sample_shop.trade.terms import Terms, draw_terms
from sample_shop.troubles import ALL, Trouble
from sample_shop.web.draw import draw_web
from sample_shop.web.visits import Web


@dataclass(frozen=True)
class Shop:
    """All that happened in the period. Money is minor units of its currency."""

    period: Period
    currencies: Currencies
    places: Places
    rates: Rates
    products: Products
    customers: Customers
    orders: Orders
    terms: Terms
    lines: Lines
    amounts: Amounts
    refunds: Refunds
    refund_lines: RefundLines
    payments: Payments
    stock: Packed[Movements]
    web: Web


def invent_shop(
    period: Period,
    *,
    orders: int,
    seed: int,
    troubles: frozenset[Trouble] = ALL,
    currency: str = DEFAULT_CURRENCY,
) -> Shop:
    """The same arguments give the same shop."""
    rng = np.random.default_rng(seed)
    stock_rng, web_rng, shipping_rng = rng.spawn(3)
    currencies = Currencies(currency)
    places = places_around(currencies.home)
    placed = order_moments(rng, period, orders, at_edges=Trouble.CLOCKS in troubles)
    customer = choose_customers(rng, placed)
    customers = draw_customers(rng, period, placed, customer, places=places, troubles=troubles)
    products = draw_products(rng, period, currencies, orders, troubles)
    rates = draw_rates(rng, period, currencies, troubles)
    heads = draw_orders(rng, period, placed, customer, customers, places=places, troubles=troubles)
    terms = draw_terms(
        rng,
        period,
        orders=heads,
        places=places,
        currencies=currencies,
        rates=rates,
        shipping_rng=shipping_rng,
        troubles=troubles,
    )
    lines = draw_lines(rng, heads, terms, products, currencies)
    amounts = add_up(terms, lines, currencies)
    refunds = draw_refunds(
        rng, period, heads, amounts, terms=terms, steps=currencies.steps, troubles=troubles
    )
    refunds, refund_lines = draw_refund_lines(rng, refunds, lines, terms, amounts)
    payments = draw_payments(
        rng,
        period,
        orders=heads,
        amounts=amounts,
        refunds=refunds,
        refund_lines=refund_lines,
        troubles=troubles,
    )
    return Shop(
        period=period,
        currencies=currencies,
        places=places,
        rates=rates,
        products=products,
        customers=customers,
        orders=heads,
        terms=terms,
        lines=lines,
        amounts=amounts,
        refunds=refunds,
        refund_lines=refund_lines,
        payments=payments,
        stock=draw_stock(
            stock_rng,
            period,
            products=len(products),
            orders=heads,
            lines=lines,
            shipped=lines.shipped(heads),
            refunds=refunds,
            refund_lines=refund_lines,
            troubles=troubles,
        ),
        web=draw_web(
            web_rng,
            period,
            orders=heads,
            lines=lines,
            first_line=lines.first,
            products=len(products),
            customers=customers,
            troubles=troubles,
        ),
    )
