"""The events of the sample's visits."""

from __future__ import annotations

import numpy as np

from sample_shop.arrays import Ints, between, spans
from sample_shop.rows import Packed, packed
from sample_shop.trade.people import GUEST
from sample_shop.web.buyers import choose_touches
from sample_shop.web.scripts import BEGIN, EVENT, LENGTH, OTHER_PRODUCT
from sample_shop.web.visits import NO_ORDER, NO_PAGE, NO_PRODUCT, Events, Visits
from sample_shop.web.words import (
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
    *,
    occurred: Ints,
    first_product: Ints,
    seen: Ints,
) -> Packed[Events]:
    """All events of the visits, by time.

    `occurred` is the moment of each event of their scripts, visit by visit; `first_product`
    the product each order begins with; `seen` the products looked at beside, as often as
    they are. There are so many events that no column waits unpacked for another.
    """
    in_turn = packed(np.argsort(occurred, kind="stable"))
    occurred = packed(occurred[in_turn])
    touch = packed(_touches(rng, visits))[in_turn]
    visit, step = (packed(e[in_turn]) for e in spans(BEGIN[visits.script], LENGTH[visits.script]))
    del in_turn
    kind = packed(EVENT[step])
    names = visits.logged_in[visit] | (kind >= CHECKOUT)
    page = between(rng, 0, len(PAGES) - 1, len(kind))
    wanted = _wanted(rng, visits, first_product, seen)
    return Packed(
        Events,
        visitor=packed(visits.visitor)[visit],
        agent=packed(visits.agent)[visit],
        kind=kind,
        page=packed(np.where(kind == PAGE_VIEW, page, NO_PAGE)),
        product=packed(_products(rng, step, wanted[visit], seen)),
        order=np.where(kind == PURCHASE, packed(visits.order)[visit], NO_ORDER),
        customer=np.where(names, packed(visits.customer)[visit], GUEST),
        touch=touch,
        occurred=occurred,
    )


def _wanted(rng: np.random.Generator, visits: Visits, first_product: Ints, seen: Ints) -> Ints:
    """The product each visit is about: the first of its order, if that is a product."""
    wanted = seen[between(rng, 0, len(seen) - 1, len(visits))]
    buying = np.flatnonzero(visits.order != NO_ORDER)
    bought = first_product[visits.order[buying]]
    wanted[buying] = np.where(bought >= 0, bought, wanted[buying])
    return wanted


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
