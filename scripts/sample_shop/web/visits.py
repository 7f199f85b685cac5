"""What happened on the sample's web site and in its app: visits, and events in them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sample_shop.arrays import Flags, Ints
from sample_shop.rows import Packed, Rows
from sample_shop.trade.people import GUEST
from sample_shop.web.scripts import FURTHEST, LENGTH, RUSH
from sample_shop.web.words import CHECKOUT, FIRST_BOT

NO_ORDER = NO_PRODUCT = NO_PAGE = -1
FEWEST_OF_A_RUSH = 20


@dataclass(frozen=True)
class Visits(Rows):
    """One element per visit; `visitor` counts browsers and devices.

    `moment` is that of its first purchase, or of its first event. `order` is the order of
    that purchase, and `customer` who is named at checkout and purchase, or in all events if
    `logged_in`. `touch` counts TOUCHES, `agent` AGENTS; `pace` and `script` are web_scripts'.
    """

    visitor: Ints
    moment: Ints
    script: Ints
    pace: Ints
    agent: Ints
    touch: Ints
    order: Ints
    customer: Ints
    logged_in: Flags

    @classmethod
    def without_order(
        cls,
        visitor: Ints,
        moment: Ints,
        script: Ints,
        *,
        pace: Ints | int,
        agent: Ints,
        touch: Ints | int,
        customer: Ints | int = GUEST,
        logged_in: Flags | bool = False,
    ) -> Visits:
        """Visits that don't end in an order. A single value stands for all of them."""
        count = len(visitor)
        return cls(
            visitor=visitor,
            moment=moment,
            script=script,
            pace=np.full(count, pace),
            agent=agent,
            touch=np.full(count, touch),
            order=np.full(count, NO_ORDER),
            customer=np.full(count, customer),
            logged_in=np.full(count, logged_in),
        )

    @property
    def named(self) -> Ints:
        """The customer that its script names, or GUEST."""
        names = self.logged_in | (FURTHEST[self.script] > CHECKOUT)
        return np.where(names, self.customer, GUEST)

    @property
    def is_bot(self) -> Flags:
        rushes: Flags = (self.pace == RUSH) & (LENGTH[self.script] >= FEWEST_OF_A_RUSH)
        return rushes | (self.agent >= FIRST_BOT)


@dataclass(frozen=True)
class Times(Rows):
    """When visits were: moments of their first and last events."""

    started: Ints
    ended: Ints


@dataclass(frozen=True)
class Purchases(Rows):
    """Purchases beyond the first order of a visit, by time."""

    visit: Ints
    order: Ints
    customer: Ints
    moment: Ints


@dataclass(frozen=True)
class Events(Rows):
    """One element per event, by time. What an event does not name is negative."""

    visitor: Ints
    agent: Ints
    kind: Ints
    page: Ints
    product: Ints
    order: Ints
    customer: Ints
    touch: Ints
    occurred: Ints


@dataclass(frozen=True)
class Web:
    """The visits by visitor and time, from visitor 0 on, and all their events."""

    visitors: int
    visits: Packed[Visits]
    times: Packed[Times]
    more: Purchases
    events: Packed[Events]
