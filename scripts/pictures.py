"""Pictures of the dashboard's pages for README, as `make pictures` writes them.

Shows what STOREHOUSE_HOME has published. Needs Chromium and the packages of `dev`.
"""

from __future__ import annotations

import shutil
from io import BytesIO
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, expect, sync_playwright

from storehouse.core.config import find_project
from storehouse.prove.served import serving

# Page, scheme and window of each picture.
PICTURES = {
    "overview": ("", "light", (1400, 1180)),
    "overview_phone": ("", "light", (400, 860)),
    "products_dark": ("products", "dark", (1400, 900)),
    "customers": ("customers", "light", (1400, 1100)),
    "stock": ("stock", "light", (1400, 1000)),
    "why": ("why", "light", (1400, 1000)),
    "now": ("now", "light", (1400, 1000)),
}
_COLOURS = 64


def main() -> None:
    folder = find_project(Path.cwd()) / "docs" / "pictures"
    folder.mkdir(exist_ok=True)
    with serving("dashboard") as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        for name, (path, scheme, (width, height)) in PICTURES.items():
            page = browser.new_page(
                color_scheme="dark" if scheme == "dark" else "light",
                viewport={"width": width, "height": height},
            )
            _open(page, f"{address}/{path}")
            file = folder / f"{name}.png"
            _small(page.screenshot()).save(file, optimize=True)
            print(f"{file}: {file.stat().st_size / 1000:.0f} kB")
            page.close()
        browser.close()


def _open(page: Page, address: str) -> None:
    """Open a page, and wait until its last chart is drawn."""
    page.goto(address)
    expect(page.get_by_role("heading", level=1)).to_be_visible(timeout=60_000)
    expect(page.locator("[data-test-script-state=running]")).to_have_count(0, timeout=60_000)
    expect(page.get_by_test_id("stSkeleton")).to_have_count(0, timeout=60_000)
    page.wait_for_timeout(1500)  # charts grow into place


def _small(picture: bytes) -> Image.Image:
    """The picture with few colours: a chart has no more."""
    return Image.open(BytesIO(picture)).convert("RGB").quantize(_COLOURS)


if __name__ == "__main__":
    main()
