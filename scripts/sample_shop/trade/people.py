"""The sample's customers, and which of them places which order."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sample_shop.arrays import DAY, NEVER, Ints, between, within
from sample_shop.period import Period
from sample_shop.trade.places import Places
from sample_shop.trade.words import FIRST_NAMES, LAST_NAMES
from sample_shop.troubles import Trouble, struck

GUEST = NOBODY = -1
GUEST_RATE = 0.25
ORDERS_A_CUSTOMER = 4
MOVE_RATE = 0.1
MERGE_RATE = 0.02
CHAIN_RATE = 0.3  # of the mergers into a customer who is merged later
DEPARTURE_RATE = 0.03


@dataclass(frozen=True)
class Customers:
    """One element per customer. `city` is the one before, `next_city` the one after a move.

    From `merged` on the customer is known to be `merged_into`, who may be merged in turn.
    """

    first_name: Ints
    last_name: Ints
    city: Ints
    next_city: Ints
    created: Ints
    moved: Ints
    merged: Ints
    merged_into: Ints
    deleted: Ints

    def __len__(self) -> int:
        return len(self.created)


def choose_customers(rng: np.random.Generator, placed: Ints) -> Ints:
    """The customer of each order, or GUEST.

    The pool grows as time goes by, so that there are new and loyal customers in every month.
    """
    orders = len(placed)
    count = max(1, orders // ORDERS_A_CUSTOMER)
    pool = count * np.linspace(0.05, 1, orders)
    customer = (pool * rng.random(orders) ** 1.3).astype(np.int64)
    return np.where(rng.random(orders) < GUEST_RATE, GUEST, customer)


def draw_customers(
    rng: np.random.Generator,
    period: Period,
    placed: Ints,
    customer: Ints,
    *,
    places: Places,
    troubles: frozenset[Trouble],
) -> Customers:
    """Customers who exist before their first order and go, if at all, after the last."""
    count = max(1, len(placed) // ORDERS_A_CUSTOMER)
    first = between(rng, period.start, period.end - 1, count)
    known = np.flatnonzero(customer != GUEST)
    first[customer[known][::-1]] = placed[known][::-1]
    created = np.maximum(first - between(rng, 30, 3600, count), period.start)
    last = created.copy()
    last[customer[known]] = placed[known]
    moved = within(created + between(rng, 1, 300 * DAY, count), period.end)
    moved[~struck(rng, count, MOVE_RATE, Trouble.MOVES in troubles)] = NEVER
    moved_or_ordered = np.where(moved == NEVER, last, np.maximum(last, moved))
    gone = within(moved_or_ordered + between(rng, DAY, 60 * DAY, count), period.end)
    merges = struck(rng, count, MERGE_RATE, Trouble.MERGES in troubles)
    departs = struck(rng, count, DEPARTURE_RATE, Trouble.DEPARTURES in troubles) & ~merges
    deleted = np.where(departs, gone, NEVER)
    merged, merged_into = _merge(rng, created, np.where(merges, gone, NEVER), deleted)
    return Customers(
        first_name=between(rng, 0, len(FIRST_NAMES) - 1, count),
        last_name=between(rng, 0, len(LAST_NAMES) - 1, count),
        city=places.draw_cities(rng, count),
        next_city=places.draw_cities(rng, count),
        created=created,
        moved=moved,
        merged=merged,
        merged_into=merged_into,
        deleted=deleted,
    )


def _merge(
    rng: np.random.Generator, created: Ints, merged: Ints, deleted: Ints
) -> tuple[Ints, Ints]:
    """When who is merged into whom: into customers who are there then, and remain for longer.

    So a chain of mergers runs forward in time, and never in a circle.
    """
    merging = np.flatnonzero(merged != NEVER)
    into = between(rng, 0, len(created) - 1, len(merging))
    chained = rng.random(len(merging)) < CHAIN_RATE
    into[chained] = rng.permutation(merging)[chained]
    moment = merged[merging]
    there = (created[into] <= moment) & (merged[into] > moment) & (deleted[into] > moment)
    merged_into = np.full(len(created), NOBODY)
    merged_into[merging[there]] = into[there]
    return np.where(merged_into == NOBODY, NEVER, merged), merged_into


def city_at(customers: Customers, customer: Ints, moments: Ints) -> Ints:
    """Where each customer lives at the moment."""
    moved = customers.moved[customer] <= moments
    return np.where(moved, customers.next_city[customer], customers.city[customer])
