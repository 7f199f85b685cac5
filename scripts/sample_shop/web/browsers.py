"""The sample's other visits of people, who buy another time or never."""

from __future__ import annotations

import numpy as np

from sample_shop.arrays import DAY, Ints, between
from sample_shop.period import Period
from sample_shop.trade.orders import HOUR
from sample_shop.trade.people import GUEST, Customers
from sample_shop.web.buyers import choose_touches, some
from sample_shop.web.scripts import FIVE_MINUTES, HALF_HOUR, PEOPLE, choose_scripts, number
from sample_shop.web.visits import Times, Visits
from sample_shop.web.words import AT_THE_EDGE, BROWSING, WEB_AGENTS

# For each visit that buys.
EARLIER_RATE, RETURN_RATE, STRANGER_RATE = 0.12, 0.16, 0.22
LOG_IN_RATE = 0.5
BARELY_NEW = 30 * 60 + 1  # seconds after the last event: a visit of its own
BARELY_NEW_RATE, HALF_HOUR_RATE = 0.3, 0.01
VISITS_A_STRANGER = 4 / 3
MIDNIGHTS = 10


def draw_earlier(rng: np.random.Generator, buyers: Visits, buying: Times) -> Visits:
    """Looking around, days before buying, without a name."""
    which = some(rng, buyers, round(EARLIER_RATE * len(buyers)))
    count = len(which)
    return Visits.without_order(
        buyers.visitor[which],
        buying.started[which] - between(rng, HOUR, 10 * DAY, count),
        choose_scripts(rng, BROWSING, count),
        pace=_paces(rng, count),
        agent=buyers.agent[which],
        touch=choose_touches(rng, count),
    )


def draw_returns(
    rng: np.random.Generator, buyers: Visits, buying: Times, customers: Customers, *, late: bool
) -> Visits:
    """Coming back after buying, unless by then one is gone. Unless `late`, customers log in."""
    which = some(rng, buyers, round(RETURN_RATE * len(buyers)))
    pause = between(rng, 2 * HOUR, 14 * DAY, len(which))
    pause[rng.random(len(which)) < BARELY_NEW_RATE] = BARELY_NEW
    moment, customer = buying.ended[which] + pause, buyers.customer[which]
    gone = np.minimum(customers.deleted, customers.merged)[customer]
    stays = np.flatnonzero((customer == GUEST) | (gone > moment + DAY))
    which, moment, customer = which[stays], moment[stays], customer[stays]
    count = len(which)
    logs_in = (rng.random(count) < LOG_IN_RATE) | (not late)
    return Visits.without_order(
        buyers.visitor[which],
        moment,
        choose_scripts(rng, BROWSING, count),
        pace=_paces(rng, count),
        agent=buyers.agent[which],
        touch=choose_touches(rng, count),
        customer=customer,
        logged_in=logs_in & (customer != GUEST),
    )


def draw_strangers(rng: np.random.Generator, buyers: Visits) -> Visits:
    """People who never buy, at the times when others do. Visitors count from 0."""
    which = some(rng, buyers, round(STRANGER_RATE * len(buyers)))
    count = len(which)
    visitor = (np.arange(count) / VISITS_A_STRANGER).astype(np.int64)
    return Visits.without_order(
        visitor,
        buyers.moment[which] + between(rng, -DAY, DAY, count),
        choose_scripts(rng, BROWSING, count),
        pace=_paces(rng, count),
        agent=visitor % len(WEB_AGENTS),
        touch=choose_touches(rng, count),
    )


def draw_night_owls(rng: np.random.Generator, period: Period) -> Visits:
    """Visits during which a day ends or, some hours later, the clock may be changed."""
    midnights = period.starts[1:-1]
    if len(midnights) > MIDNIGHTS:
        midnights = rng.choice(midnights, size=MIDNIGHTS, replace=False)
    changing = period.starts[:-1][np.diff(period.starts) != DAY]
    hours = range(HOUR, period.latest_change + 1, HOUR)
    edges = np.concatenate([midnights, *(changing + hour for hour in hours)])
    visitor = np.arange(len(edges))
    return Visits.without_order(
        visitor,
        edges - 600,
        np.full(len(edges), number(AT_THE_EDGE)),
        pace=FIVE_MINUTES,
        agent=visitor % len(WEB_AGENTS),
        touch=choose_touches(rng, len(edges)),
    )


def _paces(rng: np.random.Generator, count: int) -> Ints:
    return np.where(rng.random(count) < HALF_HOUR_RATE, HALF_HOUR, PEOPLE)
