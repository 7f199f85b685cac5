"""What the rules of sessions say about the sample's visits, worked out from the visits.

Visits come by visitor and time, so a visitor's earlier and later visits are neighbours.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sample_shop.arrays import Flags, Ints
from sample_shop.trade.people import GUEST
from sample_shop.web.scripts import FURTHEST, LENGTH
from sample_shop.web.visits import Purchases, Visits
from sample_shop.web.words import DIRECT, TOUCHES

NONE = -1
_CHANNELS = np.array([touch[4] for touch in TOUCHES])


@dataclass(frozen=True)
class Sessions:
    """One element per visit. `named_later`: its customer is known from a later visit only."""

    events: Ints
    customer: Ints
    named_later: Flags
    furthest: Ints
    channel: Ints
    first_channel: Ints
    last_channel: Ints


def sessions_of(visits: Visits, more: Purchases) -> Sessions:
    """The sessions of some visitors, of whom these are all visits."""
    opens = np.searchsorted(visits.visitor, visits.visitor)
    channel = _CHANNELS[visits.touch]
    source = _latest(channel != DIRECT, opens)
    customer, named_later = _customers(visits, more, opens)
    return Sessions(
        events=LENGTH[visits.script] + np.bincount(more.visit, minlength=len(visits)),
        customer=customer,
        named_later=named_later,
        furthest=FURTHEST[visits.script],
        channel=channel,
        first_channel=channel[opens],
        last_channel=np.where(source == NONE, DIRECT, channel[source]),
    )


def _customers(visits: Visits, more: Purchases, opens: Ints) -> tuple[Ints, Flags]:
    """Whom each visit names, else the next one of the visitor that names, else the last one."""
    first, last = _first_and_last_named(visits, more)
    named = last != GUEST
    earlier = _latest(named, opens)
    visitor = visits.visitor
    later = _next(named, np.searchsorted(visitor, visitor, side="right") - 1)
    customer = np.select(
        [named, later != NONE, earlier != NONE], [last, first[later], last[earlier]], GUEST
    )
    return customer, ~named & (later != NONE)


def _first_and_last_named(visits: Visits, more: Purchases) -> tuple[Ints, Ints]:
    """Of each visit, whom its first and its last event with a customer name."""
    first, last = visits.named, visits.named
    by_name = more.take(np.flatnonzero(more.customer != GUEST))
    last[by_name.visit] = by_name.customer
    then = np.full(len(first), GUEST)
    then[by_name.visit[::-1]] = by_name.customer[::-1]
    return np.where(first == GUEST, then, first), last


def _latest(flags: Flags, opens: Ints) -> Ints:
    """For each visit, the last up to it of the same visitor that has the flag, or NONE.

    `opens` is the first visit of each visit's visitor.
    """
    latest = np.maximum.accumulate(np.where(flags, np.arange(len(flags)), NONE))
    return np.where(latest >= opens, latest, NONE)


def _next(flags: Flags, closes: Ints) -> Ints:
    """For each visit, the first from it on of the same visitor that has the flag, or NONE.

    `closes` is the last visit of each visit's visitor.
    """
    count = len(flags)
    following = np.where(flags, np.arange(count), count)[::-1]
    following = np.minimum.accumulate(following)[::-1]
    return np.where(following <= closes, following, NONE)
