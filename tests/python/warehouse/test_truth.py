from __future__ import annotations

from pathlib import Path

import duckdb

from storehouse.prove.truth import compare_with_truth
from storehouse.prove.truth_queries import QUERIES
from warehouse.shop import Home


def _prove(home: Home) -> None:
    assert home.inbox is not None
    proven = list(compare_with_truth(home.settings.warehouse, home.inbox / "truth"))
    assert [one for one in proven if one.differences] == []
    assert all(one.rows for one in proven)


def test_marts_equal_the_truth_of_5000_orders_to_the_cent(shop_home: Home) -> None:
    assert shop_home.query("select count(*) > 20000 from marts.fct_ledger_entries") == [(True,)]
    _prove(shop_home)


def test_marts_equal_the_truth_of_4000_orders_in_dinars_to_the_thousandth(
    tmp_path: Path,
) -> None:
    proof = Home(tmp_path).storehouse(
        *("prove", "truth", "--seeds", "7", "--orders", "4000"),
        *("--currency", "KWD", "--time-zone", "Asia/Kuwait"),
    )
    assert proof["failures"] == []
    assert len(proof["comparisons"]) == len(QUERIES)
    for one in proof["comparisons"]:
        assert (one["surplus"], one["missing"]) == (0, 0), one
        assert one["rows"] > 0, one
    ledger = proof["comparisons"][0]
    assert ledger["against"] == "ledger.parquet"
    assert ledger["rows"] > 20_000


def test_what_the_truth_does_not_say_or_no_mart_holds_is_a_difference(
    shop_home: Home, tmp_path: Path
) -> None:
    nothing = list(compare_with_truth(shop_home.settings.warehouse, tmp_path))
    assert all(one.differences for one in nothing)
    assert "ledger.parquet" in nothing[0].examples[0]
    assert shop_home.inbox is not None
    with duckdb.connect(str(tmp_path / "empty.duckdb")):
        pass
    empty = list(compare_with_truth(tmp_path / "empty.duckdb", shop_home.inbox / "truth"))
    assert all(one.differences for one in empty)


def test_every_report_sums_the_book(shop_home: Home) -> None:
    ((book,),) = shop_home.query(
        "select sum(reporting_amount) from marts.fct_ledger_entries where entry_type <> 'gift_card'"
    )
    for report in ("rpt_daily_sales", "rpt_daily_totals"):
        assert shop_home.query(f"select sum(total_sales_amount) from reports.{report}") == [(book,)]
    ((goods,),) = shop_home.query(
        "select sum(reporting_amount) from marts.fct_ledger_entries "
        "where entry_type in ('sale', 'discount', 'refund') and product_key <> '-1'"
    )
    assert shop_home.query("select sum(net_sales_amount) from reports.rpt_product_sales") == [
        (goods,)
    ]


def test_margin_uses_the_cost_of_the_time_of_the_order(shop_home: Home) -> None:
    moved = shop_home.query(
        "select count(*) from marts.fct_order_lines as lines "
        "join marts.dim_products as products using (product_key) "
        "where lines.unit_cost_amount <> products.unit_cost_amount"
    )
    assert moved[0][0] > 0
