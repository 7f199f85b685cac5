"""The trade of a sample keeps the promises of the export format, and has what a shop has."""

from __future__ import annotations

import itertools
from pathlib import Path

import duckdb
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sample.promises import PROMISES
from sample.shop import one, read
from sample_shop import DEFAULT_END, write_sample
from sample_shop.arrays import NEVER
from sample_shop.period import period_of
from sample_shop.shop import invent_shop
from sample_shop.trade import words
from sample_shop.trade.pricing import allocate
from sample_shop.troubles import IN_THE_SHOP


def test_orders_are_placed_around_midnight_and_both_clock_changes(
    shop: duckdb.DuckDBPyConnection,
) -> None:
    hours = one(
        shop,
        "select count(distinct hour(placed_at at time zone 'Europe/London')) from orders",
    )
    assert hours == 24
    for start in (
        "2025-03-30 00:00Z",
        "2025-03-30 01:00Z",
        "2025-10-25 23:00Z",  # 00:00 in London
        "2025-10-26 00:00Z",  # 01:00, for the first time
        "2025-10-26 01:00Z",  # 01:00, again
    ):
        within_the_hour = (
            "select count(*) from orders where placed_at >= timestamptz '{0}'"
            " and placed_at < timestamptz '{0}' + interval 1 hour"
        )
        assert one(shop, within_the_hour.format(start)) > 0, start


@pytest.mark.parametrize("promise", PROMISES)
def test_no_row_breaks_the_promise(promise: str, shop: duckdb.DuckDBPyConnection) -> None:
    assert one(shop, PROMISES[promise]) == 0


FEATURES = {
    "guests": "from orders where customer_id is null",
    "chains of mergers": "from customers join customers as other"
    " on customers.merged_into_customer_id = other.customer_id"
    " where other.merged_into_customer_id is not null",
    "products with six changes": "from (select product_id from raw_products where is_active"
    " group by all having count(*) = 7)",
    "products without a change": "from (select product_id from raw_products"
    " group by all having count(*) = 1)",
    "goods sold before they were discontinued": "from goods join products using (product_id)"
    " where not is_active",
    "open orders": "from orders where order_status = 'open'",
    "partly shipped orders": "from raw_orders where order_status = 'partially_shipped'",
    "shipped orders": "from orders where order_status = 'shipped'",
    "delivered orders": "from orders where order_status = 'delivered'",
    "orders cancelled before shipping": "from orders where order_status = 'cancelled'"
    " and shipped_at is null",
    "orders cancelled after shipping": "from orders where order_status = 'cancelled'"
    " and shipped_at is not null",
    "discounts of lines": "from goods where discount_amount > 0",
    "discounts on whole orders that don't divide": "from goods where allocated > 0"
    " and (order_discount * weight) % total != 0",
    "both discounts at once": "from goods where allocated > 0 and discount_amount > 0",
    "shipping half off": "from orders join order_lines using (order_id)"
    " where line_type = 'shipping' and shipping_amount > 0",
    "shipping given away": "from orders join order_lines using (order_id)"
    " where line_type = 'shipping' and shipping_amount = 0",
    "orders with free shipping": "from orders where shipping_amount = 0 and channel = 'web'"
    " and order_id not in (select order_id from order_lines where line_type = 'shipping')",
    "untaxed lines": "from goods where tax_amount = 0",
    "tax included in euros": "from orders where is_tax_included and currency_code = 'EUR'",
    "tax included in yen": "from orders where is_tax_included and currency_code = 'JPY'",
    "taxed shipping": "from states where tax_amount > tax and not is_tax_included",
    "taxed shipping with its tax included": "from states where tax_amount > tax"
    " and is_tax_included",
    "tax of shipping given back": "from refunds where shipping_tax_amount > 0",
    "gift cards sold": "from order_lines where line_type = 'gift_card'",
    "gift cards used": "from payments where payment_method = 'gift_card'",
    "gift cards used in part": "from payments where payment_method = 'gift_card' and order_id in"
    " (select order_id from payments where payment_method = 'card')",
    "orders with an amount changed": "from (select order_id from raw_orders group by all"
    " having count(distinct total_amount) > 1)",
    "lines with a quantity changed": "from (select order_line_id from raw_order_lines group by all"
    " having count(distinct quantity) > 1)",
    "lines removed": "from raw_order_lines where order_line_id not in"
    " (select order_line_id from order_lines)",
    "lines added": "from order_lines join orders using (order_id)"
    " where order_line_id not in (select order_line_id from raw_order_lines"
    " where raw_order_lines.updated_at = placed_at)",
    "edits on another day": "from raw_order_lines join orders using (order_id)"
    " where raw_order_lines.updated_at::date > placed_at::date",
    "part of a line refunded": "from refund_lines join order_lines using (order_line_id)"
    " where refund_lines.quantity < order_lines.quantity",
    "two refunds of an order": "from (select order_id from refunds group by all"
    " having count(*) > 1)",
    "two refunds of a line": "from (select order_line_id from refund_lines group by all"
    " having count(*) > 1)",
    "goodwill without lines": "from refunds anti join refund_lines using (refund_id)"
    " where adjustment_amount > 0",
    "shipping alone given back": "from refunds anti join refund_lines using (refund_id)"
    " where shipping_amount > 0",
    "a return fee": "from refunds where adjustment_amount < 0",
    "days that give back more than they take in": "from (select entry_date from ledger"
    " group by all having sum(reporting_amount) < 0)",
    "goods not restocked": "from refund_lines where not is_restocked",
    "names with commas": "from customers where full_name like '%,%'",
    "names with quotes": "from products where product_name like '%\"%'",
    "names beyond ASCII": "from customers where full_name != strip_accents(full_name)",
}


@pytest.mark.parametrize("feature", FEATURES)
def test_the_sample_has(feature: str, shop: duckdb.DuckDBPyConnection) -> None:
    assert one(shop, f"select count(*) {FEATURES[feature]}") > 0


@pytest.mark.parametrize(
    ("seed", "currency", "time_zone"),
    [
        (0, "GBP", "Europe/London"),
        (1, "EUR", "Europe/Berlin"),
        (2, "JPY", "Asia/Tokyo"),
        (3, "KWD", "Asia/Kuwait"),
    ],
)
def test_every_small_shop_is_sound(
    seed: int, currency: str, time_zone: str, tmp_path: Path
) -> None:
    write_sample(
        tmp_path / "out",
        orders=400,
        days=30 + seed,
        seed=seed,
        troubles=IN_THE_SHOP,
        currency=currency,
        time_zone=time_zone,
    )
    with duckdb.connect() as connection:
        read(connection, tmp_path / "out", currency, time_zone)
        assert one(connection, "select count(distinct currency_code) from orders") > 1
        broken = [name for name, query in PROMISES.items() if one(connection, query)]
    assert broken == []


def test_goods_are_shipped_when_their_order_is_and_nothing_else_is() -> None:
    shop = invent_shop(period_of(60, DEFAULT_END), orders=2000, seed=1)
    lines, orders, shipped = shop.lines, shop.orders, shop.lines.shipped(shop.orders)
    goods = lines.line_type[: lines.final] == words.GOODS
    assert set(shipped[~goods]) == {NEVER}
    order = lines.order[: lines.final][goods]
    first, last = np.full(len(orders), NEVER), np.zeros(len(orders), dtype=np.int64)
    np.minimum.at(first, order, shipped[goods])
    np.maximum.at(last, order, shipped[goods])
    assert (first == orders.shipped).all()
    assert (last == orders.completed).all()
    assert orders.in_parts.sum() > 10


@given(
    groups=st.lists(
        st.tuples(
            st.integers(0, 10**7), st.lists(st.integers(0, 10**6), min_size=1, max_size=9)
        ).filter(lambda group: sum(group[1]) > 0),
        min_size=1,
        max_size=5,
    )
)
def test_a_discount_on_an_order_is_allocated_by_the_rule_of_the_guide(
    groups: list[tuple[int, list[int]]],
) -> None:
    expected = []
    for amount, weights in groups:
        whole, before = sum(weights), 0
        for running in itertools.accumulate(weights):
            so_far = (2 * amount * running + whole) // (2 * whole)
            expected.append(so_far - before)
            before = so_far
        assert before == amount
    parts = allocate(
        np.array([amount for amount, _ in groups]),
        np.array([weight for _, weights in groups for weight in weights]),
        np.repeat(np.arange(len(groups)), [len(weights) for _, weights in groups]),
    )
    assert parts.tolist() == expected


def test_orders_come_from_all_channels_with_two_to_three_lines(
    shop: duckdb.DuckDBPyConnection,
) -> None:
    channels = {row[0] for row in shop.execute("select distinct channel from orders").fetchall()}
    assert channels == {"web", "app", "store", "marketplace"}
    assert 2 < one(shop, "select count(*) / 5000 from goods") < 3
    assert one(shop, "select max(line_number) from goods") <= 8
    assert one(shop, "select max(line_number) from raw_order_lines") <= 10
