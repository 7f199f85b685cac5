"""What products and customers were stays known, and margins of the past stay as they were."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml

from warehouse.shop import PROJECT, Home

_HEADERS = {
    "customers": (
        "customer_id,email,full_name,country_code,city,created_at,updated_at,is_deleted,"
        "merged_into_customer_id"
    ),
    "products": (
        "product_id,sku,product_name,category_name,list_price_amount,unit_cost_amount,"
        "currency_code,is_active,updated_at"
    ),
    "orders": (
        "order_id,customer_id,channel,order_status,currency_code,placed_at,cancelled_at,"
        "shipped_at,delivered_at,ship_country_code,subtotal_amount,discount_amount,"
        "shipping_amount,tax_amount,total_amount,updated_at"
    ),
    "order_lines": (
        "order_line_id,order_id,line_number,product_id,quantity,unit_price_amount,"
        "discount_amount,tax_amount,line_type,updated_at"
    ),
    "deletions": "entity,entity_id,deleted_at",
}
_HISTORY = ("-s", "+dim_products_history", "+dim_customers_history", "+dim_products")


def _deliver(home: Home, file: str, **tables: list[str]) -> None:
    for table, rows in tables.items():
        target = home.path / "inbox" / "shop" / table / f"{file}.csv"
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text("\n".join([_HEADERS[table], *rows]) + "\n")
    home.storehouse("load")


def _customer(number: str, city: str, day: str, merged_into: str = "") -> str:
    return f"{number},,,GB,{city},2025-01-01T00:00:00Z,{day}T00:00:00Z,false,{merged_into}"


def _product(number: str, cost: str, day: str) -> str:
    return f"{number},,Pot,Kitchen,20.00,{cost},GBP,true,{day}T00:00:00Z"


def _order(number: str, product: str, day: str) -> dict[str, list[str]]:
    at = f"{day}T12:00:00Z"
    return {
        "orders": [f"{number},,web,open,GBP,{at},,,,GB,20.00,0,0,0,20.00,{at}"],
        "order_lines": [f"{number}-1,{number},1,{product},1,20.00,0,0,goods,{at}"],
    }


@dataclass(frozen=True)
class Results:
    """A shop that was built after each of its deliveries, and its results."""

    home: Home
    margins: list[dict[str, Decimal]]
    incremental: dict[str, tuple[int, int]]


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Results:
    home = Home(tmp_path_factory.mktemp("home"))
    margins = []
    for number, tables in enumerate(
        [
            {
                "customers": [_customer("C-1", "Leeds", "2025-02-01")],
                "products": [_product("P-1", "9.00", "2025-02-01")],
                **_order("before", "P-1", "2025-02-10"),
            },
            {
                "customers": [
                    _customer("C-1", "York", "2025-03-01"),
                    _customer("C-2", "Bath", "2025-03-01"),
                ],
                "products": [_product("P-1", "12.00", "2025-03-01")],
                **_order("after", "P-1", "2025-03-10"),
            },
            {
                # Late: what C-1 was in between. And an order of what was deleted.
                "customers": [
                    _customer("C-1", "Hull", "2025-02-15"),
                    _customer("C-2", "Bath", "2025-04-01", merged_into="C-1"),
                ],
                "deletions": [
                    "customer,C-1,2025-05-01T00:00:00Z",
                    "product,P-1,2025-03-05T00:00:00Z",
                ],
            },
        ]
    ):
        _deliver(home, str(number), **tables)
        home.models()
        margins.append(
            dict(home.query("select order_id, net_amount - cost_amount from marts.fct_order_lines"))
        )
    incremental = home.fingerprints()
    home.models("--full-refresh")
    return Results(home, margins, incremental)


def test_margins_of_the_past_do_not_move_when_the_cost_of_today_changes(results: Results) -> None:
    first, *later = results.margins
    assert first == {"before": 11}
    assert later == [{"before": 11, "after": 8}] * 2
    assert results.home.query(
        "select sales_date::varchar, margin_amount from reports.rpt_daily_totals "
        "where sold_quantity > 0 order by 1"
    ) == [("2025-02-10", 11), ("2025-03-10", 8)]
    assert results.home.query(
        "select unit_cost_amount from marts.dim_products where product_id = 'P-1'"
    ) == [(12,)]


def test_a_rebuild_from_the_same_raw_data_gives_the_same_history(results: Results) -> None:
    assert results.home.fingerprints() == results.incremental


def test_customers_are_what_they_were_in_each_period(results: Results) -> None:
    assert results.home.query(
        "select customer_id, city, is_deleted, is_merged, valid_from::date::varchar, is_current "
        "from marts.dim_customers_history where customer_key <> '-1' order by 1, valid_from"
    ) == [
        ("C-1", "Leeds", False, False, "1900-01-01", False),
        ("C-1", "Hull", False, False, "2025-02-15", False),
        ("C-1", "York", False, False, "2025-03-01", False),
        ("C-1", "York", True, False, "2025-05-01", True),
        ("C-2", "Bath", False, False, "1900-01-01", False),
        ("C-2", "Bath", False, True, "2025-04-01", True),
    ]


def test_a_line_names_the_product_as_it_was_when_the_order_was_placed(results: Results) -> None:
    assert results.home.query(
        "select order_id, history.unit_cost_amount, history.is_deleted "
        "from marts.fct_order_lines join marts.dim_products_history as history "
        "using (product_version_key) order by 1"
    ) == [("after", 12, True), ("before", 9, False)]


def test_snapshots_note_what_a_source_overwrites_and_survive_an_empty_delivery(
    tmp_path: Path,
) -> None:
    home = Home(tmp_path / "home")
    shops: dict[str, Any] = yaml.safe_load((PROJECT / "dbt_project.yml").read_text())["vars"][
        "shops"
    ]
    shops["shop"]["history"] = "snapshot"
    for products, customers in [
        ([_product("P-1", "9.00", "2025-02-01"), _product("P-2", "6.00", "2025-02-01")], ["Leeds"]),
        ([_product("P-1", "8.00", "2025-02-01"), _product("P-2", "6.00", "2025-02-01")], ["York"]),
        ([], []),
        ([_product("P-2", "6.00", "2025-02-01")], ["York"]),
    ]:
        _deliver(
            home,
            "all",
            products=products,
            customers=[_customer("C-1", city, "2025-02-01") for city in customers],
        )
        home.models(*_HISTORY, variables={"shops": shops})
        if not products:
            assert home.query(
                "select count(*) from snapshots.snap_products "
                "where dbt_is_deleted = 'False' and dbt_valid_to is null"
            ) == [(2,)]
    assert home.query(
        "select product_id, unit_cost_amount, is_deleted, is_current "
        "from marts.dim_products_history where product_key <> '-1' order by 1, valid_from"
    ) == [
        ("P-1", 9, False, False),
        ("P-1", 8, False, False),
        ("P-1", 8, True, True),
        ("P-2", 6, False, True),
    ]
    assert home.query(
        "select city, is_current from marts.dim_customers_history "
        "where customer_id = 'C-1' order by valid_from"
    ) == [("Leeds", False), ("York", True)]
    assert home.query(
        "select product_id, is_deleted from marts.dim_products where product_key <> '-1' order by 1"
    ) == [("P-1", True), ("P-2", False)]
