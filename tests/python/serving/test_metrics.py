"""Metrics equal the published reports, by whatever they are asked."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from serving.questions import hold_against_reports, of_metrics
from storehouse.core.errors import ConfigError
from storehouse.serving.metrics import answer, metrics
from storehouse.serving.published import Published, published
from storehouse.serving.where import Condition, parse_condition
from warehouse.shop import Home


@pytest.fixture(scope="module")
def build(shop_home: Home) -> Iterator[Published]:
    with published(shop_home.settings) as opened:
        yield opened


@pytest.mark.parametrize("home", ["shop_home", "yen_home"])
def test_drawn_questions_have_the_answers_of_the_reports_to_the_cent(
    home: str, request: pytest.FixtureRequest
) -> None:
    with published(request.getfixturevalue(home).settings) as build:
        hold_against_reports(build, of_metrics(build))


def test_a_shop_without_anything_has_no_figures_and_no_metric_fails(empty_home: Home) -> None:
    with published(empty_home.settings) as build:
        for metric in metrics(build):
            ((value,),) = answer(build, [metric.name]).rows
            assert not value, metric.name
            assert answer(build, [metric.name], by=["month"]).rows == ()


def test_a_value_that_is_no_date_is_refused(build: Published) -> None:
    with pytest.raises(ConfigError, match=r"can't be compared.*foo"):
        answer(build, ["net_sales"], where=[parse_condition("day=foo")])


def test_all_metrics_count_a_merged_customer_under_the_survivor(build: Published) -> None:
    rows = answer(build, ["customers", "orders"], by=["surviving_customer"]).rows
    assert {customers for _, customers, orders in rows if orders} <= {0, 1}
    buyers = [row for row in rows if row[1] == 1]
    assert len(buyers) > 100
    assert all(orders > 0 for _, _, orders in buyers)
    merged = "select count(*) from marts.dim_customers where customer_key <> surviving_customer_key"
    assert build.one(merged) > 0


@pytest.mark.parametrize(
    ("names", "by", "report"),
    [
        ("orders", "day", "select sales_date, orders_count from reports.rpt_daily_totals"),
        (
            "orders",
            "product,month",
            "select product_key, sales_month_date, orders_count from reports.rpt_product_sales",
        ),
        (
            "orders",
            "day,channel,category",
            "select sales_date, channel, category_name, orders_count from reports.rpt_daily_sales",
        ),
        (
            "sessions,purchase_sessions",
            "day,marketing_channel",
            (
                "select session_date, marketing_channel, sum(sessions_count), "
                "sum(purchase_sessions_count) from reports.rpt_funnel_daily group by all"
            ),
        ),
        (
            "conversion",
            "day,marketing_channel,campaign",
            (
                "select session_date, marketing_channel, utm_campaign, conversion_rate "
                "from reports.rpt_funnel_daily"
            ),
        ),
        (
            "new_customers",
            "month",
            (
                "select cohort_month_date, customers_count from reports.rpt_customer_cohorts "
                "where months_since_count = 0"
            ),
        ),
        (
            "days_of_cover,stock_units",
            "product",
            (
                "select product_key, days_of_cover, greatest(on_hand_quantity, 0) "
                "from reports.rpt_stock_cover"
            ),
        ),
        (
            "stock_value",
            "category",
            "select category_name, sum(stock_cost_amount) from reports.rpt_stock_cover group by 1",
        ),
    ],
)
def test_counts_rates_and_stock_are_those_of_the_reports(
    build: Published, names: str, by: str, report: str
) -> None:
    asked, grouped = names.split(","), by.split(",")
    keys = len(grouped)
    found = answer(build, asked, by=grouped)
    answers = {row[:keys]: row[keys:] for row in found.rows if any(row[keys:])}
    expected = {row[:keys]: row[keys:] for row in build.rows(report) if any(row[keys:])}
    assert answers == expected
    assert answers


def test_derived_metrics_are_made_of_those_they_name(build: Published) -> None:
    names = ["gross_sales", "discounts", "returns", "net_sales", "margin", "orders", "customers"]
    derived = ["average_order_value", "return_rate", "margin_rate", "repeat_rate"]
    found = answer(build, [*names, "returning_customers", *derived], by=["quarter"])
    assert len(found.rows) == 4
    for row in found.rows:
        one = dict(zip(found.columns, row, strict=True))
        assert one["net_sales"] == one["gross_sales"] - one["discounts"] - one["returns"]
        ordered = one["gross_sales"] - one["discounts"]
        assert one["average_order_value"] == round(ordered / one["orders"], 4)
        assert one["return_rate"] == round(one["returns"] / ordered, 6)
        assert one["margin_rate"] == round(one["margin"] / one["net_sales"], 6)
        repeat = one["returning_customers"] / one["customers"]
        assert float(one["repeat_rate"]) == pytest.approx(repeat, abs=1e-6)


def test_every_metric_answers_by_each_of_its_dimensions(build: Published) -> None:
    for metric in metrics(build):
        assert metric.description
        (whole,) = answer(build, [metric.name]).rows[0]
        for dimension in metric.dimensions:
            rows = answer(build, [metric.name], by=[dimension]).rows
            assert rows or not whole, (metric.name, dimension)
            if metric.sums_book:
                assert sum(value or 0 for _, value in rows) == whole, (metric.name, dimension)


def test_a_value_is_never_taken_for_a_template_or_for_sql(build: Published) -> None:
    for text in ("{{ 1 / 0 }}", "{% endraw %}", "x') or ('1' = '1", "\\", "{#", "\10\1"):
        conditions = [parse_condition(f"category={text}")]
        assert answer(build, ["net_sales"], by=["category"], where=conditions).rows == ()


def test_questions_that_differ_in_values_alone_have_answers_of_their_own(
    build: Published,
) -> None:
    whole = dict(answer(build, ["net_sales"], by=["category"]).rows)
    assert len(whole) > 2
    for category, value in whole.items():
        conditions = [Condition("category", "=", (category,))]
        found = answer(build, ["net_sales"], by=["category"], where=conditions)
        assert found.rows == ((category, value),)


@pytest.mark.parametrize(
    ("names", "by", "said"),
    [
        (["net_sale"], [], "Did you mean net_sales"),
        (["net_sales"], ["kategory"], "Did you mean category"),
        (["conversion"], ["category"], "There is no dimension of conversion 'category'"),
        (["net_sales", "net_sales"], [], "twice"),
        ([], [], "No metric is named"),
    ],
)
def test_an_unknown_name_is_refused_with_those_that_are_known(
    build: Published, names: list[str], by: list[str], said: str
) -> None:
    with pytest.raises(ConfigError, match=said):
        answer(build, names, by=by)


def test_the_command_answers_as_table_json_and_csv(shop_home: Home, tmp_path: Path) -> None:
    asked = ("metric", "net_sales,orders", "--by", "month,channel", "--where", "channel!=web")
    found: dict[str, Any] = shop_home.storehouse(*asked)
    assert {row["channel"] for row in found["rows"]} == {"app", "marketplace", "store"}
    file = tmp_path / "answer.csv"
    shop_home.storehouse(*asked, "--csv", str(file))
    with file.open(encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    assert [{**row, "orders": int(row["orders"])} for row in rows] == found["rows"]
    listed = shop_home.storehouse("metric", "--list")
    assert all(one["description"] for one in listed["metrics"])
