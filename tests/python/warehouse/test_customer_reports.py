"""Reports about customers and baskets equal what plain Python makes of the raw invoice lines."""

from __future__ import annotations

import csv
import shutil
from bisect import bisect_left
from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from itertools import combinations, pairwise
from pathlib import Path
from typing import Any

import duckdb
import pytest

from warehouse.shop import PROJECT, Home

Rows = list[tuple[Any, ...]]

# The months of Online Retail, by the day that a report of them is as of.
MONTH_ENDS = [
    *(date(2011, month, 1) - timedelta(days=1) for month in range(1, 13)),
    date(2011, 12, 9),
]


with (PROJECT / "seeds" / "online_retail_service_codes.csv").open() as _stream:
    _SERVICES = {row["stock_code"]: row["line_type"] for row in csv.DictReader(_stream)}


@dataclass(frozen=True)
class Line:
    """One raw row, with the date of its document."""

    document: str
    code: str
    customer: str | None
    quantity: int
    money: Decimal
    on: date


@dataclass(frozen=True)
class Customer:
    """Dates of orders, and money by date."""

    orders: list[date]
    net_sales: list[tuple[date, Decimal]]


@pytest.fixture(scope="module")
def lines(real_home: Home) -> list[Line]:
    rows = real_home.query("""
        select invoice_no, upper(trim(stock_code)),
            min(split_part(customer_id, '.', 1)) over (partition by invoice_no),
            quantity::integer, quantity::integer * unit_price::decimal(18, 4),
            (min(invoice_date::timestamp) over (partition by invoice_no))::date
        from raw_online_retail.invoice_lines
    """)
    return [Line(*row) for row in rows]


def _is_goods(line: Line) -> bool:
    return line.code not in _SERVICES and (line.document[0] == "C" or line.quantity >= 0)


@pytest.fixture(scope="module")
def customers(lines: list[Line]) -> dict[str, Customer]:
    """Customers with an order of goods."""
    orders: dict[str, dict[str, date]] = defaultdict(dict)
    money: dict[str, list[tuple[date, Decimal]]] = defaultdict(list)
    for line in lines:
        if line.customer is None:
            continue
        if _is_goods(line) or _SERVICES.get(line.code) == "discount":
            money[line.customer].append((line.on, line.money))
        if _is_goods(line) and line.document[0] != "C":
            orders[line.customer][line.document] = line.on
    return {
        number: Customer(sorted(dated.values()), money[number]) for number, dated in orders.items()
    }


def _quotient(above: Decimal | int, below: int, places: str) -> Decimal:
    return (Decimal(above) / below).quantize(Decimal(places), ROUND_HALF_UP)


def _scores(values: list[Any]) -> list[int]:
    """1 and one more for each whole fifth of all values that lie below a value."""
    ranked = sorted(values)
    return [1 + 5 * bisect_left(ranked, value) // len(ranked) for value in values]


def test_rfm_of_the_real_shop_equals_a_count_over_raw_rows(
    real_home: Home, customers: dict[str, Customer]
) -> None:
    expected: Rows = []
    for end in MONTH_ENDS:
        seen = [(n, c) for n, c in customers.items() if c.orders[0] <= end]
        window = end - timedelta(days=365)
        last = [max(on for on in c.orders if on <= end) for _, c in seen]
        recency = [(end - on).days for on in last]
        frequency = [sum(window < on <= end for on in c.orders) for _, c in seen]
        net = [sum(x for on, x in c.net_sales if window < on <= end) for _, c in seen]
        expected += zip(
            [number for number, _ in seen],
            [end] * len(seen),
            recency,
            frequency,
            net,
            [6 - score for score in _scores(recency)],
            _scores(frequency),
            _scores(net),
            strict=True,
        )
    found = real_home.published("""
        select customer_id, month_end_date, recency_days, orders_count, net_sales_amount,
            recency_score, frequency_score, monetary_score
        from reports.rpt_customer_segments_monthly join marts.dim_customers using (customer_key)
    """)
    assert len(found) > 30_000
    assert sorted(found) == sorted(expected)


def test_cohorts_of_the_real_shop_equal_a_count_over_raw_rows(
    real_home: Home, customers: dict[str, Customer]
) -> None:
    cohorts: dict[date, list[Customer]] = defaultdict(list)
    for customer in customers.values():
        cohorts[customer.orders[0].replace(day=1)].append(customer)
    expected: Rows = []
    for cohort, members in cohorts.items():
        ends = [end for end in MONTH_ENDS if end >= cohort]
        starts = [end.replace(day=1) for end in ends]
        for since, (start, end) in enumerate(zip(starts, ends, strict=True)):
            orders = [sum(start <= on <= end for on in c.orders) for c in members]
            so_far = sum(x for c in members for on, x in c.net_sales if on <= end)
            active = sum(count > 0 for count in orders)
            expected.append(
                (
                    cohort,
                    since,
                    len(members),
                    active,
                    _quotient(active, len(members), "0.000001"),
                    sum(orders),
                    so_far,
                    _quotient(so_far, len(members), "0.0001"),
                )
            )
    found = real_home.published("""
        select cohort_month_date, months_since_count, customers_count, active_customers_count,
            retention_rate, orders_count, cumulative_net_sales_amount,
            cumulative_net_sales_per_customer_amount
        from reports.rpt_customer_cohorts
    """)
    assert sorted(found) == sorted(expected)
    assert len(found) == 13 * 14 // 2


def test_affinity_of_the_real_shop_equals_a_count_over_raw_rows(
    real_home: Home, lines: list[Line]
) -> None:
    contents: dict[str, set[str]] = defaultdict(set)
    for line in lines:
        if _is_goods(line) and line.document[0] not in "CA":
            contents[line.document].add(line.code)
    baskets = [codes for codes in contents.values() if len(codes) <= 100]
    single = Counter(code for codes in baskets for code in codes)
    pairs = Counter(
        pair
        for codes in baskets
        for pair in combinations(sorted(code for code in codes if single[code] >= 10), 2)
    )
    expected: Rows = []
    for (one, other), together in pairs.items():
        a, b, n = single[one], single[other], len(baskets)
        if together >= 10 and together * n >= a * b:
            lift = _quotient(together * n, a * b, "0.000001")
            support = _quotient(together, n, "0.000001")
            for code, companion, count in ((one, other, a), (other, one, b)):
                confidence = _quotient(together, count, "0.000001")
                expected.append((code, companion, together, support, confidence, lift))
    found = real_home.published("""
        select products.product_id, companions.product_id, together_orders_count, support_rate,
            confidence_rate, lift
        from reports.rpt_product_affinity as pairs
        join marts.dim_products as products using (product_key)
        join marts.dim_products as companions
            on companions.product_key = pairs.companion_product_key
    """)
    assert len(found) > 10_000
    assert sorted(found) == sorted(expected)


def test_features_know_nothing_that_came_after_their_month(shop_home: Home, tmp_path: Path) -> None:
    """What is later than a month, or only known as of today, is taken away from the marts."""
    home = Home(tmp_path)
    shutil.copy(shop_home.path / "warehouse.duckdb", tmp_path)
    features = "select * from reports.ftr_customers_monthly"
    complete = home.query(f"{features} order by all")
    # Products and order lines only serve the last business date.
    upstream = (
        "fct_ledger_entries", "fct_payments", "fct_stock_movements", "dim_customers",
        "dim_products", "fct_order_lines",
    )  # fmt: skip
    with duckdb.connect(str(tmp_path / "warehouse.duckdb")) as con:
        others = con.execute(
            "select schema_name, table_name from duckdb_tables() "
            "where schema_name in ('marts', 'aggregates', 'reports') "
            "and not list_contains(?, table_name)",
            [upstream],
        ).fetchall()
        for schema, table in others:
            con.execute(f"drop table {schema}.{table}")
        for (column,) in con.execute(
            "select column_name from duckdb_columns() where schema_name = 'marts' "
            "and table_name = 'dim_customers' and column_name not like '%customer_key'"
        ).fetchall():
            con.execute(f"update marts.dim_customers set {column} = null")
    ends = [date(2025, 10, 31), date(2025, 5, 31), date(2025, 2, 28)]
    assert len(complete) > 1000
    for end in ends:
        with duckdb.connect(str(tmp_path / "warehouse.duckdb")) as con:
            con.execute("delete from marts.fct_ledger_entries where entry_date > ?", [end])
            ((last,),) = con.execute(
                "select max(entry_date) from marts.fct_ledger_entries"
            ).fetchall()
        assert last == end, "the cut must be a day with business"
        models = ("dim_sources", "agg_customer_days", "ftr_customers_monthly")
        home.dbt("run", "--quiet", "--full-refresh", "-s", *models)
        kept = home.query(f"{features} order by all")
        assert kept == [row for row in complete if row[-1] <= end]
        assert len(kept) > 100


def test_segments_follow_each_other_without_a_gap(shop_home: Home) -> None:
    months: dict[str, Rows] = defaultdict(list)
    for customer, *row in shop_home.query(
        "select customer_key, month_start_date, segment_name, previous_segment_name "
        "from reports.rpt_customer_segments_monthly order by all"
    ):
        months[customer].append(tuple(row))
    for rows in months.values():
        for (month, segment, _), (next_month, _, previous) in pairwise(rows):
            assert (month + timedelta(days=31)).replace(day=1) == next_month
            assert previous == segment


def test_cohorts_hold_all_net_sales_of_customers_who_ordered(shop_home: Home) -> None:
    ((book,),) = shop_home.query("""
        select sum(reporting_amount) from marts.fct_ledger_entries
        join marts.dim_customers using (customer_key)
        where entry_type in ('sale', 'discount', 'refund') and surviving_customer_key in (
            select customer_key from reports.rpt_customer_segments_monthly
        )
    """)
    assert shop_home.query("select sum(net_sales_amount) from reports.rpt_customer_cohorts") == [
        (book,)
    ]
