"""The tables of the export: which things have a row, and as of when."""

from __future__ import annotations

import numpy as np

from sample_shop.arrays import NEVER, Ints
from sample_shop.delivery.daily import Table
from sample_shop.delivery.export import Export
from sample_shop.delivery.rates import RatesExport
from sample_shop.rows import packed
from sample_shop.shop import Shop
from sample_shop.stock.export import StockExport
from sample_shop.trade.identifiers import Identifiers
from sample_shop.web.export import WebExport


def export_tables(shop: Shop, identifiers: Identifiers) -> list[Table]:
    """All tables; the largest first."""
    export, rates = Export(shop, identifiers), RatesExport(shop)
    people, products, orders, lines = (shop.customers, shop.products, shop.orders, shop.lines)
    edited = orders.edited[lines.order]
    edited[lines.final :] = NEVER
    lines_updated = np.where(edited == NEVER, orders.placed[lines.order], edited)
    refund_lines_updated = shop.refunds.refunded[shop.refund_lines.refund]
    completed = np.where(orders.in_parts, orders.completed, NEVER)
    life = (orders.placed, orders.edited, orders.shipped, completed)
    opening = np.full(len(products), shop.period.start)
    stock, web = StockExport(shop, identifiers), WebExport(shop, identifiers)
    return [
        Table("web_events", *_once(shop.web.events.column("occurred")), web.web_events),
        Table("stock_movements", *_once(shop.stock.column("moved")), stock.stock_movements),
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
        Table("exchange_rates", *_versions(rates.updated()), rates.columns),
    ]


def _once(moments: Ints) -> tuple[Ints, Ints]:
    """Each thing once, as it never changes."""
    return np.arange(len(moments), dtype=np.int32), moments


def _versions(*moments: Ints) -> tuple[Ints, Ints]:
    """Each thing once for each of its moments that came: which thing, and when."""
    things = [np.flatnonzero(moment != NEVER).astype(np.int32) for moment in moments]
    updated = [moment[thing] for moment, thing in zip(moments, things, strict=True)]
    return packed(np.concatenate(things)), packed(np.concatenate(updated))
