"""The truth about the shop, as Parquet: its ledger and its payments."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from storehouse.sample.arrays import Ints
from storehouse.sample.identifiers import Identifiers
from storehouse.sample.ledger import Entries, ledger_entries
from storehouse.sample.payments import KINDS, STATUSES
from storehouse.sample.shop import CURRENCY, Shop
from storehouse.sample.text import Array, decimals, picked, repeated
from storehouse.sample.words import PAYMENT_METHODS

ROWS_AT_ONCE = 500_000

_AMOUNT = pa.decimal64(18, 4)
_LEDGER = pa.schema(
    {
        "order_id": pa.string(),
        "order_line_id": pa.string(),
        "refund_id": pa.string(),
        "refund_line_id": pa.string(),
        "product_id": pa.string(),
        "customer_id": pa.string(),
        "entry_type": pa.string(),
        "entry_date": pa.date32(),
        "entry_at": pa.timestamp("us"),
        "quantity": pa.int64(),
        "currency_code": pa.string(),
        "amount": _AMOUNT,
        "cost_amount": _AMOUNT,
    }
)
# The columns in which few values stand often. A dictionary of the others costs time and
# saves no space; nor does anyone look for a few rows by statistics.
_REPEATING = ["product_id", "entry_type", "quantity", "currency_code", "amount", "cost_amount"]
_PAYMENTS = pa.schema(
    {
        "payment_id": pa.string(),
        "order_id": pa.string(),
        "payment_kind": pa.string(),
        "payment_status": pa.string(),
        "payment_method": pa.string(),
        "amount": _AMOUNT,
        "currency_code": pa.string(),
        "processed_at": pa.timestamp("us"),
        "processed_date": pa.date32(),
    }
)


def write_ledger(path: Path, shop: Shop, identifiers: Identifiers) -> tuple[int, int]:
    """Write the book; its number of entries and their sum in pence."""
    count = pence = 0
    with pq.ParquetWriter(
        path, _LEDGER, use_dictionary=_REPEATING, write_statistics=False
    ) as writer:
        for entries in ledger_entries(shop):
            count += len(entries)
            pence += int(entries.amount.sum())
            for start in range(0, len(entries), ROWS_AT_ONCE):
                rows = np.arange(start, min(start + ROWS_AT_ONCE, len(entries)))
                columns = _ledger_columns(shop, identifiers, entries, rows)
                writer.write_table(pa.table(columns, schema=_LEDGER))
    return count, pence


def _ledger_columns(
    shop: Shop, identifiers: Identifiers, entries: Entries, rows: Ints
) -> Mapping[str, Array]:
    nothing = pa.nulls(len(rows), pa.string())
    zeros = np.zeros(len(rows), dtype=np.int64)
    order, moment, line = entries.order[rows], entries.moment[rows], entries.line
    refund, refund_line = entries.refund, entries.refund_line
    return {
        "order_id": identifiers.orders(order),
        "order_line_id": nothing if line is None else identifiers.order_lines(line[rows]),
        "refund_id": nothing if refund is None else identifiers.refunds(refund[rows]),
        "refund_line_id": (
            nothing if refund_line is None else identifiers.refund_lines(refund_line[rows])
        ),
        "product_id": (
            nothing if line is None else identifiers.products(shop.lines.product[line[rows]])
        ),
        "customer_id": identifiers.customers(shop.orders.customer[order]),
        "entry_type": repeated(entries.entry_type, len(rows)),
        "entry_date": _dates(shop, moment),
        "entry_at": _timestamps(moment),
        "quantity": pa.array(zeros if entries.quantity is None else entries.quantity[rows]),
        "currency_code": repeated(CURRENCY, len(rows)),
        "amount": _amounts(entries.amount[rows]),
        "cost_amount": _amounts(zeros if entries.cost is None else entries.cost[rows]),
    }


def write_payments(path: Path, shop: Shop, identifiers: Identifiers) -> None:
    payments = shop.payments
    columns = {
        "payment_id": identifiers.payments(np.arange(len(payments))),
        "order_id": identifiers.orders(payments.order),
        "payment_kind": picked(pa.array(KINDS), payments.kind),
        "payment_status": picked(pa.array(STATUSES), payments.status),
        "payment_method": picked(pa.array(PAYMENT_METHODS), payments.method),
        "amount": _amounts(payments.amount),
        "currency_code": repeated(CURRENCY, len(payments)),
        "processed_at": _timestamps(payments.processed),
        "processed_date": _dates(shop, payments.processed),
    }
    pq.write_table(pa.table(columns, schema=_PAYMENTS), path)


def _amounts(pence: Ints) -> Array:
    return decimals(100 * pence, 4)


def _timestamps(moments: Ints) -> Array:
    return pa.array(1_000_000 * moments).cast(pa.timestamp("us"))


def _dates(shop: Shop, moments: Ints) -> Array:
    """The local dates."""
    first = np.datetime64(shop.period.first, "D").astype(np.int64)
    return pa.array((first + shop.period.day_of(moments)).astype(np.int32)).cast(pa.date32())
