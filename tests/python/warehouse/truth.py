"""The book beside the sample's truth: what one holds and the other does not."""

from __future__ import annotations

from typing import Any

from warehouse.shop import Home

_BOOK = """
    select
        orders.order_id,
        lines.order_line_id,
        case when document_type = 'refund' then document_id end as refund_id,
        products.product_id,
        customers.customer_id,
        entry_type, entry_date, entry_at, entries.quantity, entries.currency_code,
        amount, entries.cost_amount
    from marts.fct_ledger_entries as entries
    left join marts.fct_orders as orders using (order_key)
    left join marts.fct_order_lines as lines using (order_line_key)
    left join marts.dim_products as products on products.product_key = entries.product_key
    left join marts.dim_customers as customers on customers.customer_key = entries.customer_key
"""


def differences(home: Home) -> tuple[list[tuple[Any, ...]], list[tuple[Any, ...]]]:
    """Entries of the book that are not in the truth, and the other way round."""
    assert home.inbox is not None
    truth = f"""
        select order_id, order_line_id, refund_id, product_id, customer_id, entry_type,
            entry_date, entry_at, quantity, currency_code, amount, cost_amount
        from read_parquet('{home.inbox}/truth/ledger.parquet')
    """
    return (
        home.query(f"({_BOOK}) except all ({truth})"),
        home.query(f"({truth}) except all ({_BOOK})"),
    )
