"""The visits in which the sample's orders are placed, and the devices they come from."""

from __future__ import annotations

import numpy as np

from sample_shop.arrays import Flags, Ints, between
from sample_shop.trade.orders import HOUR, Orders
from sample_shop.trade.people import GUEST
from sample_shop.trade.words import CHANNELS
from sample_shop.troubles import Trouble
from sample_shop.web.scripts import PEOPLE, choose_scripts, number
from sample_shop.web.visits import Purchases, Visits
from sample_shop.web.words import APP_AGENTS, BUYING, FIRST_APP, TOUCHES, WEB_AGENTS

WEB, APP = CHANNELS.index("web"), CHANNELS.index("app")
CONSENT_RATE = 0.97  # the others' visits are not recorded
SHARED_EVERY = 25  # of so many customers, one uses the devices of another
GUEST_AT_KNOWN_DEVICE_RATE = 0.08
SAME_VISIT, APART = 20 * 60, 4 * HOUR  # seconds between two orders from one device
_TOUCH_SHARES = np.array([share for *_, share in TOUCHES])


def choose_touches(rng: np.random.Generator, count: int) -> Ints:
    return rng.choice(len(TOUCHES), size=count, p=_TOUCH_SHARES / _TOUCH_SHARES.sum())


def draw_buyers(
    rng: np.random.Generator, orders: Orders, customers: int, troubles: frozenset[Trouble]
) -> tuple[Visits, Purchases]:
    """A visit per web or app order; an order soon after another shares the other's visit.

    One that comes too late for that, and too soon for a visit that is clearly another one,
    comes from a device of its own; so does one at the very same moment.
    """
    online = np.flatnonzero(np.isin(orders.channel, (WEB, APP)))
    online = online[rng.random(len(online)) < CONSENT_RATE]
    in_app = orders.channel[online] == APP
    late = Trouble.LATE_IDENTITY in troubles
    device = _devices(rng, orders.customer[online], in_app, customers, late=late)
    by_device = np.argsort(device, kind="stable")
    order, device, in_app = online[by_device], device[by_device], in_app[by_device]
    customer, placed = orders.customer[order], orders.placed[order]
    pause = np.where(np.diff(device, prepend=-1) == 0, np.diff(placed, prepend=0), APART)
    opens = (pause > SAME_VISIT) | (pause == 0)
    fresh = 2 * customers + len(online) + np.arange(len(online))
    device = np.where(pause < APART, fresh, device)

    visit = np.cumsum(opens) - 1
    more = ~opens
    purchases = Purchases(visit[more], order[more], customer[more], placed[more])
    first = np.flatnonzero(opens)
    count = len(first)
    script = choose_scripts(rng, BUYING, count)
    script[purchases.visit] = number(BUYING[0][0])
    visits = Visits(
        visitor=device[first],
        moment=placed[first],
        script=script,
        pace=np.full(count, PEOPLE),
        agent=np.where(
            in_app[first],
            FIRST_APP + device[first] % len(APP_AGENTS),
            device[first] % len(WEB_AGENTS),
        ),
        touch=choose_touches(rng, count),
        order=order[first],
        customer=customer[first],
        logged_in=in_app[first] & (customer[first] != GUEST),
    )
    return visits, purchases


def _devices(
    rng: np.random.Generator, customer: Ints, in_app: Flags, customers: int, *, late: bool
) -> Ints:
    """Each customer has one for the web and one for the app; each guest has one alone.

    If `late`, some guests are customers who did not say so. Devices count from 0 and below
    twice the customers, and then from there on for those of guests.
    """
    count = len(customer)
    owner = customer - (customer % SHARED_EVERY == SHARED_EVERY - 1)
    known = customer != GUEST
    if late:
        anyone = between(rng, 0, customers - 1, count)
        silent = ~known & (rng.random(count) < GUEST_AT_KNOWN_DEVICE_RATE)
        owner = np.where(silent, anyone, owner)
        known = known | silent
    return np.where(known, 2 * owner + in_app, 2 * customers + np.arange(count))


def some(rng: np.random.Generator, visits: Visits, count: int) -> Ints:
    """Numbers of `count` of these visits, with repetitions."""
    return (rng.random(count) * len(visits)).astype(np.int64)


def first_free_visitor(orders: Orders, customers: int) -> int:
    """Visitors from here on are nobody's yet."""
    return 2 * (customers + len(orders))
