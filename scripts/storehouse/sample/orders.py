"""The sample's orders: who places them where, and what becomes of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from storehouse.sample.arrays import DAY, NEVER, Ints, between, share, within
from storehouse.sample.people import GUEST, Customers, city_at, country_of, draw_cities
from storehouse.sample.period import Period
from storehouse.sample.words import CHANNELS, STORE

HOUR = 3600
CHANNEL_SHARES = (0.55, 0.22, 0.11, 0.12)
MOST_LINES = 8
CANCEL_RATE = 0.03
EDIT_RATE = 0.0065  # of the orders with two lines and more, which makes 0.5 % of all
DISCOUNT_RATE = 0.15


@dataclass(frozen=True)
class Orders:
    """One element per order, by time of placement.

    `line_count` and `percent` (discount) are as placed. A moment is NEVER where the order
    does not get there within the period.
    """

    placed: Ints
    customer: Ints
    channel: Ints
    country: Ints
    line_count: Ints
    percent: Ints
    edited: Ints
    cancelled: Ints
    shipped: Ints
    delivered: Ints

    def __len__(self) -> int:
        return len(self.placed)


def draw_orders(
    rng: np.random.Generator, period: Period, placed: Ints, customer: Ints, customers: Customers
) -> Orders:
    """Cancellations and edits fall between placement and shipping; no order has both."""
    count = len(placed)
    channel = rng.choice(len(CHANNELS), size=count, p=CHANNEL_SHARES)
    line_count = np.minimum(1 + rng.poisson(1.5, count), MOST_LINES)
    cancels = rng.random(count) < CANCEL_RATE
    edits = (rng.random(count) < EDIT_RATE) & (line_count > 1) & ~cancels
    to_shipping, to_delivery = _waits(rng, channel)
    part_way = share(to_shipping, between(rng, 100, 900, count), 1000)
    shipped = np.where(cancels, NEVER, within(placed + to_shipping, period.end))
    delivered = within(placed + to_shipping + to_delivery, period.end)
    edited = within(placed + np.minimum(part_way, DAY - 1), period.end)
    return Orders(
        placed=placed,
        customer=customer,
        channel=channel,
        country=_ship_countries(rng, placed, customer, customers),
        line_count=line_count,
        percent=np.where(
            rng.random(count) < DISCOUNT_RATE, rng.choice([5, 10, 15, 20, 25], count), 0
        ),
        edited=np.where(edits, edited, NEVER),
        cancelled=np.where(cancels, within(placed + part_way, period.end), NEVER),
        shipped=shipped,
        delivered=np.where(cancels, NEVER, delivered),
    )


def _waits(rng: np.random.Generator, channel: Ints) -> tuple[Ints, Ints]:
    """Seconds from placement to shipping and from there to delivery; minutes in a store."""
    count = len(channel)
    in_store = channel == STORE
    to_shipping = between(rng, 2 * HOUR, 3 * DAY, count)
    to_delivery = between(rng, DAY, 5 * DAY, count)
    to_shipping[in_store] = between(rng, 60, 600, int(in_store.sum()))
    to_delivery[in_store] = between(rng, 60, 600, int(in_store.sum()))
    return to_shipping, to_delivery


def _ship_countries(
    rng: np.random.Generator, placed: Ints, customer: Ints, customers: Customers
) -> Ints:
    """Where the customer lives at the time; anywhere for a guest."""
    city = draw_cities(rng, len(placed))
    known = np.flatnonzero(customer != GUEST)
    city[known] = city_at(customers, customer[known], placed[known])
    return country_of(city)
