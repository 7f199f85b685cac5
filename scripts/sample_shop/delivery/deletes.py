"""Deletions for good. Documents are copied to be deleted, so that the truth stays as it is.

A copy has the number of its original with COPY before it. Customers and products stay as
members after their deletion, so originals are deleted.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from random import Random

import numpy as np

from sample_shop.arrays import NEVER, Ints
from sample_shop.delivery.daily import Table
from sample_shop.delivery.files import DELETIONS, Files
from sample_shop.delivery.text import Array, MomentText, joined, repeated
from sample_shop.rows import unpacked
from sample_shop.shop import Shop
from sample_shop.trade.identifiers import Identifiers
from sample_shop.troubles import Trouble

COPY = "X"
_ONE_THING_IN = 500
_MOST_THINGS = 10
_EVENTS_AROUND = 500


@dataclass(frozen=True)
class Deleter:
    """Copies and deletes things of the shop, given by their indices in it."""

    files: Files
    shop: Shop
    tables: Mapping[str, Table]
    chance: Random

    def some(self, things: Ints) -> Ints:
        """Few of them, but one at least if there is any."""
        count = min(1 + len(things) // _ONE_THING_IN, _MOST_THINGS, len(things))
        return things[sorted(self.chance.sample(range(len(things)), count))]

    def copy(self, table: str, things: Ints, *renamed: str) -> None:
        """Deliver all their versions again, with COPY before the values of `renamed`."""
        thing, updated = self._versions(table, things)
        columns = dict(self.tables[table].columns(thing, updated))
        self._add(table, updated, columns | {name: joined(COPY, columns[name]) for name in renamed})

    def delete(self, entity: str, numbers: Array, table: str, things: Ints) -> None:
        """Delete each after its last version; `numbers` are the shop's."""
        thing, updated = self._versions(table, things)
        last = [int(updated[thing == one].max()) for one in things]
        end = self.shop.period.end
        moments = [self.chance.randrange(moment, end) for moment in last]
        self.delete_at(entity, numbers, np.array(moments, dtype=np.int64))

    def delete_at(self, entity: str, numbers: Array, moments: Ints) -> None:
        texts = MomentText(self.shop.period.start, self.shop.period.end)(moments)
        entities = repeated(entity, len(moments))
        columns = {"entity": entities, "entity_id": numbers, "deleted_at": texts}
        self._add(DELETIONS, moments, columns)

    def _versions(self, table: str, things: Ints) -> tuple[Ints, Ints]:
        """Which thing a row is about, and since when, for all rows about these things."""
        versions = self.tables[table]
        rows = np.flatnonzero(np.isin(versions.thing, things))
        return unpacked(versions.thing[rows]), unpacked(versions.updated[rows])

    def _add(self, table: str, moments: Ints, columns: Mapping[str, Array]) -> None:
        """Add rows to the files of their days."""
        days: dict[int, list[bytes]] = defaultdict(list)
        lines = joined(*columns.values(), separator=",").to_pylist()
        for day, line in zip(self.shop.period.day_of(moments).tolist(), lines, strict=True):
            days[day].append(f"{line}\n".encode())
        for day, rows in days.items():
            name = f"{self.shop.period.date_of(day)}.csv"
            self.files.add(table, name, rows)
            if table == DELETIONS:
                self.files.strike(Trouble.HARD_DELETES, table, name, rows)


def delete_for_good(deleter: Deleter, identifiers: Identifiers) -> None:
    """Orders with all that belongs to them, and other things alone.

    An edited order is deleted before its edit, which brings it back.
    """
    shop = deleter.shop
    refunds, payments = _delete_orders(deleter, identifiers)

    alone = deleter.some(_others(len(shop.refunds), refunds))
    _copy_refunds(deleter, alone, of_copies=False)
    numbers = joined(COPY, identifiers.refunds(alone))
    deleter.delete("refund", numbers, "refunds", alone)

    alone = deleter.some(_others(len(shop.payments), payments))
    deleter.copy("payments", alone, "payment_id")
    deleter.delete("payment", joined(COPY, identifiers.payments(alone)), "payments", alone)

    moved = deleter.some(np.arange(len(shop.stock)))
    deleter.copy("stock_movements", moved, "stock_movement_id")
    numbers = joined(COPY, identifiers.stock_movements(moved))
    deleter.delete("stock_movement", numbers, "stock_movements", moved)

    for event in deleter.some(np.arange(len(shop.web.events))).tolist():
        _delete_visitor(deleter, identifiers, event)

    customers = deleter.some(np.arange(len(shop.customers)))
    deleter.delete("customer", identifiers.customers(customers), "customers", customers)
    products = deleter.some(np.arange(len(shop.products)))
    deleter.delete("product", identifiers.products(products), "products", products)

    edited = deleter.some(np.flatnonzero(shop.orders.edited != NEVER))
    deleter.delete_at("order", identifiers.orders(edited), shop.orders.edited[edited] - 1)


def _delete_orders(deleter: Deleter, identifiers: Identifiers) -> tuple[Ints, Ints]:
    """Their refunds and payments."""
    shop = deleter.shop
    refunded = deleter.some(np.unique(shop.refunds.order))
    orders = np.union1d(refunded, deleter.some(np.arange(len(shop.orders))))
    lines, refunds, payments = (
        np.flatnonzero(np.isin(parts.order, orders))
        for parts in (shop.lines, shop.refunds, shop.payments)
    )
    deleter.copy("orders", orders, "order_id")
    deleter.copy("order_lines", lines, "order_line_id", "order_id")
    _copy_refunds(deleter, refunds, of_copies=True)
    deleter.copy("payments", payments, "payment_id", "order_id")
    for entity, numbers, table, things in (
        ("order", identifiers.orders(orders), "orders", orders),
        ("refund", identifiers.refunds(refunds), "refunds", refunds),
        ("payment", identifiers.payments(payments), "payments", payments),
    ):
        deleter.delete(entity, joined(COPY, numbers), table, things)
    return refunds, payments


def _copy_refunds(deleter: Deleter, refunds: Ints, *, of_copies: bool) -> None:
    """With their lines; of copied orders, or of the original ones."""
    lines = np.flatnonzero(np.isin(deleter.shop.refund_lines.refund, refunds))
    deleter.copy("refunds", refunds, "refund_id", *["order_id"] * of_copies)
    renamed = ("refund_line_id", "refund_id", *["order_line_id"] * of_copies)
    deleter.copy("refund_lines", lines, *renamed)


def _delete_visitor(deleter: Deleter, identifiers: Identifiers, event: int) -> None:
    """Whoever was there at `event`; of a copy, what happened around it is enough."""
    events = deleter.shop.web.events
    first = max(0, event - _EVENTS_AROUND)
    visitor = events.take(np.arange(first, min(event + _EVENTS_AROUND, len(events)))).visitor
    own = first + np.flatnonzero(visitor == visitor[event - first])
    deleter.copy("web_events", own, "event_id", "visitor_id")
    number = joined(COPY, identifiers.visitors(visitor[event - first : event - first + 1]))
    deleter.delete("visitor", number, "web_events", own[-1:])


def _others(count: int, things: Ints) -> Ints:
    """All of `count` things but these."""
    return np.delete(np.arange(count), things)
