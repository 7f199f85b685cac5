"""What a shop delivers late: each changes one input of models that nothing else in it changes."""

from __future__ import annotations

import csv
from pathlib import Path

from warehouse.shop import Home

_REFUNDED_AT = "2025-12-20T12:00:00Z"
_LATER = "2026-01-05T00:00:00Z"
_HEADERS = {
    "refunds": "refund_id,order_id,customer_id,refunded_at,currency_code,shipping_amount,"
    "shipping_tax_amount,adjustment_amount,reason,updated_at",
    "refund_lines": "refund_line_id,refund_id,order_line_id,product_id,line_type,quantity,amount,"
    "tax_amount,is_restocked,updated_at",
    "exchange_rates": "rate_date,base_currency_code,quote_currency_code,rate,updated_at",
    "products": "product_id,sku,product_name,category_name,list_price_amount,unit_cost_amount,"
    "currency_code,is_active,updated_at",
    "deletions": "entity,entity_id,deleted_at",
}
# Five of each kind that the first delivery brought, drawn by a hash, so that they are spread.
_DELETED = {
    "customer": ("stg_shop__customers", "customer_id"),
    "order": ("stg_shop__order_lines", "order_id"),
    "payment": ("stg_shop__payments", "payment_id"),
    "product": ("stg_shop__product_versions", "product_id"),
    "refund": ("stg_shop__refund_lines", "refund_id"),
    "stock_movement": ("stg_shop__stock_movements", "stock_movement_id"),
    "visitor": ("stg_shop__web_events", "visitor_id"),
}


def deliver_before(inbox: Path) -> None:
    """A refund in euros of a product, of no order that the shop knows."""
    _write(inbox, "refunds", f"RX1,,,{_REFUNDED_AT},EUR,0,0,0,damaged,{_REFUNDED_AT}")
    _write(inbox, "refund_lines", f"RX1-1,RX1,,P000001,goods,1,10.00,0,false,{_REFUNDED_AT}")


def deliver_after(home: Home, inbox: Path) -> None:
    """A correction of the rate and of the cost of that refund's day, a category, and deletions."""
    _write(inbox, "exchange_rates", f"2025-12-20,EUR,GBP,0.5,{_LATER}")
    _write(
        inbox,
        "products",
        "P000001,GAR-P000001,Trowel,Garden,88.99,1.23,GBP,true,2025-12-19T00:00:00Z",
        f"P000002,TEX-P000002,Wool throw,Garden,8.99,3.23,GBP,true,{_LATER}",
    )
    deletions = []
    for entity, (model, column) in _DELETED.items():
        drawn = home.query(
            f"select distinct {column} from staging.{model} "
            f"where {column} not in ('RX1', 'P000001', 'P000002') order by hash({column}) limit 5"
        )
        deletions += [f"{entity},{one},{_LATER}" for (one,) in drawn]
    _write(inbox, "deletions", *deletions)


def _write(inbox: Path, table: str, *rows: str) -> None:
    file = inbox / "shop" / table / f"{len(rows)}-late-{table}.csv"
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("x", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerows(row.split(",") for row in (_HEADERS[table], *rows))
