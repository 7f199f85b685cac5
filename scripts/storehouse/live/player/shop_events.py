"""The events of a sample shop: the rows of its export, those of one document and moment at once."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path

from storehouse.log.events import Event
from storehouse.sources.events.contract import Row

SOURCE = "shop"
# By table: the kind of its events, the columns that name what they are about, and their moment.
# Lines come with their document, since a delivery of lines holds all of them.
_TABLES = {
    "customers": ("customer", ("customer_id",), "updated_at"),
    "products": ("product", ("product_id",), "updated_at"),
    "exchange_rates": (
        "exchange_rate",
        ("rate_date", "base_currency_code", "quote_currency_code"),
        "updated_at",
    ),
    "orders": ("order", ("order_id",), "updated_at"),
    "order_lines": ("order", ("order_id",), "updated_at"),
    "payments": ("payment", ("payment_id",), "updated_at"),
    "refunds": ("refund", ("refund_id",), "updated_at"),
    "refund_lines": ("refund", ("refund_id",), "updated_at"),
    "stock_movements": ("stock_movement", ("stock_movement_id",), "updated_at"),
    "web_events": ("web_event", ("visitor_id", "event_id"), "occurred_at"),
    "deletions": ("deletion", ("entity", "entity_id"), "deleted_at"),
}


def shop_events(export: Path) -> list[Event]:
    """All events of an export's files, in the order of their moments."""
    found: dict[tuple[str, ...], dict[str, list[Row]]] = {}
    for table, (kind, key, moment) in _TABLES.items():
        for row in rows_of(export / table):
            about = (row[moment] or "", kind, *(row[name] or "" for name in key))
            rows = found.setdefault(about, {}).setdefault(table, [])
            if row not in rows:  # a file may repeat a row
                rows.append(row)
    return [
        Event(
            id="/".join((*about[1:], about[0])),
            source=SOURCE,
            type=f"shop.{about[1]}",
            time=about[0],
            data=json.dumps(found[about], ensure_ascii=False),
        )
        for about in sorted(found)
    ]


def rows_of(folder: Path) -> Iterator[Row]:
    """The rows of all files of a table."""
    for path in sorted(folder.glob("*.csv")):
        yield from rows_in(path)


def rows_in(path: Path) -> Iterator[Row]:
    """The rows of a file; an empty field is null, as in a file that lands."""
    with path.open(encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream):
            yield {name: value or None for name, value in row.items()}
