"""The site of `make docs`, as a browser opens it from its folder, and what it says of pages."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from typing import Any

import pytest
from playwright.sync_api import expect

from serving.browser import chromium, watched
from storehouse.serving.dashboard.app import PAGES, VIEWS
from warehouse.homes import copy_of
from warehouse.shop import PROJECT, Home


@pytest.fixture(scope="module")
def documented(shop_home: Home, tmp_path_factory: pytest.TempPathFactory) -> Home:
    """The sample shop with its documentation."""
    home = copy_of(shop_home, tmp_path_factory.mktemp("documented") / "home")
    ended = subprocess.run(
        [sys.executable, str(PROJECT / "scripts" / "docs_site.py")],
        cwd=PROJECT,
        env=os.environ | home.variables,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return home


def test_the_site_opens_without_an_error_or_a_request_that_leaves_its_folder(
    documented: Home,
) -> None:
    folder = (documented.path / "docs").as_uri()
    with chromium() as browser, watched(browser, folder) as site:
        site.page.goto(f"{folder}/index.html")
        expect(site.page.get_by_role("heading", name="storehouse", exact=True)).to_be_visible()
        site.page.get_by_role("link", name="the lineage of columns").click()
        for name in ("rpt_daily_totals", "agg_daily_sales", "fct_ledger_entries"):
            expect(site.page.get_by_text(name, exact=True).first).to_be_visible(timeout=30_000)
        expect(site.page.get_by_text("net_sales_amount").first).to_be_visible()
        site.page.goto(f"{folder}/index.html#!/model/model.storehouse.rpt_daily_totals")
        expect(site.page.get_by_text("One row per day and source")).to_be_visible()
        assert site.errors == []
        assert site.foreign == []


def test_a_page_of_the_site_may_load_nothing_from_elsewhere(documented: Home) -> None:
    folder = documented.path / "docs"
    with chromium() as browser, watched(browser, folder.as_uri()) as site:
        for page in sorted(folder.glob("*.html")):
            site.page.goto(page.as_uri())
            refused = site.page.evaluate(
                "fetch('http://127.0.0.1:9/').then(() => 'asked', error => String(error))"
            )
            assert "Failed to fetch" in refused
            assert any("Content Security Policy" in error for error in site.errors)
            site.errors.clear()


def test_each_page_of_the_dashboard_is_an_exposure_of_all_that_it_reads(documented: Home) -> None:
    manifest: dict[str, Any] = json.loads((documented.path / "target/manifest.json").read_text())
    exposures = {found["name"]: found for found in manifest["exposures"].values()}
    for section in PAGES.values():
        for name in section:
            known = {node.split(".")[-1] for node in exposures[name]["depends_on"]["nodes"]}
            read = re.findall(r"(?:marts|reports)\.(\w+)", (VIEWS / f"{name}.py").read_text())
            assert set(read) <= known, name
            assert known
