"""The pages of the dashboard. `storehouse dashboard` runs this file with Streamlit."""

from __future__ import annotations

import runpy
from pathlib import Path

import streamlit as st

VIEWS = Path(__file__).parent / "views"
PAGES = {
    "Shop": {
        "overview": ("Overview", "monitoring"),
        "now": ("Now", "bolt"),
        "products": ("Products", "category"),
        "customers": ("Customers", "group"),
        "stock": ("Stock", "inventory_2"),
        "funnel": ("Funnel", "filter_alt"),
    },
    "Trust": {
        "why": ("Why", "help"),
        "restatements": ("Restatements", "history"),
        "data_status": ("Data status", "verified"),
    },
}


def main() -> None:
    st.set_page_config(page_title="storehouse", page_icon="📦", layout="wide")
    pages = {
        section: [
            st.Page(
                VIEWS / f"{name}.py",
                title=title,
                icon=f":material/{icon}:",
                url_path=name,
                default=name == "overview",
            )
            for name, (title, icon) in of_section.items()
        ]
        for section, of_section in PAGES.items()
    }
    page = st.navigation(pages, expanded=True)
    # Run as a part of this script instead of by `page.run()`, which would give each page its own
    # widgets, so that a filter from the address would be lost on the first change of page.
    runpy.run_path(str(VIEWS / f"{page.url_path or 'overview'}.py"), run_name="__main__")


if __name__ == "__main__":
    main()
