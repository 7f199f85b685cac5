"""Each page of the dashboard on each kind of shop; its figures are the published ones."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

import duckdb
import pytest
from streamlit.testing.v1 import AppTest

from serving.lanes import REPORTS, write_now
from serving.questions import kinds
from serving.served import add_earlier_build
from storehouse.core.config import Settings
from storehouse.serving.dashboard import app
from storehouse.serving.dashboard.formats import Money, share
from storehouse.serving.dashboard.views.overview import MEASURES
from storehouse.serving.diff import diff
from storehouse.serving.metrics import answer
from storehouse.serving.published import published
from storehouse.serving.published_files import current_file, point_current_to
from storehouse.serving.where import Condition
from warehouse.homes import copy_of
from warehouse.shop import Home

PAGES = [name for section in app.PAGES.values() for name in section]
POUNDS = Money("GBP", 2)
MONTH = "sales_date > (select max(last_business_date) - 28 from marts.dim_sources)"

Opened = Callable[..., AppTest]


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> Opened:
    """Open a page of a home, with what stands in its address."""

    def run(home: Path, page: str = "overview", **address: str | list[str]) -> AppTest:
        monkeypatch.setenv("STOREHOUSE_HOME", str(home))
        shown = AppTest.from_file(str(app.VIEWS / f"{page}.py"), default_timeout=60)
        shown.query_params.update(address)
        shown.run()
        assert not shown.exception, shown.exception
        assert not shown.error, shown.error
        return shown

    return run


def metrics(page: AppTest) -> list[tuple[str, str]]:
    return [(metric.label, metric.value) for metric in page.metric]


def texts(page: AppTest) -> str:
    kinds = (page.info, page.warning, page.success, page.caption, page.markdown, page.subheader)
    return "\n".join(element.value for kind in kinds for element in kind)


def one(home: Home, query: str) -> Any:
    ((value,),) = home.published(query)
    return value


@pytest.mark.parametrize("page", PAGES)
def test_a_page_shows_the_sample_shop(shop_home: Home, opened: Opened, page: str) -> None:
    shown = opened(shop_home.path, page)
    assert shown.title[0].value
    assert "Data until **31 Dec 2025** · build" in texts(shown)
    assert "amounts in GBP" in texts(shown)
    assert "This data is old: the newest day is 31 Dec 2025" in texts(shown)
    lacking = [text.value for text in shown.info if text.value.startswith("**No ")]
    assert len(lacking) == (page == "restatements")


@pytest.mark.parametrize("page", PAGES)
def test_a_page_shows_a_shop_without_costs_stock_or_events(
    real_home: Home, opened: Opened, page: str
) -> None:
    shown = opened(real_home.path, page)
    if page in {"stock", "funnel"}:
        assert "**No " in texts(shown)
        assert not shown.metric
    if page == "overview":
        values = dict(metrics(shown))
        assert values["Margin"] == "no data"
        assert values["Net sales"].startswith("£")


@pytest.mark.parametrize("page", PAGES)
def test_a_page_shows_amounts_as_the_yen_is_written(
    yen_home: Home, opened: Opened, page: str
) -> None:
    shown = opened(yen_home.path, page)
    assert "amounts in JPY" in texts(shown)
    if page == "overview":
        amount = one(
            yen_home, f"select sum(net_sales_amount) from reports.rpt_daily_totals where {MONTH}"
        )
        assert ("Net sales", f"¥{amount:,.0f}") in metrics(shown)


@pytest.mark.parametrize("page", PAGES)
def test_a_page_of_an_empty_shop_says_so(empty_home: Home, opened: Opened, page: str) -> None:
    shown = opened(empty_home.path, page)
    assert "No data yet" in texts(shown)
    assert "`storehouse load` loads the files in the inbox" in texts(shown)


def test_what_was_refused_is_shown_of_a_shop_without_business(
    empty_home: Home, opened: Opened
) -> None:
    shown = opened(empty_home.path, "data_status")
    (loads,) = [table.value for table in shown.dataframe if "first_refused_file" in table.value]
    assert list(loads["first_refused_file"]) == ["orders/2025-01-01.csv"]
    assert "order_id" in loads["first_refusal_reason"][0]


def test_nothing_published_is_said_with_what_to_do(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("STOREHOUSE_HOME", str(tmp_path))
    shown = AppTest.from_file(str(app.VIEWS / "overview.py"), default_timeout=60).run()
    assert not shown.exception
    assert [error.value for error in shown.error] == [
        "Nothing is published yet. Run `storehouse run` first."
    ]


def test_the_figures_of_the_overview_are_the_published_ones(
    shop_home: Home, opened: Opened
) -> None:
    last = one(shop_home, "select max(last_business_date) from marts.dim_sources")
    shown = metrics(opened(shop_home.path))
    assert [label for label, _ in shown] == 2 * [
        "Net sales",
        "Orders",
        "Average order value",
        "Margin",
        "Return rate",
    ]
    for figures, where in ((shown[:5], f"sales_date = '{last}'"), (shown[5:], MONTH)):
        ((net, orders, gross, discounts, returns, margin),) = shop_home.published(f"""
            select sum(net_sales_amount), sum(orders_count), sum(gross_sales_amount),
                sum(discount_amount), sum(returns_amount), sum(margin_amount)
            from reports.rpt_daily_totals where {where}
        """)
        sold = gross - abs(discounts)
        assert [value for _, value in figures] == [
            POUNDS(net),
            f"{orders:,}",
            POUNDS((sold / orders).quantize(Decimal("0.0001"))),
            POUNDS(margin),
            f"{abs(returns) / sold:.1%}",
        ]


def test_drawn_views_show_what_metrics_and_reports_say(shop_home: Home, opened: Opened) -> None:
    chance = Random(7)
    with published(shop_home.settings) as build:
        ((first, last),) = build.rows(
            "select min(sales_date), max(sales_date) from reports.rpt_daily_sales"
        )
        sold_under = kinds(build)
        for _ in range(20):
            since, until = sorted(
                first + timedelta(chance.randrange((last - first).days + 1)) for _ in range(2)
            )
            filters = {
                field: chance.sample(values, chance.randint(0, 2))
                for field, values in sold_under.items()
            }
            filters = {field: values for field, values in filters.items() if values}
            shown = opened(
                shop_home.path, period="Dates", dates=[str(since), str(until)], **filters
            )
            where = [Condition(field, "=", tuple(values)) for field, values in filters.items()]
            ((net, orders, average, margin, returned),) = answer(
                build, MEASURES, where=where, since=since, until=until
            ).rows
            assert [value for _, value in metrics(shown)[-5:]] == [
                POUNDS(net),
                f"{orders:,}",
                "no data" if average is None else POUNDS(average),
                "no data" if margin is None else POUNDS(margin),
                "no data" if returned is None else share(returned),
            ], (since, until, filters)
            columns = {"channel": "channel", "category": "category_name"}
            filtered = " and ".join(one.predicate(columns[one.field]) for one in where) or "true"
            report = build.rows(
                "select sum(net_sales_amount), case when count(margin_amount) = count(*) "
                "then sum(margin_amount) end from reports.rpt_daily_sales "
                f"where sales_date between '{since}' and '{until}' and {filtered}"
            )
            assert report == [(net, margin)], (since, until, filters)


def test_a_filter_in_the_address_changes_the_figures(shop_home: Home, opened: Opened) -> None:
    shown = opened(shop_home.path, category=["Books", "Stationery, Cards"], channel="web")
    amount = one(
        shop_home,
        "select sum(net_sales_amount) from reports.rpt_daily_sales where channel = 'web' "
        f"and category_name in ('Books', 'Stationery, Cards') and {MONTH}",
    )
    assert ("Net sales", POUNDS(amount)) in metrics(shown)


def test_dates_in_the_address_are_the_period(shop_home: Home, opened: Opened) -> None:
    shown = opened(shop_home.path, period="Dates", dates=["2025-03-01", "2025-03-31"])
    amount = one(
        shop_home,
        "select sum(net_sales_amount) from reports.rpt_daily_totals "
        "where sales_date between '2025-03-01' and '2025-03-31'",
    )
    assert ("Net sales", POUNDS(amount)) in metrics(shown)
    assert "1 – 31 Mar 2025 (31 days)" in texts(shown)


def test_a_figure_is_held_against_the_days_before_and_no_data_is_said_where_there_are_none(
    shop_home: Home, opened: Opened
) -> None:
    shown = opened(shop_home.path)
    now, before = (
        one(
            shop_home,
            "select sum(net_sales_amount) from reports.rpt_daily_totals where sales_date between "
            f"(select max(last_business_date) - {first} from marts.dim_sources) and "
            f"(select max(last_business_date) - {last} from marts.dim_sources)",
        )
        for first, last in ((27, 0), (55, 28))
    )
    assert shown.metric[5].delta == f"{(now - before) / before:+.1%}"
    assert shown.metric[5].proto.delta_description == ""
    assert "the same weekdays; no data." in texts(shown)
    assert shown.metric[0].proto.delta_description.endswith(" YoY")


def test_a_number_has_the_definition_of_its_metric_at_hand(shop_home: Home, opened: Opened) -> None:
    assert opened(shop_home.path).metric[0].help == "Gross sales less discounts and returns."


def test_a_new_build_is_followed_in_an_open_page(
    shop_home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = copy_of(shop_home, tmp_path / "home").settings
    monkeypatch.setenv("STOREHOUSE_HOME", str(settings.home))
    shown = AppTest.from_file(str(app.VIEWS / "overview.py"), default_timeout=60).run()
    before = metrics(shown)
    _publish_without_last_day(settings)
    shown.run()
    assert not shown.exception
    assert "Data until **30 Dec 2025** · build 30000101T000000.000000Z" in texts(shown)
    assert metrics(shown) != before


def _publish_without_last_day(settings: Settings) -> None:
    """Another build, of which the last day is gone."""
    file = current_file(settings)
    assert file is not None
    later = settings.published_dir / "30000101T000000.000000Z" / file.name
    later.parent.mkdir()
    shutil.copyfile(file, later)
    later.chmod(0o644)
    with duckdb.connect(str(later)) as con:
        con.execute("update meta.builds set build_id = '30000101T000000.000000Z'")
        con.execute("update marts.dim_sources set last_business_date = last_business_date - 1")
    point_current_to(settings, later)


def test_the_entries_of_a_number_are_shown_with_its_documents(
    shop_home: Home, opened: Opened
) -> None:
    amount = one(
        shop_home, f"select sum(net_sales_amount) from reports.rpt_daily_totals where {MONTH}"
    )
    order = one(shop_home, "select min(order_id) from marts.fct_orders")
    shown = opened(shop_home.path, "why", document=order)
    assert metrics(shown)[0][1] == POUNDS(amount)
    assert f"Order {order}" in texts(shown)


@pytest.fixture
def altered(shop_home: Home, tmp_path: Path) -> Callable[..., Path]:
    """A home whose published file of the sample shop was changed by these statements."""

    def alter(*statements: str) -> Path:
        home = copy_of(shop_home, tmp_path / "home")
        file = current_file(home.settings)
        assert file is not None
        file.chmod(0o644)
        with duckdb.connect(str(file)) as con:
            for statement in statements:
                con.execute(statement)
        return home.path

    return alter


def test_a_shop_younger_than_the_period_has_figures_and_nothing_to_hold_them_against(
    altered: Callable[..., Path], opened: Opened
) -> None:
    young = "update marts.dim_sources set first_business_date = last_business_date - 9"
    shown = opened(altered(young))
    assert dict(metrics(shown)[5:])["Net sales"].startswith("£")
    assert {metric.delta for metric in shown.metric[5:]} == {"no data"}


def test_a_day_that_was_not_over_when_it_was_loaded_is_not_held_against_whole_ones(
    altered: Callable[..., Path], opened: Opened
) -> None:
    noon = "update meta.watermarks set loaded_at = timestamp '2025-12-31 12:00:00'"
    home = altered(noon)
    assert "Tuesday, 30 December 2025" in texts(opened(home))
    assert "On 31 Dec 2025" in texts(opened(home, "stock"))


def test_a_day_without_sales_is_drawn_as_nothing(shop_home: Home, opened: Opened) -> None:
    shown = opened(shop_home.path, period="Last 90 days", category="Books", channel="marketplace")
    (days,) = [table.value for table in shown.dataframe if "day" in table.value]
    assert len(days) == 90
    assert (days["net_sales"] == 0).sum() > 30
    assert days["average_order_value"].isna().sum() > 30


def test_restated_figures_are_shown_with_their_causes(
    shop_home: Home, opened: Opened, tmp_path: Path
) -> None:
    settings = copy_of(shop_home, tmp_path / "home").settings
    add_earlier_build(settings)
    found = diff(settings)
    assert found.figures
    shown = opened(settings.home, "restatements")
    assert f"**{len(found.figures):,} figures of 1 days were restated**" in texts(shown)


def test_without_live_the_page_of_now_says_so_and_shows_the_build(
    shop_home: Home, opened: Opened
) -> None:
    shown = opened(shop_home.path, "now")
    assert "**Live is off.** These are the figures of build" in texts(shown)
    assert texts(shown).count("Not live: of the published build") == 4
    net, orders = shop_home.published(
        "select net_sales_amount, orders_count from reports.rpt_daily_totals "
        "order by sales_date desc limit 1"
    )[0]
    assert metrics(shown)[:2] == [("Net sales", POUNDS(net)), ("Orders", f"{orders:,}")]
    assert "Sales on Wednesday, 31 December 2025" in texts(shown)


def test_with_live_the_page_of_now_shows_each_lanes_figures_and_their_time_and_offset(
    shop_home: Home, tmp_path: Path, opened: Opened
) -> None:
    home = copy_of(shop_home, tmp_path / "home")
    changed = {
        "trade": "update reports.rpt_sales_now set net_sales_amount = 0; "
        "update reports.rpt_sales_now set net_sales_amount = 1234.56, sales_hour = 9 "
        "where rowid = 0",
        "stock": "update reports.rpt_stock_now set needs_reorder = false",
        "web": "update reports.rpt_funnel_now set sessions_count = 1000",
    }
    noon = datetime.fromisoformat("2025-12-31T12:00:01")
    for offset, lane in enumerate(REPORTS, start=1234):
        write_now(home.settings, lane, offset, changed[lane], as_of=noon)
    shown = opened(home.path, "now")
    assert "Live is off" not in texts(shown)
    for offset, lane in enumerate(REPORTS, start=1234):
        said = f"Lane **{lane}** · as of 31 Dec 2025, 12:00:01 UTC · log offset {offset:,}"
        assert said in texts(shown)
        assert f"Lane {lane} has written nothing for" in texts(shown)
    figures = dict(metrics(shown))
    channels = one(home, "select count(*) from reports.rpt_funnel_now")
    assert figures["Net sales"] == "£1,234.56"
    assert figures["To reorder"] == "0"
    assert figures["Sessions"] == f"{1000 * channels:,}"
    assert "Every product that can be bought lasts until a delivery." in texts(shown)


def test_the_page_of_now_shows_a_lane_that_was_swapped_at_its_next_drawing(
    shop_home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = copy_of(shop_home, tmp_path / "home")
    monkeypatch.setenv("STOREHOUSE_HOME", str(home.path))
    write_now(home.settings, "stock", 1)
    shown = AppTest.from_file(str(app.VIEWS / "now.py"), default_timeout=60).run()
    before = dict(metrics(shown))["Out of stock"]
    products = one(home, "select count(*) from reports.rpt_stock_now")
    write_now(home.settings, "stock", 2, "update reports.rpt_stock_now set is_out_of_stock = true")
    shown.run()
    assert not shown.exception
    assert before != dict(metrics(shown))["Out of stock"] == f"{products:,}"
    assert "log offset 2" in texts(shown)
    assert "written nothing" not in texts(shown)
