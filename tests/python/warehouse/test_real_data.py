"""541,909 real invoice lines tie out to figures known from plain SQL over the same rows."""

from __future__ import annotations

from decimal import Decimal

from warehouse.shop import Home


def _sum(home: Home, where: str) -> Decimal:
    ((amount,),) = home.published(f"select sum(amount) from marts.fct_ledger_entries where {where}")
    assert isinstance(amount, Decimal)
    return amount


def test_the_ledger_sums_to_what_all_rows_say(real_home: Home) -> None:
    assert _sum(real_home, "true") == Decimal("9747747.934")
    assert real_home.published("select sum(total_sales_amount) from reports.rpt_daily_sales") == [
        (Decimal("9747747.934"),)
    ]


def test_invoices_and_credit_notes_sum_to_what_their_rows_say(real_home: Home) -> None:
    assert _sum(real_home, "document_type = 'order'") == Decimal("10655622.484")
    assert _sum(real_home, "document_id like 'C%'") == Decimal("-896812.490")
    assert _sum(real_home, "document_id like 'A%'") == Decimal("-11062.06")


def test_documents_and_customers_are_all_there(real_home: Home) -> None:
    assert real_home.published("select count(*) from marts.fct_orders") == [(22_061,)]
    assert real_home.published(
        "select count(distinct document_id) filter (where document_id like 'C%'), "
        "count(distinct document_id) filter (where document_id like 'A%') "
        "from marts.fct_ledger_entries"
    ) == [(3_836, 3)]
    assert real_home.published(
        "select count(*) from marts.dim_customers where customer_key <> '-1'"
    ) == [(4_372,)]


def test_each_row_is_one_entry_and_repeated_rows_are_counted(real_home: Home) -> None:
    assert real_home.published("select count(*) from marts.fct_ledger_entries") == [(541_909,)]
    assert real_home.published(
        "select sum(duplicate_line_count) from reports.rpt_duplicate_lines"
    ) == [(5_268,)]


def test_service_codes_are_no_goods(real_home: Home) -> None:
    services = real_home.published(
        "select count(*) from marts.dim_products "
        "where product_id in ('POST', 'DOT', 'M', 'D', 'AMAZONFEE', 'BANK CHARGES', 'CRUK')"
    )
    assert services == [(0,)]


def test_every_day_of_the_range_is_in_the_daily_report(real_home: Home) -> None:
    assert real_home.published(
        "select min(sales_date)::varchar, max(sales_date)::varchar, count(*) "
        "from reports.rpt_daily_totals"
    ) == [("2010-12-01", "2011-12-09", 374)]
