"""The truth about the shop, as Parquet: its ledger and its payments."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from sample_shop.arrays import Ints
from sample_shop.delivery.text import Array, decimals, picked, repeated
from sample_shop.shop import Shop
from sample_shop.trade.currencies import OWN
from sample_shop.trade.identifiers import Identifiers
from sample_shop.trade.payments import KINDS, STATUSES
from sample_shop.trade.words import PAYMENT_METHODS
from sample_shop.truth.columns import dates, timestamps
from sample_shop.truth.ledger import Entries, ledger_entries

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
        "reporting_amount": _AMOUNT,
        "cost_amount": _AMOUNT,
    }
)
# The columns in which few values stand often. A dictionary of the others costs time and
# saves no space; nor does anyone look for a few rows by statistics.
_REPEATING = [
    "product_id", "entry_type", "quantity",
    "currency_code", "amount", "reporting_amount", "cost_amount",
]  # fmt: skip
_PAYMENTS = pa.schema(
    {
        "payment_id": pa.string(),
        "order_id": pa.string(),
        "payment_kind": pa.string(),
        "payment_status": pa.string(),
        "payment_method": pa.string(),
        "amount": _AMOUNT,
        "received_amount": _AMOUNT,
        "reporting_amount": _AMOUNT,
        "currency_code": pa.string(),
        "processed_at": pa.timestamp("us"),
        "processed_date": pa.date32(),
    }
)


def write_ledger(path: Path, shop: Shop, identifiers: Identifiers) -> tuple[int, Decimal]:
    """Write the book; its number of entries and their sum in the shop's currency."""
    count, total = 0, Decimal(0)
    with pq.ParquetWriter(
        path, _LEDGER, use_dictionary=_REPEATING, write_statistics=False
    ) as writer:
        for entries in ledger_entries(shop):
            count += len(entries)
            for start in range(0, len(entries), ROWS_AT_ONCE):
                rows = np.arange(start, min(start + ROWS_AT_ONCE, len(entries)))
                columns = _ledger_columns(shop, identifiers, entries, rows)
                writer.write_table(pa.table(columns, schema=_LEDGER))
                # Arrow sums no narrow decimals.
                reporting = columns["reporting_amount"].cast(pa.decimal128(18, 4))
                total += pc.sum(reporting).as_py() or 0
    return count, total


class _Money:
    """How amounts of these orders, at these moments, are written, and what they are worth."""

    def __init__(self, shop: Shop, order: Ints, moments: Ints) -> None:
        self._period = shop.period
        self._rates = shop.rates
        self._currencies = shop.currencies
        self._currency = shop.terms.currency[order]
        self._unit = (10_000 // shop.currencies.minor_units)[self._currency]
        self._day = shop.period.day_of(moments)

    def codes(self) -> Array:
        return picked(pa.array(self._currencies.codes), self._currency)

    def local_dates(self) -> Array:
        return dates(self._period, self._day)

    def in_own(self, amounts: Ints) -> Ints:
        """In ten-thousandths of the shop's currency."""
        own = self._unit * amounts
        foreign = np.flatnonzero(self._currency != OWN)
        currency = self._currency[foreign]
        rate = self._rates.at(currency, self._day[foreign])
        own[foreign] = self._currencies.in_own(amounts[foreign], currency, rate)
        return own

    def written(self, amounts: Ints) -> Array:
        return decimals(amounts * self._unit, 4)


def _ledger_columns(
    shop: Shop, identifiers: Identifiers, entries: Entries, rows: Ints
) -> Mapping[str, Array]:
    nothing = pa.nulls(len(rows), pa.string())
    zeros = np.zeros(len(rows), dtype=np.int64)
    order, moment, amount, line = (
        entries.order[rows],
        entries.moment[rows],
        entries.amount[rows],
        entries.line,
    )
    refund, refund_line = entries.refund, entries.refund_line
    money = _Money(shop, order, moment)
    cost_unit = 10_000 // shop.currencies.minor_units[OWN]
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
        "entry_date": money.local_dates(),
        "entry_at": timestamps(moment),
        "quantity": pa.array(zeros if entries.quantity is None else entries.quantity[rows]),
        "currency_code": money.codes(),
        "amount": money.written(amount),
        "reporting_amount": decimals(money.in_own(amount), 4),
        "cost_amount": decimals(
            zeros if entries.cost is None else cost_unit * entries.cost[rows], 4
        ),
    }


def write_payments(path: Path, shop: Shop, identifiers: Identifiers) -> None:
    """`reporting_amount` is the worth of `amount`, and has no sign either."""
    payments = shop.payments
    money = _Money(shop, payments.order, payments.processed)
    columns = {
        "payment_id": identifiers.payments(np.arange(len(payments))),
        "order_id": identifiers.orders(payments.order),
        "payment_kind": picked(pa.array(KINDS), payments.kind),
        "payment_status": picked(pa.array(STATUSES), payments.status),
        "payment_method": picked(pa.array(PAYMENT_METHODS), payments.method),
        "amount": money.written(payments.amount),
        "received_amount": money.written(payments.received),
        "reporting_amount": decimals(money.in_own(payments.amount), 4),
        "currency_code": money.codes(),
        "processed_at": timestamps(payments.processed),
        "processed_date": money.local_dates(),
    }
    pq.write_table(pa.table(columns, schema=_PAYMENTS), path)
