"""Pairs of queries on a mart and on its file of the truth."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class TruthQuery:
    """`book` reads `mart`, `truth` reads `file`; both return the same columns."""

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
            reporting_amount,
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
            entry_at, quantity, currency_code, amount, reporting_amount, cost_amount
        from 'ledger.parquet'
    """,
)

_PAYMENTS = TruthQuery(
    mart="marts.fct_payments",
    file="payments.parquet",
    book="""
        select
            payment_id,
            orders.order_id,
            payment_kind,
            payment_status,
            payment_method,
            payments.currency_code,
            amount,
            received_amount,
            reporting_received_amount,
            processed_at,
            payment_date
        from marts.fct_payments as payments
        left join marts.fct_orders as orders using (order_key)
    """,
    truth="""
        select
            payment_id, order_id, payment_kind, payment_status, payment_method, currency_code,
            amount, received_amount,
            sign(received_amount) * reporting_amount as reporting_received_amount,
            processed_at, processed_date as payment_date
        from 'payments.parquet'
    """,
)

_STOCK = TruthQuery(
    mart="marts.fct_stock_daily",
    file="stock_daily.parquet",
    book="""
        select
            product_id,
            stock_date,
            received_quantity,
            sold_quantity,
            returned_quantity,
            written_off_quantity,
            counted_difference_quantity,
            on_hand_quantity
        from marts.fct_stock_daily
        inner join marts.dim_products using (product_key)
    """,
    truth="""
        select
            product_id, stock_date, received_quantity, sold_quantity, returned_quantity,
            written_off_quantity, counted_difference_quantity, on_hand_quantity
        from 'stock_daily.parquet'
    """,
)

_SESSIONS = TruthQuery(
    mart="marts.fct_sessions",
    file="sessions.parquet",
    book="""
        select
            visitor_id,
            session_started_at,
            session_ended_at,
            session_date,
            events_count,
            is_bot,
            customers.customer_id,
            orders.order_id,
            furthest_step,
            marketing_channel,
            utm_source,
            utm_medium,
            utm_campaign,
            first_touch_channel,
            last_touch_channel
        from marts.fct_sessions as sessions
        left join marts.dim_customers as customers using (customer_key)
        left join marts.fct_orders as orders using (order_key)
    """,
    truth="""
        select
            visitor_id, session_started_at, session_ended_at, session_date, events_count, is_bot,
            customer_id, order_id, furthest_step, marketing_channel, utm_source, utm_medium,
            utm_campaign, first_touch_channel, last_touch_channel
        from 'sessions.parquet'
    """,
)

_FUNNEL = TruthQuery(
    mart="reports.rpt_funnel_daily",
    file="funnel_daily.parquet",
    book="""
        select
            session_date,
            marketing_channel,
            utm_campaign,
            sessions_count,
            product_view_sessions_count,
            cart_sessions_count,
            checkout_sessions_count,
            purchase_sessions_count
        from reports.rpt_funnel_daily
        where sessions_count > 0
    """,
    truth="""
        select
            session_date, marketing_channel, utm_campaign, sessions_count,
            product_view_sessions_count, cart_sessions_count, checkout_sessions_count,
            purchase_sessions_count
        from 'funnel_daily.parquet'
    """,
)


def _deleted(entity: str) -> TruthQuery:
    """Deleted members remain in a dimension. Deleted documents are covered by the other queries."""
    mart = f"marts.dim_{entity}s"
    return TruthQuery(
        mart=mart,
        file="deliveries.parquet",
        book=f"""
            select '{entity},' || {entity}_id as row_key
            from {mart}
            where is_deleted and row_key in (
                select row_key from 'deliveries.parquet' where trouble = 'hard_deletes'
            )
        """,
        truth=f"""
            select distinct row_key
            from 'deliveries.parquet'
            where trouble = 'hard_deletes' and row_key like '{entity},%'
        """,
    )


QUERIES = (
    *(_LEDGER, _PAYMENTS, _STOCK, _SESSIONS, _FUNNEL),
    *(_deleted(entity) for entity in ("customer", "product")),
)
