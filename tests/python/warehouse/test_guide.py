"""A shop of a form of its own, added by docs/add-a-source.md, and the mistakes of its author."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from warehouse.author import LINE_HEADER, ORDER_HEADER, author, deliver, edit
from warehouse.shop import Home

_MODELS = "models/staging/my_shop"


@pytest.fixture
def guide(tmp_path: Path) -> Home:
    return author(tmp_path)


def test_the_shop_of_the_guide_passes_its_check_and_publishes_the_right_figures(
    guide: Home,
) -> None:
    guide.storehouse("load")
    assert guide.storehouse("check", "my_shop")["problems"] == []
    guide.storehouse("run")
    figures = guide.published(
        "select sales_date, gross_sales_amount, returns_amount, shipping_amount, "
        "total_sales_amount from reports.rpt_daily_totals order by sales_date"
    )
    assert figures == [
        (date(2025, 3, 2), *map(Decimal, ("2518.90", "0", "9.90", "2528.80"))),
        (date(2025, 3, 3), *map(Decimal, ("0", "0", "0", "0"))),
        (date(2025, 3, 4), *map(Decimal, ("0", "49.90", "-5.00", "-54.90"))),
    ]
    assert guide.published("select * from reports.rpt_reconciliation_exceptions") == []


def test_a_check_tells_all_that_is_wrong_with_models_and_rows_at_once(guide: Home) -> None:
    edit(guide, f"{_MODELS}/stg_my_shop__orders.sql", "when 'versandt' then 'shipped'\n", "\n")
    edit(guide, f"{_MODELS}/stg_my_shop__refunds.sql", "        customer_id,\n", "")
    edit(guide, f"{_MODELS}/stg_my_shop__refund_lines.sql", "as is_restocked", "as is_restockd")
    deliver(guide, "order_lines/3.csv", LINE_HEADER, "A-9;1;X;1;1,00;05.03.2025 09:00")
    deliver(
        guide,
        "orders/3.csv",
        ORDER_HEADER,
        "A-3;;gestern;neu;;;1,00;05.03.2025 09:00",
    )
    deliver(guide, "Orders/4.csv", ORDER_HEADER)
    guide.storehouse("load")

    found = guide.storehouse("check", "my_shop", code=5)
    problems = [(one["where"], one["problem"], one["examples"]) for one in found["problems"]]

    def tells(where: str, problem: str, examples: str | None) -> bool:
        return any(w == where and problem in p and e == examples for w, p, e in problems)

    assert tells("stg_my_shop__orders", "order_status is none of", "versandt")
    assert tells("stg_my_shop__orders", "placed_at is null", "A-3")
    assert tells("stg_my_shop__orders", "_unread", "ordered_at gestern")
    assert tells("stg_my_shop__refunds", "it lacks customer_id (varchar)", None)
    assert tells("stg_my_shop__refund_lines", "it lacks is_restocked (boolean)", None)
    assert tells("stg_my_shop__order_lines", "order_id names no row of stg_my_shop__orders", "A-9")
    only_case = "Orders/4.csv (only its case differs from orders/*.csv)"
    assert tells(only_case, "no table has a pattern for", None)
    notes = {(one["where"], one["problem"]) for one in found["notes"]}
    assert ("stg_my_shop__refund_lines", "nothing reads its column is_restockd") in notes

    edit(
        guide,
        f"{_MODELS}/stg_my_shop__refunds.sql",
        "        order_id,\n",
        "        order_id,\n        customer_id,\n",
    )
    error = guide.storehouse("run", code=5)["error"]
    assert "stg_my_shop__refund_lines lacks is_restocked" in error
    assert "int_refund_lines_united.yml" in error


def test_a_check_tells_of_entities_that_are_misspelt_or_have_no_model(guide: Home) -> None:
    listed = "      entities: [orders, order_lines, refunds, refund_lines]\n"
    misspelt = listed.replace("order_lines", "order_line")
    edit(guide, "dbt_project.yml", listed, misspelt)
    assert "names 'order_line'" in guide.storehouse("check", "my_shop", code=2)["error"]

    wrong = "      entities: [orders, refunds, refund_lines, payments]\n"
    edit(guide, "dbt_project.yml", misspelt, wrong)
    problems = [one["problem"] for one in guide.storehouse("check", "my_shop", code=5)["problems"]]
    assert any("payments has no model stg_my_shop__payments.sql" in one for one in problems)
    assert any("stg_my_shop__order_lines is not among its entities" in one for one in problems)
