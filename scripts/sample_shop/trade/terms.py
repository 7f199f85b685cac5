"""On what terms the sample's orders are placed: currency, discounts, shipping, gift cards."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sample_shop.arrays import NEVER, Flags, Ints
from sample_shop.period import Period
from sample_shop.trade.currencies import OWN, Currencies, Rates
from sample_shop.trade.orders import Orders
from sample_shop.trade.places import HOME, Places
from sample_shop.trade.words import STORE
from sample_shop.troubles import Trouble, struck

HOME_SHIPPING, SHIPPING_ABROAD = 395, 995  # pence
FOREIGN_CURRENCY_RATE = 0.8  # of the orders from a country whose currency the shop takes
# Of the orders in each currency, the own one first, those whose prices include the tax.
TAX_INCLUDED_RATES = np.array([0.02, 0.6, 0.5])
SHIPPING_TAXED_RATE = 0.3  # of the orders that state shipping on their head only
LINE_DISCOUNT_RATE, ORDER_DISCOUNT_RATE, SHIPPING_DISCOUNT_RATE = 0.15, 0.07, 0.05
GIFT_CARD_RATE = 0.015
GIFT_CARDS = np.array([2, 5, 10])  # in halves of the least


@dataclass(frozen=True)
class Terms:
    """One element per order. Discounts are percentages, 0 where there is none.

    `percent` is the discount of each line of goods, `order_percent` that of the whole order
    after it, `shipping_percent` that of shipping, which is then never free. `shipping` (before
    its discount) and `gift_card` (sold with the order, 0 for none) are minor units of the
    currency; `rate` is what a unit of it is worth. Where `shipping_taxed`, shipping is taxed if
    any of the goods is.
    """

    currency: Ints
    rate: Ints
    tax_included: Flags
    percent: Ints
    order_percent: Ints
    shipping_percent: Ints
    shipping: Ints
    shipping_taxed: Flags
    gift_card: Ints


def draw_terms(
    rng: np.random.Generator,
    period: Period,
    *,
    orders: Orders,
    places: Places,
    currencies: Currencies,
    rates: Rates,
    shipping_rng: np.random.Generator,
    troubles: frozenset[Trouble],
) -> Terms:
    """The rates are those of the day of placement. A gift card is never cancelled."""
    count = len(orders)
    in_store = orders.channel == STORE
    foreign = struck(rng, count, FOREIGN_CURRENCY_RATE, Trouble.CURRENCIES in troubles)
    currency = np.where(
        foreign & ~in_store, currencies.of_countries(places.countries)[orders.country], OWN
    )
    rate = rates.at(currency, period.day_of(orders.placed))
    includes = rng.random(count) < TAX_INCLUDED_RATES[currency]
    discounts = Trouble.DISCOUNTS in troubles
    percent, order_percent, shipping_percent = (
        rng.choice(percents, count) * struck(rng, count, rate_of, discounts)
        for percents, rate_of in (
            ([5, 10, 15, 20, 25], LINE_DISCOUNT_RATE),
            ([3, 5, 7, 10, 30], ORDER_DISCOUNT_RATE),
            ([50, 100], SHIPPING_DISCOUNT_RATE),
        )
    )
    shipping = currencies.scaled(np.where(orders.country == HOME, HOME_SHIPPING, SHIPPING_ABROAD))
    taxed = struck(shipping_rng, count, SHIPPING_TAXED_RATE, Trouble.SHIPPING_TAX in troubles)
    buys_card = struck(rng, count, GIFT_CARD_RATE, Trouble.GIFT_CARDS in troubles)
    face = (
        GIFT_CARDS[rng.integers(0, len(GIFT_CARDS), count)] * currencies.gift_cards[currency] // 2
    )
    return Terms(
        currency=currency.astype(np.int8),
        rate=rate,
        tax_included=includes & (Trouble.TAX_INCLUDED in troubles),
        percent=percent,
        order_percent=order_percent,
        shipping_percent=np.where(in_store, 0, shipping_percent),
        shipping=np.where(in_store, 0, currencies.from_own(shipping, currency, rate)),
        shipping_taxed=taxed & (shipping_percent == 0),
        gift_card=face * (buys_card & (orders.cancelled == NEVER)),
    )
