"""The dashboard as a browser shows it: no error, and no request that leaves the machine."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import stamina
from playwright.sync_api import Browser, Page, expect

from serving.browser import chromium, watched
from serving.lanes import write_now
from storehouse.prove.served import serving
from storehouse.serving.dashboard.app import PAGES
from warehouse.homes import copy_of
from warehouse.shop import Home

TITLES = [title for section in PAGES.values() for title, _ in section.values()]
CHARTED = {"Overview", "Now", "Products", "Customers", "Stock", "Funnel", "Why"}


@pytest.fixture(scope="module")
def address(shop_home: Home) -> Iterator[str]:
    """`storehouse dashboard` on the sample shop, started once for all pages."""
    command = [str(Path(sys.executable).with_name("storehouse")), "dashboard"]
    with subprocess.Popen(
        command, env={**os.environ, **shop_home.variables}, stdout=subprocess.PIPE, text=True
    ) as server:
        try:
            assert server.stdout is not None
            found = server.stdout.readline().split()[4]
            _wait_for(found)
            yield found
        finally:
            server.terminate()


@stamina.retry(on=httpx.HTTPError, attempts=None, timeout=60, wait_max=0.2)
def _wait_for(address: str) -> None:
    httpx.get(f"{address}/_stcore/health").raise_for_status()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as opened:
        yield opened


@pytest.mark.parametrize("width", [1400, 400])
def test_all_pages_open_without_an_error_or_a_request_to_another_machine(
    address: str, browser: Browser, width: int
) -> None:
    assert address.startswith("http://127.0.0.1:")
    with watched(browser, address, width=width) as shop:
        shop.page.goto(address)
        for title in TITLES:
            if title != TITLES[0]:
                _follow(shop.page, title)
            _whole(shop.page, title)
            assert shop.errors == []
            assert shop.foreign == []
            assert _overflow(shop.page) == 0


def test_a_filter_of_the_address_stays_from_page_to_page(address: str, browser: Browser) -> None:
    with watched(browser, address) as shop:
        shop.page.goto(f"{address}/?category=Books")
        _whole(shop.page, "Overview")
        for title in ("Products", "Stock"):
            _follow(shop.page, title)
            _whole(shop.page, title)
            expect(shop.page.get_by_test_id("stMultiSelect").last).to_contain_text("Books")
            expect(shop.page).to_have_url(f"{address}/{title.lower()}?category=Books")
        _follow(shop.page, "Data status")
        _whole(shop.page, "Data status")
        _follow(shop.page, "Overview")
        _whole(shop.page, "Overview")
        expect(shop.page).to_have_url(f"{address}/?category=Books")


def test_the_page_of_now_moves_by_itself(shop_home: Home, tmp_path: Path, browser: Browser) -> None:
    home = copy_of(shop_home, tmp_path / "home")
    write_now(home.settings, "stock", 111_111)
    with serving("dashboard", home.variables) as address, watched(browser, address) as shop:
        shop.page.goto(f"{address}/now")
        _whole(shop.page, "Now")
        expect(shop.page.get_by_text("log offset 111,111")).to_be_visible(timeout=30_000)
        write_now(home.settings, "stock", 222_222)
        expect(shop.page.get_by_text("log offset 222,222")).to_be_visible(timeout=30_000)
        assert shop.errors == []


def _follow(page: Page, title: str) -> None:
    """Press its link; on a narrow screen the links lie beside the window until called for."""
    link = page.get_by_test_id("stSidebarNavLink").filter(has_text=title)
    link.evaluate("link => link.click()")


def _whole(page: Page, title: str) -> None:
    """Wait until the page is drawn, its charts included."""
    heading = "Where does this number come from?" if title == "Why" else title
    expect(page.get_by_role("heading", name=heading, level=1)).to_be_visible(timeout=30_000)
    expect(page.locator("[data-test-script-state=running]")).to_have_count(0, timeout=30_000)
    expect(page.get_by_test_id("stException")).to_have_count(0)
    if title in CHARTED:
        expect(page.locator("canvas.marks, svg.marks").first).to_be_visible(timeout=30_000)


def _overflow(page: Page) -> int:
    """How much wider the page is than its window."""
    width: int = page.evaluate(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )
    return width
