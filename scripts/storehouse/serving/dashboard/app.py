"""The pages of the dashboard. `storehouse dashboard` runs this file with Streamlit."""

from __future__ import annotations

import runpy
from pathlib import Path

import streamlit as st

VIEWS = Path(__file__).parent / "views"
PAGES = {
    "Shop": {
        "overview": ("Overview", "monitoring"),
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
    # As a part of this script, and not by `page.run()`: what a page draws would then be its own,
    # and a filter of the address forgotten with the first turn to another page.
    runpy.run_path(str(VIEWS / f"{page.url_path or 'overview'}.py"), run_name="__main__")


if __name__ == "__main__":
    main()
