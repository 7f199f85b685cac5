"""What a shop delivers late: each changes one input of models that nothing else in it changes."""

from __future__ import annotations

import csv
from pathlib import Path

from warehouse.shop import Home

_AT = "2025-12-20T12:00:00Z"
_LATER = "2026-01-05T00:00:00Z"
_HEADERS = {
    "orders": "order_id,customer_id,channel,order_status,currency_code,placed_at,cancelled_at,"
    "shipped_at,delivered_at,ship_country_code,subtotal_amount,discount_amount,shipping_amount,"
    "tax_amount,total_amount,is_tax_included,updated_at",
    "order_lines": "order_line_id,order_id,line_number,product_id,quantity,unit_price_amount,"
    "discount_amount,tax_amount,line_type,updated_at",
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
    """What one input alone changes: two documents in euros, of no product; a product come back.

    A document that two inputs change is right as long as one of them is followed.
    """
    _write(inbox, "orders", f"OX1,,web,open,EUR,{_AT},,,,GB,10.00,0,0,0,10.00,false,{_AT}")
    _write(inbox, "order_lines", f"OX1-1,OX1,1,,1,10.00,0,0,fee,{_AT}")
    _write(
        inbox,
        "refunds",
        f"RX1,,,{_AT},EUR,0,0,10.00,goodwill,{_AT}",
        f"RX2,,,{_AT},GBP,0,0,0,damaged,{_AT}",
    )
    _write(inbox, "refund_lines", f"RX2-1,RX2,,P000001,goods,1,10.00,0,true,{_AT}")


def deliver_after(home: Home, inbox: Path) -> None:
    """A correction of the rate and of the cost of that day, a category, and deletions."""
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
            f"where {column} not in ('OX1', 'RX2', 'P000001', 'P000002') "
            f"order by hash({column}) limit 5"
        )
        deletions += [f"{entity},{one},{_LATER}" for (one,) in drawn]
    _write(inbox, "deletions", *deletions)


def _write(inbox: Path, table: str, *rows: str) -> None:
    file = inbox / "shop" / table / f"{len(rows)}-late-{table}.csv"
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("x", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerows(row.split(",") for row in (_HEADERS[table], *rows))
