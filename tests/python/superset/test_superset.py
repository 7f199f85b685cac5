"""A real Superset: its dashboard in Chromium and its SQL, on one build and then on the next.

`make test-superset` runs it; it installs Superset into var/superset-venv.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import duckdb
import httpx
import pytest
from playwright.sync_api import Browser, Page, Request, expect

from serving.browser import chromium, watched
from serving.questions import Question, hold_against_reports
from storehouse.core.config import Settings
from storehouse.prove.readers.builds import next_build
from storehouse.serving.metrics import answer
from storehouse.serving.publish import publish, rollback
from storehouse.serving.published import published
from storehouse.serving.where import Condition
from superset_server.client import signed_in
from warehouse.homes import copy_of
from warehouse.shop import PROJECT, Home

pytestmark = pytest.mark.skipif(
    not os.environ.get("STOREHOUSE_TEST_SUPERSET"),
    reason="installs and starts Superset: make test-superset",
)

# Cards of the dashboard, their metric and the unit in the last place that is shown.
_CARDS = {
    "Net sales": ("net_sales", "0.01"),
    "Orders": ("orders", "1"),
    "Average order value": ("average_order_value", "0.01"),
    "Margin": ("margin", "0.01"),
    "Margin rate": ("margin_rate", "0.001"),
    "Return rate": ("return_rate", "0.001"),
    "Stock value": ("stock_value", "0.01"),
    "Units in stock": ("stock_units", "1"),
    "Days of cover": ("days_of_cover", "0.1"),
}
_OF_THE_DAY = {
    "Net sales of the day": ("net_sales", "0.01"),
    "Orders of the day": ("orders", "1"),
    "Average order value of the day": ("average_order_value", "0.01"),
    "Margin of the day": ("margin", "0.01"),
    "Returns of the day": ("returns", "0.01"),
    "Units of the day": ("units", "1"),
}
_GRAINS = {"day": "P1D", "week": "P1W", "month": "P1M", "quarter": "P3M", "year": "P1Y"}
_PATIENCE = 300_000  # milliseconds, for a busy machine
_PLACES = Decimal("0.0001")


@dataclass(frozen=True)
class Superset:
    dashboard: str
    user: str
    password: str

    @property
    def address(self) -> str:
        return self.dashboard.partition("/superset/")[0]


@pytest.fixture(scope="module")
def home(shop_home: Home, tmp_path_factory: pytest.TempPathFactory) -> Home:
    return copy_of(shop_home, tmp_path_factory.mktemp("superset") / "home")


@contextmanager
def _serving(home: Home) -> Iterator[Superset]:
    with subprocess.Popen(
        [sys.executable, "scripts/superset_server", "--json"],
        cwd=PROJECT,
        env={**os.environ, **home.variables},
        stdout=subprocess.PIPE,
        text=True,
    ) as server:
        try:
            assert server.stdout is not None
            yield Superset(**json.loads(server.stdout.readline()))
        finally:
            server.terminate()


@pytest.fixture(scope="module")
def superset(home: Home) -> Iterator[Superset]:
    with _serving(home) as found:
        yield found


@pytest.fixture(scope="module")
def api(superset: Superset) -> Iterator[httpx.Client]:
    with signed_in(superset.address, superset.user, superset.password) as client:
        yield client


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as opened:
        yield opened


def _next_build(settings: Settings) -> None:
    """Publish a build in which every sale is a unit of money larger."""
    with duckdb.connect(str(settings.warehouse)) as con:
        con.execute(
            "update marts.fct_ledger_entries set reporting_amount = reporting_amount + 1 "
            "where entry_type = 'sale'"
        )
    next_build(settings)
    publish(settings, now=lambda: datetime.now(UTC))


def test_the_dashboard_shows_the_published_numbers_of_each_build(
    home: Home, superset: Superset, browser: Browser
) -> None:
    with watched(browser, superset.address) as shop:
        blocked = _blocked(shop.page)
        _sign_in(shop.page, superset)
        before = _held_against_the_file(home, shop.page, superset)
        _next_build(home.settings)
        after = _held_against_the_file(home, shop.page, superset)
        rollback(home.settings)
        assert _held_against_the_file(home, shop.page, superset) == before
        assert {*shop.foreign} == blocked
    same = {name for name in before if before[name] == after[name]}
    assert not {"Net sales", "Margin rate", "Products by net sales", "Published build"} & same


def test_drawn_questions_have_the_answers_of_the_reports_to_the_cent(
    home: Home, api: httpx.Client
) -> None:
    dataset = _dataset(api, "metrics_goods_lines_and_ledger_entries")

    def ask(question: Question) -> list[tuple[Any, ...]]:
        asked = {
            "datasource": {"id": dataset, "type": "table"},
            "queries": [_query(question)],
            "result_format": "json",
            "result_type": "full",
        }
        (answered,) = _said(api.post("/api/v1/chart/data", json=asked))["result"]
        return [
            (
                *(_key(row[name]) for name in question.by),
                *(_amount(row[name]) for name in question.names),
            )
            for row in answered["data"]
        ]

    with published(home.settings) as build:
        hold_against_reports(build, ask)


def test_sql_can_neither_write_the_published_file_nor_read_another(api: httpx.Client) -> None:
    database = _said(api.get("/api/v1/database/"))["result"][0]["id"]

    def run(sql: str) -> httpx.Response:
        return api.post("/api/v1/sqllab/execute/", json={"database_id": database, "sql": sql})

    for sql in ("delete from marts.fct_ledger_entries", "select * from read_csv('/etc/hostname')"):
        assert run(sql).is_error, sql
    assert _said(run("select build_id from current.meta.builds"))["data"]


def _blocked(page: Page) -> set[str]:
    """Addresses that the browser refused by the page's policy: Superset's counting pixel."""
    found: set[str] = set()

    def note(request: Request) -> None:
        if "csp" in (request.failure or "").lower():
            found.add(request.url)

    page.on("requestfailed", note)
    return found


def _sign_in(page: Page, superset: Superset) -> None:
    page.goto(f"{superset.address}/login/")
    page.locator("input[name=username], #username").first.fill(superset.user)
    page.locator("input[type=password]").first.fill(superset.password)
    page.get_by_role("button", name=re.compile("sign in", re.IGNORECASE)).click()
    expect(page).not_to_have_url(re.compile("/login"), timeout=_PATIENCE)


def _held_against_the_file(home: Home, page: Page, superset: Superset) -> dict[str, str]:
    """Open the dashboard; what each chart says, after it was compared with the published file."""
    page.goto(superset.dashboard)
    said = {title: _text(page, title) for title in (*_CARDS, *_OF_THE_DAY, *_TABLES)}
    with published(home.settings) as build:
        last = build.one("select max(entry_date) from marts.fct_ledger_entries")
        for title, (name, unit) in {**_CARDS, **_OF_THE_DAY}.items():
            day = last if title in _OF_THE_DAY else None
            ((value,),) = answer(build, [name], since=day, until=day).rows
            assert _shows(said[title], value, unit), (title, said[title], value)
        assert build.build_id in said["Published build"]
        rows = answer(build, ["net_sales"], by=("product_name", "category")).rows
        name, category, sold = max(rows, key=lambda row: row[2])
        cells = said["Products by net sales"].split("\n")
        assert cells[:2] == [name, category]
        assert _shows(cells[2], sold, "0.01"), (cells[2], sold)
    return said


_TABLES = ("Products by net sales", "Published build")


def _text(page: Page, title: str) -> str:
    """What a chart says, a line for each of its parts, once it is drawn."""
    chart = page.locator(f'[data-test-chart-name="{title}"]')
    chart.scroll_into_view_if_needed(timeout=_PATIENCE)
    drawn = chart.locator(".header-line, tbody td").first
    expect(drawn).to_be_visible(timeout=_PATIENCE)
    cells = chart.locator(".header-line, tbody td").all_inner_texts()
    return "\n".join(cell.strip() for cell in cells)


def _shows(text: str, value: Decimal, unit: str) -> bool:
    """Whether the number in a text is the value, as far as it is shown."""
    found = re.fullmatch(r"(-?)[^\d-]*(-?[\d,]+(?:\.\d+)?)(%?)", text.replace("−", "-"))
    if found is None:
        return False
    sign, digits, percent = found.groups()
    shown = Decimal(sign + digits.replace(",", "")) / (100 if percent else 1)
    return abs(shown - value) <= Decimal(unit) * Decimal("0.51")


def _dataset(api: httpx.Client, name: str) -> int:
    query = f"(filters:!((col:table_name,opr:eq,value:{name})))"
    (found,) = _said(api.get("/api/v1/dataset/", params={"q": query}))["result"]
    return int(found["id"])


def _said(response: httpx.Response) -> dict[str, Any]:
    assert response.is_success, response.text
    document: dict[str, Any] = response.json()
    return document


def _query(question: Question) -> dict[str, Any]:
    return {
        "columns": [_column(name) for name in question.by],
        "metrics": [*question.names],
        "filters": [*map(_filter, question.where), *_days(question.since, question.until)],
        "row_limit": 50_000,
    }


def _column(name: str) -> str | dict[str, str]:
    """A dimension, or the day cut to a period as a chart's time axis cuts it."""
    if name not in _GRAINS:
        return name
    return {
        "columnType": "BASE_AXIS",
        "expressionType": "SQL",
        "sqlExpression": "day",
        "label": name,
        "timeGrain": _GRAINS[name],
    }


def _filter(condition: Condition) -> dict[str, Any]:
    operator = {"=": "IN", "!=": "NOT IN"}[condition.operator]
    return {"col": condition.field, "op": operator, "val": [*condition.values]}


def _days(since: date | None, until: date | None) -> Iterator[dict[str, Any]]:
    """A range of days as the dashboard's filter has it, without the day that it ends with."""
    if since and until:
        end = until + timedelta(days=1)
        yield {"col": "day", "op": "TEMPORAL_RANGE", "val": f"{since} : {end}"}


def _key(value: Any) -> Any:
    """A date from Superset's milliseconds."""
    if isinstance(value, str) or value is None:
        return value
    return datetime.fromtimestamp(value / 1000, UTC).date()


def _amount(value: float | None) -> Decimal | None:
    """Superset's JSON has floating-point numbers, which hold these amounts to the fourth place."""
    return None if value is None else Decimal(repr(value)).quantize(_PLACES)
