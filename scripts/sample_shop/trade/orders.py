"""The sample's orders: who places them where, and what becomes of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sample_shop.arrays import DAY, NEVER, Flags, Ints, between, share, within
from sample_shop.period import Period
from sample_shop.trade.people import GUEST, Customers, city_at
from sample_shop.trade.places import Places
from sample_shop.trade.words import CHANNELS, STORE
from sample_shop.troubles import Trouble, struck

HOUR = 3600
CHANNEL_SHARES = (0.55, 0.22, 0.11, 0.12)
MOST_LINES = 8
CANCEL_RATE = 0.03
AFTER_SHIPPING_RATE = 0.3  # of the cancellations
EDIT_RATE = 0.0065  # of the orders with two lines and more, which makes 0.5 % of all
PART_SHIPMENT_RATE = 0.05  # of the same orders


@dataclass(frozen=True)
class Orders:
    """One element per order, by time of placement.

    `goods_count` is the number of lines of goods it ever has. `shipped` is its first shipment,
    `completed` the one after which nothing is left to ship; mostly they are the same. A moment
    is NEVER where the order does not get there within the period.
    """

    placed: Ints
    customer: Ints
    channel: Ints
    country: Ints
    goods_count: Ints
    edited: Ints
    cancelled: Ints
    shipped: Ints
    completed: Ints
    delivered: Ints

    def __len__(self) -> int:
        return len(self.placed)

    @property
    def in_parts(self) -> Flags:
        """Which are shipped in two parts, the second of which may not have come yet."""
        return np.asarray(self.completed != self.shipped)


def draw_orders(
    rng: np.random.Generator,
    period: Period,
    placed: Ints,
    customer: Ints,
    customers: Customers,
    *,
    places: Places,
    troubles: frozenset[Trouble],
) -> Orders:
    """Of cancellation, edit and shipment in parts, an order has one at most.

    Edits fall between placement and shipping, cancellations before or after shipping.
    """
    count = len(placed)
    channel = rng.choice(len(CHANNELS), size=count, p=CHANNEL_SHARES)
    goods_count = np.minimum(1 + rng.poisson(1.5, count), MOST_LINES)
    cancels = struck(rng, count, CANCEL_RATE, Trouble.CANCELLATIONS in troubles)
    after_shipping = cancels & (rng.random(count) < AFTER_SHIPPING_RATE)
    several = (goods_count > 1) & ~cancels
    edits = struck(rng, count, EDIT_RATE, Trouble.EDITS in troubles) & several
    splits = struck(rng, count, PART_SHIPMENT_RATE, Trouble.PART_SHIPMENTS in troubles)
    splits &= several & ~edits & (channel != STORE)
    to_shipping, to_second, to_delivery = _waits(rng, channel)
    part_way = between(rng, 100, 900, count)
    shipping = placed + to_shipping
    completion = shipping + to_second * splits
    shipped = np.where(cancels & ~after_shipping, NEVER, within(shipping, period.end))
    cancelled = np.where(
        after_shipping,
        shipping + share(to_delivery, part_way, 1000),
        placed + share(to_shipping, part_way, 1000),
    )
    edited = placed + share(to_shipping, part_way, 1000)
    return Orders(
        placed=placed,
        customer=customer.astype(np.int32),
        channel=channel.astype(np.int8),
        country=_ship_countries(rng, places, placed, customer, customers).astype(np.int8),
        goods_count=goods_count,
        edited=np.where(edits, within(edited, period.end), NEVER),
        cancelled=np.where(cancels, within(cancelled, period.end), NEVER),
        shipped=shipped,
        completed=np.where(splits, within(completion, period.end), shipped),
        delivered=np.where(cancels, NEVER, within(completion + to_delivery, period.end)),
    )


def _waits(rng: np.random.Generator, channel: Ints) -> tuple[Ints, Ints, Ints]:
    """Seconds to shipping, from there to a second shipment, and from the last to delivery.

    In a store it is minutes.
    """
    count = len(channel)
    in_store = channel == STORE
    to_shipping = between(rng, 2 * HOUR, 3 * DAY, count)
    to_second = between(rng, 6 * HOUR, 6 * DAY, count)
    to_delivery = between(rng, DAY, 5 * DAY, count)
    to_shipping[in_store] = between(rng, 60, 600, int(in_store.sum()))
    to_delivery[in_store] = between(rng, 60, 600, int(in_store.sum()))
    return to_shipping, to_second, to_delivery


def _ship_countries(
    rng: np.random.Generator, places: Places, placed: Ints, customer: Ints, customers: Customers
) -> Ints:
    """Where the customer lives at the time; anywhere for a guest."""
    city = places.draw_cities(rng, len(placed))
    known = np.flatnonzero(customer != GUEST)
    city[known] = city_at(customers, customer[known], placed[known])
    return places.country_of[city]
