"""What is behind an order or a refund: its entries, lines, rates, costs, payments and loads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from storehouse.core.errors import UnknownName
from storehouse.serving.published import Published

_ENTRIES = """
select entry_date, entry_type, document_line_id, quantity, amount, currency_code,
    reporting_amount, cost_amount, _loaded_at
from marts.fct_ledger_entries
where document_key = $document_key
order by document_line_id nulls first, entry_type, amount
"""
_ORDER = "select * from marts.fct_orders where order_key = $order_key"
# The share of the order's discount and tax, and the product version valid at that time.
_LINES = """
select lines.line_number, lines.order_line_id, lines.line_type, lines.product_id,
    versions.product_name, lines.quantity, lines.unit_price_amount, lines.gross_amount,
    lines.discount_amount, lines.order_discount_amount, lines.tax_amount, lines.order_tax_amount,
    lines.net_amount, lines.currency_code, lines.reporting_net_amount,
    versions.unit_cost_amount as stated_unit_cost_amount, lines.cost_currency_code,
    lines.unit_cost_amount, lines.cost_amount, versions.valid_from as cost_valid_from,
    lines._loaded_at
from marts.fct_order_lines as lines
left join marts.dim_products_history as versions using (product_version_key)
where lines.order_key = $order_key
order by lines.line_number, lines.order_line_id
"""
_RATES = """
select distinct rates.currency_code, rates.reporting_currency_code, rates.rate, rates.rate_kind,
    rates.rate_date, rates.stated_date, rates.source_name, rates._loaded_at
from marts.fct_exchange_rates as rates
inner join (
    select currency_code, entry_date as rate_date from marts.fct_ledger_entries
    where document_key = $document_key
    union
    select cost_currency_code, order_date from marts.fct_order_lines
    where order_key = $order_key
) using (currency_code, rate_date)
order by rates.rate_date, rates.currency_code
"""
_PAYMENTS = """
select payment_id, payment_kind, payment_status, payment_method, amount, received_amount,
    currency_code, processed_at, _loaded_at
from marts.fct_payments
where order_key = $order_key and order_key <> '-1'
order by processed_at, payment_id
"""
_QUERIES = {
    "entries": _ENTRIES,
    "order": _ORDER,
    "lines": _LINES,
    "rates": _RATES,
    "payments": _PAYMENTS,
}


@dataclass(frozen=True)
class Table:
    """The first rows of `row_count`."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    row_count: int

    def records(self) -> list[dict[str, Any]]:
        return [dict(zip(self.columns, row, strict=True)) for row in self.rows]


@dataclass(frozen=True)
class Document:
    """A document with its entries, order, lines, rates and payments.

    For a refund, order, lines and payments are those of the refunded order.
    """

    source_name: str
    document_type: str
    document_id: str
    tables: Mapping[str, Table]


def explain_document(
    published: Published, document_id: str, source: str | None = None, *, limit: int | None = None
) -> tuple[Document, ...]:
    """The documents with that ID: an order and a refund may share one.

    Each table has at most `limit` rows. Raises UnknownName where there is none.
    """
    found = published.rows(
        "select distinct source_name, document_type, document_id, document_key, order_key "
        "from marts.fct_ledger_entries "
        "where document_id = $document_id and source_name = coalesce($source, source_name) "
        "order by all",
        {"document_id": document_id, "source": source},
    )
    if not found:
        raise UnknownName(
            f"The book has no document {document_id!r}{f' of {source}' if source else ''}. "
            "Give the source's ID of an order or a refund."
        )
    return tuple(
        Document(source_name, kind, number, _tables(published, document_key, order_key, limit))
        for source_name, kind, number, document_key, order_key in found
    )


def _tables(
    published: Published, document_key: str, order_key: str, limit: int | None
) -> dict[str, Table]:
    keys = {"document_key": document_key, "order_key": order_key}
    tables = {}
    for name, query in _QUERIES.items():
        used = {key: value for key, value in keys.items() if f"${key}" in query}
        cursor = published.con.execute(query, used)
        columns = tuple(column for column, *_ in cursor.description or ())
        rows = tuple(cursor.fetchall() if limit is None else cursor.fetchmany(limit))
        count = len(rows)
        if count == limit:
            count = published.one(f"select count(*) from ({query})", used)
        tables[name] = Table(columns, rows, count)
    return tables
