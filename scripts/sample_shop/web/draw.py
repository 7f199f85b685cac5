"""All visits to the sample's shop, put together so that each stands for itself."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from sample_shop.arrays import Ints, spans
from sample_shop.period import Period
from sample_shop.rows import Packed
from sample_shop.trade.baskets import Lines
from sample_shop.trade.orders import Orders
from sample_shop.trade.people import Customers
from sample_shop.troubles import Trouble
from sample_shop.web.bots import draw_crawlers, draw_rushes
from sample_shop.web.browsers import (
    draw_earlier,
    draw_night_owls,
    draw_returns,
    draw_strangers,
)
from sample_shop.web.buyers import draw_buyers, first_free_visitor
from sample_shop.web.events import draw_events
from sample_shop.web.scripts import ANCHOR, LENGTH, PEOPLE, draw_offsets, number
from sample_shop.web.visits import NO_ORDER, Purchases, Times, Visits, Web
from sample_shop.web.words import ON_SITE, ONE_MORE

LONGEST_PAUSE = 30 * 60  # seconds between two events of a visit


def draw_web(
    rng: np.random.Generator,
    period: Period,
    *,
    orders: Orders,
    lines: Lines,
    first_line: Ints,
    products: int,
    customers: Customers,
    troubles: frozenset[Trouble],
) -> Web:
    """Visits with and without orders. One that isn't wholly in the period isn't recorded."""
    visits, times, more, occurred = _draw_visits(
        rng, period, orders=orders, customers=customers, troubles=troubles
    )
    sold = lines.product[: lines.final]
    seen = np.concatenate([np.arange(products), sold[sold >= 0]])
    return Web(
        visitors=int(visits.visitor.max(initial=-1)) + 1,
        visits=Packed.of(visits),
        times=Packed.of(times),
        more=more,
        events=draw_events(
            rng,
            Visits.together(visits, _as_visits(more, visits)),
            occurred=np.concatenate([occurred, more.moment]),
            first_product=lines.product[first_line],
            seen=seen,
        ),
    )


def _draw_visits(
    rng: np.random.Generator,
    period: Period,
    *,
    orders: Orders,
    customers: Customers,
    troubles: frozenset[Trouble],
) -> tuple[Visits, Times, Purchases, Ints]:
    """What is recorded, and the moment of each event of the visits' scripts, visit by visit."""
    free = first_free_visitor(orders, len(customers))
    buyers, more = draw_buyers(rng, orders, len(customers), troubles)
    buyer_offsets = draw_offsets(rng, buyers.script, buyers.pace)
    buying = _times(buyers, buyer_offsets)
    np.maximum.at(buying.ended, more.visit, more.moment)
    others = _others(rng, period, buyers, buying, customers, troubles=troubles, free=free)
    other_offsets = draw_offsets(rng, others.script, others.pace)

    visits = Visits.together(buyers, others)
    times = Times.together(buying, _times(others, other_offsets))
    kept = _recorded(period, visits, times)
    begin = np.cumsum(LENGTH[visits.script]) - LENGTH[visits.script]
    place = np.full(len(visits), -1)
    place[kept] = np.arange(len(kept))
    more = replace(more, visit=place[more.visit])
    more = more.take(np.flatnonzero(more.visit >= 0))
    visits, times = visits.take(kept), times.take(kept)
    visits = replace(visits, visitor=np.cumsum(np.diff(visits.visitor, prepend=-1) != 0) - 1)
    visit, position = spans(begin[kept], LENGTH[visits.script])
    offset = np.concatenate([buyer_offsets, other_offsets])[position]
    return visits, times, more, times.started[visit] + offset


def _as_visits(more: Purchases, visits: Visits) -> Visits:
    """The further purchases of visits as visits of one event each."""
    count = len(more)
    return Visits(
        visitor=visits.visitor[more.visit],
        moment=more.moment,
        script=np.full(count, number(ONE_MORE)),
        pace=np.full(count, PEOPLE),
        agent=visits.agent[more.visit],
        touch=np.full(count, ON_SITE),
        order=more.order,
        customer=more.customer,
        logged_in=np.full(count, False),
    )


def _others(
    rng: np.random.Generator,
    period: Period,
    buyers: Visits,
    buying: Times,
    customers: Customers,
    *,
    troubles: frozenset[Trouble],
    free: int,
) -> Visits:
    """Visits without an order, some too close to others; new visitors count from `free` on."""
    late = Trouble.LATE_IDENTITY in troubles
    known = [draw_returns(rng, buyers, buying, customers, late=late)]
    if late:
        known.append(draw_earlier(rng, buyers, buying))
    strangers = [draw_strangers(rng, buyers), draw_night_owls(rng, period)]
    if Trouble.BOTS in troubles:
        strangers += [draw_crawlers(rng, buyers), draw_rushes(rng, buyers)]
    return Visits.together(*known, _side_by_side(strangers, free))


def _times(visits: Visits, offsets: Ints) -> Times:
    """When visits begin and end by their scripts alone."""
    length = LENGTH[visits.script]
    end = np.cumsum(length)
    started = visits.moment - offsets[end - length + ANCHOR[visits.script]]
    return Times(started, started + offsets[end - 1])


def _side_by_side(groups: list[Visits], free: int) -> Visits:
    """The groups' visitors, each counted from 0, as different visitors from `free` on."""
    parts = []
    for group in groups:
        parts.append(replace(group, visitor=free + group.visitor))
        free += int(group.visitor.max(initial=-1)) + 1
    return Visits.together(*parts)


def _recorded(period: Period, visits: Visits, times: Times) -> Ints:
    """Which visits stay, by visitor and time.

    Of those without an order, none stays that is no clear pause away from its neighbours.
    """
    inside = np.flatnonzero((times.started >= period.start) & (times.ended < period.end))
    # One axis for all visitors, each on a stretch of their own.
    stretch = visits.visitor[inside] * (period.end - period.start + LONGEST_PAUSE + 1)
    started, ended = stretch + times.started[inside], stretch + times.ended[inside]
    in_turn = np.argsort(started, kind="stable")
    which, started, ended = inside[in_turn], started[in_turn], ended[in_turn]
    pause = started[1:] - np.maximum.accumulate(ended)[:-1] > LONGEST_PAUSE
    apart = np.append(True, pause) & np.append(pause, True)
    kept: Ints = which[apart[: len(which)] | (visits.order[which] != NO_ORDER)]
    return kept
