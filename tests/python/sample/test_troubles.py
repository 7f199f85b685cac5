"""Each trouble strikes where it is on, is counted, and leaves the shop sound."""

from __future__ import annotations

from pathlib import Path

import duckdb
import numpy as np
import pytest

from sample.promises import PROMISES
from sample.shop import one, read
from sample_shop import (
    ALL,
    DEFAULT_END,
    SampleSummary,
    Trouble,
    named_troubles,
    write_sample,
)
from sample_shop.period import edge_moments, period_of
from sample_shop.shop import invent_shop
from sample_shop.troubles import IN_THE_SHOP
from sample_shop.truth.tally import count_troubles
from storehouse.core.errors import ConfigError

OCCURRENCES = {
    Trouble.PRICES: """from (from raw_products
        qualify is_active and row_number() over (partition by product_id order by updated_at) > 1)
        """,
    Trouble.DISCONTINUED: "from products where not is_active",
    Trouble.MOVES: "from raw_customers where updated_at > created_at and not is_deleted"
    " and merged_into_customer_id is null",
    Trouble.MERGES: "from customers where merged_into_customer_id is not null",
    Trouble.DEPARTURES: "from customers where is_deleted",
    Trouble.EDITS: "from (select order_id from raw_order_lines group by all"
    " having count(distinct updated_at) > 1)",
    Trouble.CANCELLATIONS: "from orders where order_status = 'cancelled'",
    Trouble.PART_SHIPMENTS: "from raw_orders where order_status = 'partially_shipped'",
    Trouble.ODD_REFUNDS: "from refunds where reason = 'recalled by the maker'"
    " or refund_id not in (select refund_id from refund_lines)",
    Trouble.DISCOUNTS: "from states where updated_at = placed_at"
    " and (discount_amount > 0 or shipping_line is not null)",
    Trouble.TAX_INCLUDED: "from orders where is_tax_included",
    Trouble.SHIPPING_TAX: "from orders join (select order_id, sum(tax_amount) as tax"
    " from order_lines group by order_id) using (order_id) where tax_amount > tax",
    Trouble.GIFT_CARDS: "from orders where order_id in"
    " (select order_id from order_lines where line_type = 'gift_card'"
    " union select order_id from payments where payment_method = 'gift_card')",
    Trouble.SPLIT_PAYMENTS: "from (select order_id from payments where payment_kind = 'charge'"
    " and payment_status = 'succeeded' group by all having count(*) > 1)",
    Trouble.DECLINED_PAYMENTS: "from payments where payment_status = 'failed'",
    Trouble.CHARGEBACKS: "from payments where payment_kind = 'chargeback'",
    Trouble.CURRENCIES: "from orders where currency_code != 'GBP'",
}


@pytest.mark.parametrize("trouble", OCCURRENCES)
def test_the_summary_counts_how_often_a_trouble_struck(
    trouble: Trouble, sample: tuple[Path, SampleSummary], shop: duckdb.DuckDBPyConnection
) -> None:
    occurred = one(shop, f"select count(*) {OCCURRENCES[trouble]}")
    assert sample[1].troubles[trouble] == occurred > 0


@pytest.mark.parametrize("trouble", OCCURRENCES)
def test_a_trouble_that_is_off_does_not_strike_and_the_shop_is_sound(
    trouble: Trouble, tmp_path: Path
) -> None:
    summary = write_sample(
        tmp_path / "out", orders=500, days=40, seed=5, troubles=IN_THE_SHOP - {trouble}
    )
    assert summary.troubles[trouble] == 0
    with duckdb.connect() as connection:
        read(connection, tmp_path / "out")
        assert one(connection, f"select count(*) {OCCURRENCES[trouble]}") == 0
        broken = [name for name, query in PROMISES.items() if one(connection, query)]
    assert broken == []


def test_orders_at_the_edges_of_days_are_counted_and_can_be_left_out() -> None:
    year = period_of(365, DEFAULT_END)
    with_edges = invent_shop(year, orders=1000, seed=2)
    without = invent_shop(year, orders=1000, seed=2, troubles=ALL - {Trouble.CLOCKS})
    assert count_troubles(with_edges)["clocks"] == len(edge_moments(year)) > 0
    assert count_troubles(without)["clocks"] == 0


@pytest.mark.parametrize(
    ("time_zone", "changes"),
    [
        ("Europe/Berlin", ["2025-03-30T01:00", "2025-10-26T01:00"]),
        ("America/New_York", ["2025-03-09T07:00", "2025-11-02T06:00"]),
        ("Australia/Lord_Howe", ["2025-04-05T15:00", "2025-10-04T15:30"]),
        ("Asia/Kuwait", []),
    ],
)
def test_clocks_are_edges_where_they_change(time_zone: str, changes: list[str]) -> None:
    period = period_of(365, DEFAULT_END, time_zone)
    edges = edge_moments(period)
    for change in np.array(changes, "datetime64[s]").astype(np.int64):
        for start in (change - 3600, change):
            assert ((start <= edges) & (edges < start + 3600)).any(), start
    midnights = np.isin(edges + 1800, period.starts) | np.isin(edges - 1800, period.starts)
    midnights |= np.isin(edges, period.starts) | np.isin(edges + 1, period.starts)
    assert (midnights.all() and len(edges) == 12) == (changes == [])


def test_without_troubles_a_shop_is_plain(tmp_path: Path) -> None:
    summary = write_sample(tmp_path / "out", orders=300, days=40, seed=1, troubles=frozenset())
    assert set(summary.troubles.values()) == {0}
    with duckdb.connect() as connection:
        types = connection.execute(
            f"select distinct entry_type from '{tmp_path}/out/truth/ledger.parquet'"
        ).fetchall()
    assert {name for (name,) in types} <= {
        "sale", "tax", "shipping", "refund", "refund_tax", "refund_shipping",
    }  # fmt: skip


def test_troubles_are_named_on_the_command_line() -> None:
    assert named_troubles("all") == ALL
    assert named_troubles("none") == frozenset()
    assert named_troubles("moves, bots") == {Trouble.MOVES, Trouble.BOTS}
    with pytest.raises(ConfigError, match="no trouble 'nonsense'"):
        named_troubles("moves,nonsense")
