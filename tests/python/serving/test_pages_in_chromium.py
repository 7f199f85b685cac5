"""The dashboard as a person opens it, in a real browser."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from storehouse.serving.dashboard.app import PAGES
from warehouse.shop import Home

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
_PATIENCE = 60_000

pytestmark = pytest.mark.skipif(
    CHROMIUM is None, reason="no Chromium is installed: Debian's package is `chromium`"
)


@pytest.fixture(scope="module")
def address(shop_home: Home) -> Iterator[str]:
    """A dashboard of the sample shop, on a free port."""
    command = [str(Path(sys.executable).parent / "storehouse"), "dashboard"]
    with subprocess.Popen(
        command, env={**os.environ, **shop_home.variables}, stdout=subprocess.PIPE, text=True
    ) as server:
        try:
            assert server.stdout is not None
            yield server.stdout.readline().split()[4]
        finally:
            server.terminate()


@pytest.fixture
def browser_page() -> Iterator[Page]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
        try:
            yield browser.new_page(viewport={"width": 1400, "height": 1000})
        finally:
            browser.close()


def test_every_page_opens_without_an_error_and_asks_no_other_machine(
    address: str, browser_page: Page
) -> None:
    errors: list[str] = []
    foreign: list[str] = []
    browser_page.on("console", lambda m: errors.append(m.text) if m.type == "error" else None)
    browser_page.on("pageerror", lambda error: errors.append(str(error)))
    browser_page.on(
        "request",
        lambda one: (
            foreign.append(one.url) if not one.url.startswith((address, "data:", "blob:")) else None
        ),
    )
    browser_page.goto(address)
    for section in PAGES.values():
        for title, _ in section.values():
            browser_page.get_by_test_id("stSidebarNav").get_by_text(title, exact=True).click(
                timeout=_PATIENCE
            )
            expect(browser_page.get_by_test_id("stCaptionContainer").first).to_contain_text(
                "amounts in GBP", timeout=_PATIENCE
            )
            expect(browser_page.get_by_test_id("stStatusWidget")).to_have_count(
                0, timeout=_PATIENCE
            )
            expect(browser_page.get_by_test_id("stException")).to_have_count(0)
    assert errors == []
    assert foreign == []
