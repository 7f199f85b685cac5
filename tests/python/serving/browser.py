"""A browser that notes what a page should not do: errors, and requests to other machines."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "google-chrome"))), None)


@dataclass
class Watched:
    """A page, with the errors of its console and the addresses that are not its own."""

    page: Page
    errors: list[str] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)


@contextmanager
def chromium() -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("no Chromium is installed: Debian's package is `chromium`")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"]
        )
        yield browser
        browser.close()


@contextmanager
def watched(browser: Browser, origin: str, *, width: int = 1400) -> Iterator[Watched]:
    """A page of `origin`, the start of the addresses that are its own."""
    with browser.new_page(viewport={"width": width, "height": 900}) as page:
        found = Watched(page)
        own = (origin, origin.replace("http", "ws", 1), "data:", "blob:")
        page.on(
            "console",
            lambda message: found.errors.append(message.text) if message.type == "error" else None,
        )
        page.on("pageerror", lambda error: found.errors.append(str(error)))
        page.on(
            "request",
            lambda request: (
                found.foreign.append(request.url) if not request.url.startswith(own) else None
            ),
        )
        yield found
