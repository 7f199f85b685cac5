"""The warehouse on a real Medusa: a shop that goes on while it is loaded and built again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from servers.medusa_seed import FATES, Seeded, seed
from servers.medusa_server import Address
from servers.medusa_shop import Shop, signed_in
from warehouse.shop import Home

Totals = dict[str, Decimal]


@dataclass(frozen=True)
class Story:
    """A shop before and after what happened in between.

    `totals` are Medusa's totals at the end, `totals_first` before; `stamps` are the times,
    by Medusa, at which an order and its payment last changed, before and after a refund.
    """

    shop: Shop
    home: Home
    totals_first: Totals
    totals: Totals
    orders: dict[str, str]
    loads: tuple[dict[str, Any], dict[str, Any]]
    stamps: tuple[list[str], list[str]]


@pytest.fixture(scope="module")
def story(medusa_server: Address, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    with signed_in(medusa_server.url, medusa_server.key) as admin:
        yield _lived(seed(admin, len(FATES)), medusa_server, tmp_path_factory.mktemp("home"))


def _lived(seeded: Seeded, server: Address, folder: Path) -> Story:
    shop, orders = seeded.shop, {fate: ids[0] for fate, ids in seeded.orders.items()}
    environ = {"MEDUSA_URL": server.url, "MEDUSA_SECRET_KEY": server.key}
    home = Home(folder, sources="medusa", environ=environ)
    first_load = home.storehouse("run")["load"]
    totals_first = _totals(shop, orders)
    stamps = _go_on(seeded, orders)
    second_load = home.storehouse("run")["load"]
    loads = (first_load, second_load)
    return Story(shop, home, totals_first, _totals(shop, orders), orders, loads, stamps)


def _go_on(seeded: Seeded, orders: dict[str, str]) -> tuple[list[str], list[str]]:
    """What happens between the loads; what Medusa says of the refunded order before and after."""
    shop = seeded.shop
    open_order = orders["open"]
    item = shop.read(open_order)["items"][0]
    shop.set_quantity(open_order, item["id"], item["quantity"] + 2)
    shop.cancel(orders["captured"])
    shop.refund(orders["delivered"], 1.25, "late")
    shop.stock(seeded.stock[seeded.variants[0]], 500)
    orders["new"] = shop.order([(seeded.variants[0], 2)], "late@example.com")
    before = _stamps(shop, orders["returned"])
    shop.refund(orders["returned"], _owed(shop, orders["returned"]), "for the return")
    return before, _stamps(shop, orders["returned"])


def _owed(shop: Shop, order: str) -> float:
    summary = shop.admin.call(f"/orders/{order}", fields="*summary")["order"]["summary"]
    return -float(summary["pending_difference"])


def _stamps(shop: Shop, order: str) -> list[str]:
    read = shop.admin.call(f"/orders/{order}", fields="updated_at")["order"]
    payment = shop.payments(order)[0]
    paid = shop.admin.call(f"/payments/{payment}", fields="updated_at")["payment"]
    return [read["updated_at"], paid["updated_at"]]


def _totals(shop: Shop, orders: dict[str, str]) -> Totals:
    """What is left to pay of each order, by Medusa's page of it; of a cancelled one nothing."""
    totals = {}
    for order in orders.values():
        read = shop.admin.call(f"/orders/{order}", fields="+raw_total,+total")["order"]
        left = Decimal(read["raw_total"]["value"])
        totals[order] = Decimal(0) if read["status"] == "canceled" else left
    return totals


def test_what_is_left_of_every_order_is_what_medusa_says(story: Story) -> None:
    found = dict(
        story.home.query("select order_id, total_amount - refunded_amount from marts.fct_orders")
    )
    assert found == story.totals
    assert len(found) == len(FATES) + 1


def test_payments_and_refunds_sum_to_what_medusa_says(story: Story) -> None:
    found = story.home.query(
        "select order_id, sum(received_amount) from marts.fct_payments group by all"
    )
    for order, received in found:
        read = story.shop.admin.call(f"/orders/{order}", fields="*summary")["order"]
        summary = read["summary"]
        assert received == Decimal(str(summary["transaction_total"])), order
    assert len(found) > len(FATES) // 2


def test_every_total_that_medusa_states_ties(story: Story) -> None:
    exceptions = story.home.query(
        "select check_name, exception_count from reports.rpt_reconciliation "
        "where must_tie and exception_count > 0"
    )
    assert exceptions == []


def test_an_order_that_was_edited_after_the_first_load_is_edited_after_the_second(
    story: Story,
) -> None:
    order = story.orders["open"]
    assert story.totals[order] > story.totals_first[order]
    assert story.home.query(
        f"select total_amount from marts.fct_orders where order_id = '{order}'"
    ) == [(story.totals[order],)]


def test_a_cancellation_after_the_first_load_takes_the_whole_order_back(story: Story) -> None:
    assert story.home.query(
        "select order_status, total_amount = refunded_amount, total_amount > 0 "
        f"from marts.fct_orders where order_id = '{story.orders['captured']}'"
    ) == [("cancelled", True, True)]


def test_a_refund_that_moves_no_updated_at_is_seen(story: Story) -> None:
    before, after = story.stamps
    assert before == after
    order = story.orders["returned"]
    assert story.home.query(
        "select o.total_amount - o.refunded_amount - sum(p.received_amount) "
        "from marts.fct_orders as o join marts.fct_payments as p using (order_key) "
        f"where o.order_id = '{order}' group by o.total_amount, o.refunded_amount"
    ) == [(Decimal(0),)]
    assert story.home.query(
        "select count(*) from marts.fct_payments "
        f"where payment_kind = 'refund' and order_id = '{order}'"
    ) == [(1,)]


def test_a_goodwill_refund_is_an_adjustment_of_its_own_day(story: Story) -> None:
    assert story.home.query(
        "select amount from marts.fct_ledger_entries where entry_type = 'adjustment' "
        f"and order_id = '{story.orders['delivered']}'"
    ) == [(Decimal("-1.25"),)]


def test_a_return_takes_back_its_units_and_a_requested_one_none(story: Story) -> None:
    damaged = story.shop.read(story.orders["returned damaged"])["items"]
    found = dict(
        story.home.query(
            "select order_id, returned_quantity from marts.fct_orders "
            "where order_status <> 'cancelled' and returned_quantity > 0"
        )
    )
    assert found == {
        story.orders["returned"]: 1,
        story.orders["returned damaged"]: max(item["quantity"] for item in damaged),
    }


def test_a_damaged_unit_is_given_back_and_not_put_on_the_shelf(story: Story) -> None:
    assert story.home.query(
        "select sum(quantity) from staging.stg_medusa__refund_lines "
        "join staging.stg_medusa__refunds using (refund_id) "
        f"where order_id = '{story.orders['returned damaged']}' and not is_restocked"
    ) == [(1,)]


def test_a_refund_before_a_cancellation_keeps_its_own_day(story: Story) -> None:
    order = story.orders["cancelled after goodwill"]
    assert story.home.query(
        "select reason, adjustment_amount from staging.stg_medusa__refunds "
        f"where order_id = '{order}' order by reason"
    ) == [("cancelled", Decimal(-3)), ("credit", Decimal(3))]


def test_stock_on_hand_is_what_medusa_says_at_the_last_load(story: Story) -> None:
    items = story.shop.admin.call("/inventory-items", fields="variants.id,*location_levels")
    totals = {
        item["variants"][0]["id"]: item["location_levels"][0]["stocked_quantity"]
        for item in items["inventory_items"]
    }
    found = story.home.query(
        "select p.product_id, sum(quantity) from marts.fct_stock_movements "
        "join marts.dim_products as p using (product_key) group by all"
    )
    assert dict(found) == totals
    assert 500 in totals.values()


def test_medusa_heeded_every_filter(story: Story) -> None:
    for load in story.loads:
        assert load["errors"] == []
        assert not [note for note in load["notes"] if "did not filter" in note]


def test_a_rebuild_from_all_that_landed_gives_the_same_marts(story: Story) -> None:
    before = story.home.fingerprints()
    story.home.models("--full-refresh")
    after = story.home.fingerprints()
    assert [table for table in before if before[table] != after[table]] == []


def test_the_key_is_in_no_file_of_the_warehouse(story: Story, medusa_server: Address) -> None:
    holding = [
        str(path)
        for path in story.home.path.rglob("*")
        if path.is_file() and medusa_server.key.encode() in path.read_bytes()
    ]
    assert holding == []
