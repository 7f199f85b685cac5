"""How often each trouble struck the shop."""

from __future__ import annotations

import numpy as np

from sample_shop.arrays import NEVER, Flags, Ints
from sample_shop.period import edge_moments
from sample_shop.shop import Shop
from sample_shop.trade.currencies import OWN
from sample_shop.trade.payments import CHARGE, CHARGEBACK, FAILED, SUCCEEDED
from sample_shop.trade.refunds import ADJUSTMENT, SHIPPING, Refunds
from sample_shop.trade.words import BY_GIFT_CARD, RECALLED
from sample_shop.troubles import Trouble


def count_troubles(shop: Shop) -> dict[str, int]:
    """Of each trouble: orders, refunds, payments, customers or changes of products it struck."""
    orders, terms, payments, people = shop.orders, shop.terms, shop.payments, shop.customers
    paid = payments.order[(payments.kind == CHARGE) & (payments.status == SUCCEEDED)]
    struck: dict[Trouble, Flags] = {
        Trouble.PRICES: shop.products.changed != NEVER,
        Trouble.DISCONTINUED: shop.products.discontinued != NEVER,
        Trouble.MOVES: people.moved != NEVER,
        Trouble.MERGES: people.merged != NEVER,
        Trouble.DEPARTURES: people.deleted != NEVER,
        Trouble.EDITS: orders.edited != NEVER,
        Trouble.CANCELLATIONS: orders.cancelled != NEVER,
        Trouble.PART_SHIPMENTS: orders.in_parts,
        Trouble.ODD_REFUNDS: _odd(shop.refunds),
        Trouble.DISCOUNTS: (terms.percent + terms.order_percent + terms.shipping_percent) > 0,
        Trouble.TAX_INCLUDED: terms.tax_included,
        Trouble.SHIPPING_TAX: shop.amounts.shipping_tax[: len(orders)] > 0,
        Trouble.GIFT_CARDS: (terms.gift_card > 0)
        | _of(len(orders), payments.order[payments.method == BY_GIFT_CARD]),
        Trouble.SPLIT_PAYMENTS: np.bincount(paid) > 1,
        Trouble.DECLINED_PAYMENTS: payments.status == FAILED,
        Trouble.CHARGEBACKS: payments.kind == CHARGEBACK,
        Trouble.CURRENCIES: terms.currency != OWN,
        Trouble.CLOCKS: np.isin(orders.placed, edge_moments(shop.period)),
    }
    return {trouble.value: int(flags.sum()) for trouble, flags in struck.items()}


def _odd(refunds: Refunds) -> Flags:
    """Of no goods, or on the day of a recall."""
    of_no_goods = np.isin(refunds.kind, [ADJUSTMENT, SHIPPING])
    return np.asarray(of_no_goods | (refunds.reason == RECALLED))


def _of(count: int, things: Ints) -> Flags:
    """Which of `count` things are named."""
    named = np.zeros(count, dtype=np.bool_)
    named[things] = True
    return named
