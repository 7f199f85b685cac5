"""The invented shop as a whole, in arrays. Nothing here knows files."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from storehouse.sample.baskets import Amounts, Lines, add_up, draw_lines
from storehouse.sample.catalogue import Products, draw_products
from storehouse.sample.orders import Orders, draw_orders
from storehouse.sample.payments import Payments, draw_payments
from storehouse.sample.people import Customers, choose_customers, draw_customers
from storehouse.sample.period import Period, order_moments
from storehouse.sample.refund_lines import RefundLines, draw_refund_lines
from storehouse.sample.refunds import Refunds, draw_refunds
from storehouse.sample.rows import Packed
from storehouse.sample.stock import Movements
from storehouse.sample.stock_draw import draw_stock
from storehouse.sample.troubles import ALL, Trouble
from storehouse.sample.web import Web
from storehouse.sample.web_draw import draw_web

CURRENCY = "GBP"


@dataclass(frozen=True)
class Shop:
    """All that happened in the period. Money is pence."""

    period: Period
    products: Products
    customers: Customers
    orders: Orders
    lines: Lines
    amounts: Amounts
    refunds: Refunds
    refund_lines: RefundLines
    payments: Payments
    stock: Packed[Movements]
    web: Web


def invent_shop(
    period: Period, *, orders: int, seed: int, troubles: frozenset[Trouble] = ALL
) -> Shop:
    """The same arguments give the same shop."""
    rng = np.random.default_rng(seed)
    placed = order_moments(rng, period, orders)
    customer = choose_customers(rng, placed)
    customers = draw_customers(rng, period, placed, customer)
    products = draw_products(rng, period, orders)
    heads = draw_orders(rng, period, placed, customer, customers)
    lines = draw_lines(rng, heads, products)
    amounts = add_up(heads, lines)
    refunds = draw_refunds(rng, period, heads, amounts)
    refunds, refund_lines = draw_refund_lines(rng, refunds, lines, amounts)
    stock_rng, web_rng = rng.spawn(2)
    return Shop(
        period=period,
        products=products,
        customers=customers,
        orders=heads,
        lines=lines,
        amounts=amounts,
        refunds=refunds,
        refund_lines=refund_lines,
        payments=draw_payments(
            rng, period, orders=heads, amounts=amounts, refunds=refunds, refund_lines=refund_lines
        ),
        stock=draw_stock(
            stock_rng,
            period,
            products=len(products),
            orders=heads,
            lines=lines,
            shipped=heads.shipped[lines.order[: lines.final]],
            refunds=refunds,
            refund_lines=refund_lines,
            troubles=troubles,
        ),
        web=draw_web(
            web_rng,
            period,
            orders=heads,
            lines=lines,
            first_line=amounts.first_line,
            products=len(products),
            customers=customers,
            troubles=troubles,
        ),
    )
