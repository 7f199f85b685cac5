"""Every page of the dashboard, on shops that have all and on shops that lack much."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

import storehouse.serving.dashboard as dashboard_room
from storehouse.serving.dashboard.app import PAGES
from storehouse.serving.published import published
from warehouse.shop import Home

VIEWS = Path(dashboard_room.__file__).parent / "views"
NAMES = [name for section in PAGES.values() for name in section]
_LONG = 60


@pytest.fixture
def page(monkeypatch: pytest.MonkeyPatch) -> Callable[..., AppTest]:
    """Opens a page of a home, with what stands in the address."""

    def opened(home: Home, name: str, **address: str) -> AppTest:
        for variable, value in home.variables.items():
            monkeypatch.setenv(variable, value)
        test = AppTest.from_file(str(VIEWS / f"{name}.py"), default_timeout=_LONG)
        for key, value in address.items():
            test.query_params[key] = value
        test.run()
        assert not test.exception, [one.value for one in test.exception]
        assert not test.error, [one.value for one in test.error]
        return test

    return opened


@pytest.mark.parametrize("name", NAMES)
def test_a_page_shows_the_sample_shop(
    page: Callable[..., AppTest], shop_home: Home, name: str
) -> None:
    test = page(shop_home, name)
    assert "amounts in GBP" in test.caption[0].value
    assert "These data are old" in test.warning[0].value
    assert not test.info, [one.value for one in test.info]


@pytest.mark.parametrize("name", NAMES)
def test_a_page_says_what_a_shop_of_invoices_lacks(
    page: Callable[..., AppTest], real_home: Home, name: str
) -> None:
    test = page(real_home, name)
    lacks = " ".join(one.value for one in test.info)
    expected = {"stock": "No stock", "funnel": "No web events", "restatements": "No earlier build"}
    assert expected.get(name, "") in lacks


@pytest.mark.parametrize("name", NAMES)
def test_a_page_of_an_empty_shop_says_so(
    page: Callable[..., AppTest], empty_home: Home, name: str
) -> None:
    test = page(empty_home, name)
    assert test.info
    assert not test.metric


def test_money_is_written_in_the_shops_currency(
    page: Callable[..., AppTest], yen_home: Home
) -> None:
    test = page(yen_home, "overview")
    net_sales = test.metric[0].value
    assert net_sales.startswith("¥")
    assert "." not in net_sales


def test_the_overview_shows_the_figures_of_the_reports(
    page: Callable[..., AppTest], shop_home: Home
) -> None:
    test = page(shop_home, "overview")
    with published(shop_home.settings) as build:
        query = """
            select sum(net_sales_amount), sum(orders_count), sum(margin_amount)
            from reports.rpt_daily_totals
            where sales_date > (select max(last_business_date) from marts.dim_sources) - {days}
        """
        ((net_sales, orders, margin),) = build.rows(query.format(days=28))
        ((yesterday, *_),) = build.rows(query.format(days=1))
    shown = [(one.label, one.value) for one in test.metric]
    assert shown[0] == ("Net sales", f"£{yesterday:,.2f}")
    of_the_period = dict(shown[len(shown) // 2 :])
    assert of_the_period["Net sales"] == f"£{net_sales:,.2f}"
    assert of_the_period["Orders"] == f"{orders:,}"
    assert of_the_period["Margin"] == f"£{margin:,.2f}"


def test_a_filter_in_the_address_narrows_the_figures(
    page: Callable[..., AppTest], shop_home: Home
) -> None:
    whole = page(shop_home, "why", metric="Net sales", period="All days")
    books = page(shop_home, "why", metric="Net sales", period="All days", category="Books")
    with published(shop_home.settings) as build:
        query = "select sum(net_sales_amount) from reports.rpt_daily_sales where "
        all_sales = build.one(query + "true")
        of_books = build.one(query + "category_name = 'Books'")
    assert whole.metric[0].value == f"£{all_sales:,.2f}"
    assert books.metric[0].value == f"£{of_books:,.2f}"
