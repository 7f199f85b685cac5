"""A row whose key is empty is in no mart, is listed, and goes when its file is corrected."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from warehouse.shop import Home

_AT = "2025-03-01T12:00:00Z"
_COLUMNS = {
    "customers": "customer_id,email,full_name,country_code,city,created_at,updated_at,is_deleted,"
    "merged_into_customer_id",
    "products": "product_id,sku,product_name,category_name,list_price_amount,unit_cost_amount,"
    "currency_code,is_active,updated_at",
    "orders": "order_id,customer_id,channel,order_status,currency_code,placed_at,cancelled_at,"
    "shipped_at,delivered_at,ship_country_code,subtotal_amount,discount_amount,shipping_amount,"
    "tax_amount,total_amount,updated_at",
    "order_lines": "order_line_id,order_id,line_number,product_id,quantity,unit_price_amount,"
    "discount_amount,tax_amount,line_type,updated_at",
    "payments": "payment_id,order_id,payment_kind,payment_status,payment_method,amount,"
    "currency_code,processed_at,updated_at",
    "stock_movements": "stock_movement_id,product_id,location_id,movement_type,quantity,moved_at,"
    "updated_at",
    "web_events": "event_id,event_type,visitor_id,customer_id,product_id,order_id,page_url,"
    "referrer_url,utm_source,utm_medium,utm_campaign,user_agent,occurred_at",
    "refunds": "refund_id,order_id,customer_id,refunded_at,currency_code,shipping_amount,"
    "adjustment_amount,reason,updated_at",
    "refund_lines": "refund_line_id,refund_id,order_line_id,product_id,line_type,quantity,amount,"
    "tax_amount,is_restocked,updated_at",
}
STAGED = (*_COLUMNS, "customer_versions", "product_versions")


def _rows(key: str) -> dict[str, str]:
    """A row of each table whose key is `key`; of lines both keys."""
    return {
        "customers": f"{key},,,GB,Leeds,{_AT},{_AT},false,",
        "products": f"{key},,Pot,Kitchen,20.00,9.00,GBP,true,{_AT}",
        "orders": f"{key},,web,open,GBP,{_AT},,,,GB,20.00,0,0,0,20.00,{_AT}",
        "order_lines": f"{key},{key},1,P-1,1,20.00,0,0,goods,{_AT}",
        "payments": f"{key},O-1,charge,succeeded,card,20.00,GBP,{_AT},{_AT}",
        "stock_movements": f"{key},P-1,,receipt,5,{_AT},{_AT}",
        "web_events": f"{key},page_view,{key},,,,https://shop.example/,,,,,,{_AT}",
        "refunds": f"{key},O-1,,{_AT},GBP,0,0,,{_AT}",
        "refund_lines": f"{key},{key},,P-1,goods,1,5.00,0,true,{_AT}",
    }


def _deliver(home: Home, file: str, *keys: str) -> None:
    for table, header in _COLUMNS.items():
        target = home.path / "inbox" / "shop" / table / f"{file}.csv"
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text("\n".join([header, *(_rows(key)[table] for key in keys)]) + "\n")


def _build(home: Home, *arguments: str) -> None:
    home.storehouse("load")
    home.models(*arguments, "-s", "path:models/staging/shop", "int_rows_without_key", "+fct_orders")


def _staged(home: Home) -> dict[str, list[tuple[Any, ...]]]:
    return {
        table: home.query(f"select * from staging.stg_shop__{table} order by all")
        for table in STAGED
    }


def _without_key(home: Home) -> dict[str, int]:
    return dict(
        home.query("select entity, count(*) from intermediate.int_rows_without_key group by all")
    )


def test_a_row_without_a_key_is_listed_until_its_file_is_corrected(tmp_path: Path) -> None:
    home = Home(tmp_path)
    _deliver(home, "right", "O-1")
    _deliver(home, "stays_odd", "")
    # Two rows without a key are two rows: nothing tells that they are the same.
    _deliver(home, "odd", "", "")
    _build(home)
    assert _without_key(home) == dict.fromkeys(_COLUMNS, 3)
    assert home.query("select order_id from marts.fct_orders") == [("O-1",)]

    # What is not corrected is neither lost nor doubled.
    _deliver(home, "odd", "", "O-2")
    _build(home)
    assert _without_key(home) == dict.fromkeys(_COLUMNS, 2)
    orders = home.query("select order_id from marts.fct_orders order by all")
    assert orders == [("O-1",), ("O-2",)]

    incremental, staged = home.fingerprints(), _staged(home)
    _build(home, "--full-refresh")
    assert _staged(home) == staged
    assert home.fingerprints() == incremental
