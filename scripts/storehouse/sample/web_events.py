"""The events of the sample's visits."""

from __future__ import annotations

from typing import Any

import numpy as np

from storehouse.sample.arrays import Ints, between, spans
from storehouse.sample.people import GUEST
from storehouse.sample.rows import Packed, packed
from storehouse.sample.web import NO_ORDER, NO_PAGE, NO_PRODUCT, Events, Purchases, Visits
from storehouse.sample.web_buyers import choose_touches
from storehouse.sample.web_scripts import BEGIN, EVENT, LENGTH, OTHER_PRODUCT
from storehouse.sample.web_words import (
    ADD_TO_CART,
    CHECKOUT,
    ON_SITE,
    PAGE_VIEW,
    PAGES,
    PRODUCT_VIEW,
    PURCHASE,
    UNSAID,
)

LATE_TOUCH_RATE = 0.03  # of visits: only the second event says what brought them
LENGTH_WITH_SECOND_TOUCH = 3
SECOND_TOUCH_RATE = 0.03  # of visits: the last event says that something else brought them


def draw_events(
    rng: np.random.Generator,
    visits: Visits,
    more: Purchases,
    *,
    occurred: Ints,
    wanted: Ints,
    seen: Ints,
) -> Packed[Events]:
    """All events of the visits, by time.

    `occurred` is the moment of each event of their scripts, visit by visit; `wanted` the
    product that each visit is about, `seen` the products looked at beside, as often as they
    are. There are so many events that each column is packed before the next is made.
    """
    visit, step = spans(BEGIN[visits.script], LENGTH[visits.script])
    kind = EVENT[step]
    in_turn = np.argsort(np.concatenate([occurred, more.moment]), kind="stable")

    def column(scripted: Ints, of_more: Ints | int) -> Any:
        further = np.full(len(more), of_more)
        return packed(np.concatenate([scripted, further])[in_turn])

    names = visits.logged_in[visit] | (kind >= CHECKOUT)
    page = np.where(kind == PAGE_VIEW, between(rng, 0, len(PAGES) - 1, len(kind)), NO_PAGE)
    return Packed(
        Events,
        visitor=column(visits.visitor[visit], visits.visitor[more.visit]),
        agent=column(visits.agent[visit], visits.agent[more.visit]),
        kind=column(kind, PURCHASE),
        page=column(page, NO_PAGE),
        product=column(_products(rng, step, wanted[visit], seen), NO_PRODUCT),
        order=column(np.where(kind == PURCHASE, visits.order[visit], NO_ORDER), more.order),
        customer=column(np.where(names, visits.customer[visit], GUEST), more.customer),
        touch=column(_touches(rng, visits), ON_SITE),
        occurred=column(occurred, more.moment),
    )


def _products(rng: np.random.Generator, step: Ints, wanted: Ints, seen: Ints) -> Ints:
    """The product each event is about, given the one that its visit is about."""
    other = np.flatnonzero(OTHER_PRODUCT[step])
    product = wanted.copy()
    product[other] = seen[between(rng, 0, len(seen) - 1, len(other))]
    return np.where(np.isin(EVENT[step], (PRODUCT_VIEW, ADD_TO_CART)), product, NO_PRODUCT)


def _touches(rng: np.random.Generator, visits: Visits) -> Ints:
    """What each event says about what brought its visitor.

    The first that says anything is the visit's touch; what a later one says counts nothing.
    """
    length = LENGTH[visits.script]
    begin = np.cumsum(length) - length
    touch = np.full(int(length.sum()), ON_SITE)
    touch[begin] = visits.touch
    count = len(visits)
    late = (rng.random(count) < LATE_TOUCH_RATE) & (length > 1)
    touch[begin[late]], touch[begin[late] + 1] = UNSAID, visits.touch[late]
    again = (rng.random(count) < SECOND_TOUCH_RATE) & (length >= LENGTH_WITH_SECOND_TOUCH)
    again &= visits.touch > ON_SITE
    touch[(begin + length - 1)[again]] = choose_touches(rng, int(again.sum()))
    return touch
