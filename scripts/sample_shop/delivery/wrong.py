"""Files that were delivered wrong first: what they held then, beside what they hold in the end."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from random import Random

from sample_shop.delivery.deletes import COPY
from sample_shop.delivery.files import DELETIONS, Files
from sample_shop.troubles import Trouble

INVENTED = "Z"
_ROWS = 6
# The number of a row's own thing. What is invented has another, and is believed otherwise: a line
# joins an order that exists, a refund gives back what was paid.
_OWN = {
    "customers": "customer_id",
    "exchange_rates": "base_currency_code",
    "order_lines": "order_line_id",
    "orders": "order_id",
    "payments": "payment_id",
    "products": "product_id",
    "refund_lines": "refund_line_id",
    "refunds": "refund_id",
    "stock_movements": "stock_movement_id",
    "web_events": "event_id",
}
_WRONG = {
    "customers": ("country_code", "city", "created_at", "merged_into_customer_id"),
    "deletions": ("entity_id", "deleted_at"),
    "exchange_rates": ("rate",),
    "order_lines": ("quantity", "unit_price_amount", "discount_amount", "product_id", "order_id"),
    "orders": ("customer_id", "placed_at", "discount_amount", "shipping_amount", "tax_amount"),
    "payments": ("order_id", "amount", "processed_at"),
    "products": ("category_name", "list_price_amount", "unit_cost_amount", "updated_at"),
    "refund_lines": ("order_line_id", "quantity", "amount", "tax_amount"),
    "refunds": (
        *("order_id", "refunded_at"),
        *("shipping_amount", "shipping_tax_amount", "adjustment_amount"),
    ),
    "stock_movements": ("product_id", "location_id", "quantity", "moved_at"),
    "web_events": ("visitor_id", "customer_id", "event_type", "utm_medium", "occurred_at"),
}


def deliver_wrong(files: Files, chance: Random) -> None:
    """Give some files an earlier version: rows were missing, some wrong, some invented."""
    for table in files.tables:
        for name in files.some(table, chance):
            rows = files.rows(table, name)
            struck = chance.sample(rows, min(_ROWS, len(rows)))
            missing, changed = struck[: len(struck) // 2], struck[len(struck) // 2 :]
            wrong = {row: _changed(files.columns(table), row, table, chance) for row in changed}
            invented = [_invented(files.columns(table), row, table) for row in changed]
            gone = set(missing)
            earlier = [wrong.get(row, row) for row in rows if row not in gone]
            files.put_earlier(table, name, [*earlier, *invented])
            files.strike(Trouble.CORRECTED_FILES, table, name, [*struck, *invented])


def _changed(columns: Sequence[str], row: bytes, table: str, chance: Random) -> bytes:
    """A row with one value wrong: a digit too many, or a moment in another zone."""
    values = _parsed(row)
    place = columns.index(chance.choice(_WRONG[table]))
    value = values[place]
    if columns[place].endswith("_at"):
        values[place] = value.replace("Z", "+09:00")
    else:
        values[place] = f"-9{value[1:]}" if value.startswith("-") else f"9{value}"
    return _written(values)


def _invented(columns: Sequence[str], row: bytes, table: str) -> bytes:
    """A row about something that never was; or the deletion of what was not to be deleted."""
    values = _parsed(row)
    if table == DELETIONS:
        place = columns.index("entity_id")
        values[place] = values[place].removeprefix(COPY)
    else:
        place = columns.index(_OWN[table])
        values[place] = INVENTED + values[place]
    return _written(values)


def _parsed(row: bytes) -> list[str]:
    return next(csv.reader([row.decode()]))


def _written(values: Sequence[str]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow(values)
    return text.getvalue().encode()
