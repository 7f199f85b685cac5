"""The adapter for Shopify, as it ships, against the strict local server."""

from __future__ import annotations

import json
import threading
import time
from datetime import UTC, datetime

from loaders.rest.server import Reply, Request
from loaders.shopify.adapter import GUIDE, ShopifyShop
from loaders.shopify.objects import gid
from loaders.shopify.server import MOST_COST, VERSION, Bucket
from storehouse.sources.portion import Window

ROWS = {
    "orders": 7,
    "fulfillments": 2,
    "order_lines": 2 + 1 + 2 + 1 + 1 + 1 + 12,
    "order_line_discounts": 3 + 1 + 1,
    "order_line_taxes": 1 + 1 + 1 + 12,
    "shipping_lines": 4,
    "shipping_line_taxes": 2,
    "refunds": 4,
    "refund_lines": 1 + 1 + 7,
    "refund_shipping_lines": 2,
    "order_adjustments": 1,
    "transactions": 2 + 2 + 2 + 3 + 1 + 1 + 2,
    "customers": 2,
    "products": 254,
    "variants": 254,
    "inventory_items": 254,
    "locations": 2,
    "inventory_levels": 254 + 1,
}


def test_a_shop_lands_whole_with_all_that_its_pages_hold_back(adapter: ShopifyShop) -> None:
    report = adapter.load()
    report.raise_for_problems()
    assert not report.notes
    landed = {table: len(adapter.landed("1", table)) for table in ROWS}
    assert landed == ROWS
    lines = adapter.landed("order_line_id", "order_lines")
    assert len(set(lines)) == len(lines)
    drained = adapter.landed("refund_line_id, refund_id, order_id, is_tax_included", "refund_lines")
    assert (gid("RefundLineItem", 76), gid("Refund", 4), gid("Order", 7), "false") in drained
    quantities = adapter.landed("order_line_id, quantity, current_quantity", "order_lines")
    assert (gid("LineItem", 11), "2", "1") in quantities
    # The last spoon, its tax and its discount came with a page of their own.
    spoon = gid("LineItem", 81)
    discounts = adapter.landed("order_line_id, order_id, amount", "order_line_discounts")
    assert (spoon, gid("Order", 7), "0.50") in discounts
    assert (spoon, "0.10") in adapter.landed("order_line_id, amount", "order_line_taxes")


def test_amounts_are_those_of_the_shop_and_land_as_they_are_written(adapter: ShopifyShop) -> None:
    adapter.load().raise_for_problems()
    assert (gid("Order", 1), "58.38", "GBP") in adapter.landed(
        "order_id, total_amount, currency_code", "orders"
    )
    assert adapter.landed("amount, tax_amount, reason", "order_adjustments") == [
        ("-5.00", "0.00", "REFUND_DISCREPANCY")
    ]


def test_no_query_costs_more_than_one_may(adapter: ShopifyShop) -> None:
    adapter.load().raise_for_problems()
    assert max(adapter.server.costs) <= MOST_COST
    assert len(adapter.server.costs) == len(adapter.api.requests)


def test_a_second_load_asks_for_what_has_changed_since(adapter: ShopifyShop) -> None:
    adapter.load().raise_for_problems()
    before = len(adapter.server.queries)
    order = adapter.server.shop["orders"][5]
    order["updatedAt"] = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
    order["cancelledAt"] = order["updatedAt"]
    adapter.load().raise_for_problems()
    found = adapter.landed("cancelled_at", f"orders where order_id = '{order['id']}'")
    assert sorted(str(one) for (one,) in found) == sorted(["None", order["updatedAt"]])
    assert len(adapter.landed("1", "orders")) == ROWS["orders"] + 1
    queries = adapter.server.queries[before:]
    filters = [q["variables"].get("filter", "") for q in queries if "$filter" in q["query"]]
    assert filters
    assert all(one.startswith("updated_at:>='20") for one in filters)


def test_throttled_queries_wait_for_their_points(adapter: ShopifyShop) -> None:
    adapter.server.bucket = Bucket(maximum=1000, restore_rate=4000)
    adapter.change("retry_codes:", "first_wait_seconds: 0.01\n          retry_codes:")
    begun = time.monotonic()
    adapter.load().raise_for_problems()
    assert len(adapter.landed("1", "orders")) == ROWS["orders"]
    assert time.monotonic() - begun > 0.1


def test_a_query_refused_as_throttled_is_asked_again(adapter: ShopifyShop) -> None:
    status = {"maximumAvailable": 2000, "currentlyAvailable": 990, "restoreRate": 100}
    body = {
        "errors": [{"message": "Throttled", "extensions": {"code": "THROTTLED"}}],
        "extensions": {"cost": {"requestedQueryCost": 995, "throttleStatus": status}},
    }
    adapter.api.faults = [Reply(json.dumps(body))]
    adapter.load().raise_for_problems()
    assert len(adapter.landed("1", "orders")) == ROWS["orders"]


def test_a_wrong_token_names_what_to_check_and_stays_unseen(adapter: ShopifyShop) -> None:
    adapter.environ["SHOPIFY_TOKEN"] = "shpat_canary"  # noqa: S105
    errors = [str(error) for error in adapter.load().errors]
    assert "refused the credentials with 401; check the variables named under `auth`" in errors[0]
    assert "shpat_canary" not in "".join(errors)


def test_a_version_that_is_gone_says_where_it_stands(adapter: ShopifyShop) -> None:
    adapter.change(VERSION, "2019-01")
    error = str(adapter.load().errors[0])
    assert "/admin/api/2019-01/graphql.json" in error
    assert "404" in error


def test_a_query_too_dear_is_refused_and_nothing_lands(adapter: ShopifyShop) -> None:
    adapter.change("size: 6", "size: 50")
    error = str(adapter.load().errors[0])
    assert "MAX_COST_EXCEEDED" in error
    assert adapter.landed("1", "orders") == []


def test_what_a_sweep_misses_is_a_deletion(adapter: ShopifyShop) -> None:
    adapter.load().raise_for_problems()
    adapter.change("every_hours: 24", "every_hours: 0.000001")
    del adapter.server.shop["customers"][1]
    gone = adapter.server.shop["productVariants"].pop()
    adapter.load().raise_for_problems()
    assert adapter.landed("entity, entity_id", "deletions") == [
        ("customer", gid("Customer", 2)), ("product", gone["id"]),
    ]  # fmt: skip


def test_a_token_of_an_app_is_fetched_and_renewed(adapter: ShopifyShop) -> None:
    """As docs/shopify.md declares it for apps that have no lasting token."""
    granted = threading.Event()

    def grant(request: Request) -> Reply:
        assert b"grant_type=client_credentials" in request.body
        granted.set()
        token = {"access_token": adapter.server.token, "expires_in": 86399, "scope": "x"}
        return Reply(json.dumps(token))

    adapter.api.routes["/admin/oauth/access_token"] = grant
    guide = GUIDE.read_text(encoding="utf-8")
    (auth,) = [one for one in guide.split("```") if "kind: oauth2" in one]
    old = "auth: {kind: header, name: X-Shopify-Access-Token, value_variable: SHOPIFY_TOKEN}\n"
    new = auth.removeprefix("yaml\n").replace("\n", "\n          ").rstrip() + "\n"
    adapter.change(old, new)
    adapter.environ |= {"SHOPIFY_CLIENT_ID": "id", "SHOPIFY_CLIENT_SECRET": "secret"}
    adapter.load().raise_for_problems()
    assert granted.is_set()
    assert len(adapter.landed("1", "orders")) == ROWS["orders"]


def test_all_is_read_again_when_asked_in_full(adapter: ShopifyShop) -> None:
    adapter.load().raise_for_problems()
    adapter.load(Window(full=True)).raise_for_problems()
    assert len(adapter.landed("1", "orders")) == 2 * ROWS["orders"]
