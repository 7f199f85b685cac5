"""What the marts say, in the words of the truth: one pair of queries a file of the truth."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class TruthQuery:
    """`book` reads `mart`, `truth` reads `file`; both give the same columns."""

    mart: str
    file: str
    book: str
    truth: str


_LEDGER = TruthQuery(
    mart="marts.fct_ledger_entries",
    file="ledger.parquet",
    book="""
        select
            orders.order_id,
            lines.order_line_id,
            case when document_type = 'refund' then document_id end as refund_id,
            products.product_id,
            customers.customer_id,
            entry_type,
            entry_date,
            entry_at,
            entries.quantity,
            entries.currency_code,
            amount,
            entries.cost_amount
        from marts.fct_ledger_entries as entries
        left join marts.fct_orders as orders using (order_key)
        left join marts.fct_order_lines as lines using (order_line_key)
        left join marts.dim_products as products
            on products.product_key = entries.product_key
        left join marts.dim_customers as customers
            on customers.customer_key = entries.customer_key
    """,
    truth="""
        select
            order_id, order_line_id, refund_id, product_id, customer_id, entry_type, entry_date,
            entry_at, quantity, currency_code, amount, cost_amount
        from 'ledger.parquet'
    """,
)

_PAYMENTS = TruthQuery(
    mart="marts.fct_payments",
    file="payments.parquet",
    book="""
        select
            payment_id,
            order_id,
            payment_kind,
            payment_status,
            payment_method,
            payments.currency_code,
            amount,
            processed_at,
            payment_date
        from marts.fct_payments as payments
        left join marts.fct_orders using (order_key)
    """,
    truth="""
        select
            payment_id, order_id, payment_kind, payment_status, payment_method, currency_code,
            amount, processed_at, processed_date
        from 'payments.parquet'
    """,
)

QUERIES = (_LEDGER, _PAYMENTS)
