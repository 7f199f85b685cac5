"""The tables of the export: which things have a row, and as of when."""

from __future__ import annotations

import numpy as np

from storehouse.sample.arrays import NEVER, Ints
from storehouse.sample.currencies import LEAD_DAYS
from storehouse.sample.daily import Table
from storehouse.sample.export import Export
from storehouse.sample.identifiers import Identifiers
from storehouse.sample.shop import Shop

RATES_KNOWN_AFTER = 16 * 3600


def export_tables(shop: Shop, identifiers: Identifiers) -> list[Table]:
    """All tables; the largest first."""
    export = Export(shop, identifiers)
    people, products, orders, lines = (shop.customers, shop.products, shop.orders, shop.lines)
    edited = orders.edited[lines.order]
    edited[lines.final :] = NEVER
    lines_updated = np.where(edited == NEVER, orders.placed[lines.order], edited)
    refund_lines_updated = shop.refunds.refunded[shop.refund_lines.refund]
    completed = np.where(orders.in_parts, orders.completed, NEVER)
    life = (orders.placed, orders.edited, orders.shipped, completed)
    opening = np.full(len(products), shop.period.start)
    return [
        Table("orders", *_versions(*life, orders.delivered, orders.cancelled), export.orders),
        Table("order_lines", *_versions(lines_updated), export.order_lines),
        Table("payments", *_versions(shop.payments.processed), export.payments),
        Table("refund_lines", *_versions(refund_lines_updated), export.refund_lines),
        Table("refunds", *_versions(shop.refunds.refunded), export.refunds),
        Table(
            "customers",
            *_versions(people.created, people.moved, people.merged, people.deleted),
            export.customers,
        ),
        Table(
            "products",
            *_versions(opening, *products.changed, products.discontinued),
            export.products,
        ),
        Table("exchange_rates", *_versions(_rates_updated(shop)), export.exchange_rates),
    ]


def _rates_updated(shop: Shop) -> Ints:
    """Rates are known in the afternoon of their day; those before the period from its start."""
    updated = np.full(shop.rates.values.shape, NEVER)
    days = np.maximum(np.arange(-LEAD_DAYS, shop.period.days), 0)
    known = shop.period.starts[days] + RATES_KNOWN_AFTER
    known[:LEAD_DAYS] = shop.period.start
    updated[1:, shop.rates.quoted] = known[shop.rates.quoted]
    return updated.ravel()


def _versions(*moments: Ints) -> tuple[Ints, Ints]:
    """Each thing once for each of its moments that came: which thing, and when."""
    things = [np.flatnonzero(moment != NEVER).astype(np.int32) for moment in moments]
    updated = [moment[thing] for moment, thing in zip(moments, things, strict=True)]
    return np.concatenate(things), np.concatenate(updated)
