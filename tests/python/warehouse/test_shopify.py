"""A shop on Shopify, from its API to the reports."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from loaders.rest.server import Api, serving
from loaders.shopify.adapter import GUIDE
from loaders.shopify.objects import refund, refund_line, refund_shipping, transaction
from loaders.shopify.server import PATH, Bucket, Shopify
from loaders.shopify.shop import FINANCE, FINANCE_WITHOUT_TAX, TAX_INCLUDED_ON, shop
from warehouse.shop import Home


@dataclass
class ShopifyHome:
    home: Home
    server: Shopify

    def figure(self, expression: str, where: str = "true") -> Decimal:
        """An expression of docs/shopify.md over all days."""
        ((found,),) = self.home.query(
            rf"""
            with summed as (
                select sum(columns('.*_amount')) as '\0'
                from reports.rpt_daily_totals where {where}
            ),
            fees as (
                select coalesce(sum(unit_price_amount), 0) as tips_amount
                from marts.fct_order_lines where order_line_id like '% tip'
            ),
            paid as (select sum(received_amount) as received_amount from marts.fct_payments)
            select {expression} from summed, fees, paid
            """
        )
        return Decimal(found)

    def change(self) -> None:
        """#1006 comes back today with its shipping: 15.00 + 4.00; the tip stays."""
        order: Any = self.server.shop["orders"][5]
        at = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
        order["updatedAt"] = at
        line, post = order["lineItems"][0], order["shippingLines"][0]
        order["refunds"] = [
            refund(
                9, at, "19.00",
                [refund_line(90, line, "15.00", "0.00", "RETURN")],
                [refund_shipping(90, post, "4.00", "0.00")],
            )
        ]  # fmt: skip
        order["transactions"].append(transaction(90, "REFUND", "19.00"))


@pytest.fixture(scope="module")
def shopify(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ShopifyHome]:
    """The shop, loaded, built with all tests and published by one `storehouse run`."""
    server = Shopify(shop(), bucket=Bucket(restore_rate=20_000))
    folder: Path = tmp_path_factory.mktemp("shopify")
    with serving(Api({PATH: server})) as api:
        environ = {"SHOPIFY_URL": api.address, "SHOPIFY_TOKEN": server.token}
        home = Home(folder, sources="shopify", environ=environ)
        home.storehouse("run")
        yield ShopifyHome(home, server)


def definitions() -> list[tuple[str, str, str]]:
    """The table of docs/shopify.md: Shopify's report, our expression, what for."""
    text = GUIDE.read_text(encoding="utf-8")
    return re.findall(
        r"^\| ([A-Z][^|]*) \| `([^|`]+)` \| (all|prices without tax) \|$", text, re.MULTILINE
    )


def test_the_guide_defines_every_figure_that_the_fixture_works_out() -> None:
    assert [name for name, _, _ in definitions()] == list(FINANCE)


@pytest.mark.parametrize(("name", "expression", "applies_to"), definitions())
def test_a_figure_of_shopifys_finance_reports_is_what_the_guide_says(
    shopify: ShopifyHome, name: str, expression: str, applies_to: str
) -> None:
    if applies_to == "all":
        assert shopify.figure(expression) == Decimal(FINANCE[name])
    else:
        where = f"sales_date <> date '{TAX_INCLUDED_ON}'"
        assert shopify.figure(expression, where) == Decimal(FINANCE_WITHOUT_TAX[name])


def test_the_token_is_nowhere_in_what_a_run_leaves_behind(shopify: ShopifyHome) -> None:
    home, token = shopify.home, shopify.server.token
    files = [file for file in home.path.rglob("*") if file.is_file()]
    assert {"run_results.json", "manifest.json", "warehouse.duckdb"} <= {f.name for f in files}
    assert [file for file in files if token.encode() in file.read_bytes()] == []
    for ask in (home.query, home.published):  # what a database holds may be compressed
        tables = ask("select schema_name || '.' || table_name from duckdb_tables()")
        assert len(tables) > 20
        for (table,) in tables:
            holding = f"select count(*) from {table} as held where contains(held::varchar, ?)"
            assert ask(holding.replace("?", f"'{token}'")) == [(0,)], table


def test_costs_are_those_of_what_was_sold_and_did_not_come_back_to_the_shelf(
    shopify: ShopifyHome,
) -> None:
    assert shopify.figure("cost_amount") == Decimal("39.00")


def test_what_an_order_bills_is_what_shopify_states(shopify: ShopifyHome) -> None:
    found = shopify.home.query(
        "select order_id, total_amount, stated_total_amount from marts.fct_orders"
    )
    stated = {
        one["id"]: Decimal(one["totalPriceSet"]["shopMoney"]["amount"])
        for one in shop()["orders"]
        if not one["test"]
    }
    assert {order: total for order, total, _ in found} == stated
    assert {order: total for order, _, total in found} == stated


def test_an_order_refunded_after_the_first_load_is_changed_after_the_second(
    shopify: ShopifyHome,
) -> None:
    before = shopify.figure("total_sales_amount")
    shopify.change()
    shopify.home.storehouse("load")
    shopify.home.models("--select", "+rpt_daily_totals", "+fct_payments")
    assert shopify.figure("total_sales_amount") == before - Decimal("19.00")
    assert shopify.figure("received_amount") == Decimal(FINANCE["Net payments"]) - Decimal("19.00")
