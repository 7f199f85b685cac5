from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from warehouse.shop import Home
from warehouse.truth import differences


def test_the_book_equals_the_truth_of_5000_orders_to_the_cent(shop_home: Home) -> None:
    assert shop_home.query("select count(*) > 20000 from marts.fct_ledger_entries") == [(True,)]
    assert differences(shop_home) == ([], [])


def test_the_book_equals_the_truth_of_200000_orders_to_the_cent(
    tmp_path: Path, sample_shop: Callable[..., Path]
) -> None:
    home = Home(tmp_path, inbox=sample_shop(200_000, 730))
    home.storehouse("run")
    assert home.query("select count(*) from marts.fct_orders") == [(200_000,)]
    assert differences(home) == ([], [])


def test_payments_equal_the_truth(shop_home: Home) -> None:
    book = """
        select payment_id, order_id, payment_kind, payment_status, payment_method, amount,
            payments.currency_code, processed_at, payment_date
        from marts.fct_payments as payments left join marts.fct_orders using (order_key)
    """
    truth = f"""
        select payment_id, order_id, payment_kind, payment_status, payment_method, amount,
            currency_code, processed_at, processed_date
        from read_parquet('{shop_home.inbox}/truth/payments.parquet')
    """
    assert shop_home.query(f"({book}) except all ({truth})") == []
    assert shop_home.query(f"({truth}) except all ({book})") == []


def test_every_report_sums_the_book(shop_home: Home) -> None:
    ((book,),) = shop_home.query("select sum(reporting_amount) from marts.fct_ledger_entries")
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
