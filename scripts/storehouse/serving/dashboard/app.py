"""The pages of the dashboard. `storehouse dashboard` runs this file with Streamlit."""

from __future__ import annotations

import streamlit as st

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
                f"views/{name}.py",
                title=title,
                icon=f":material/{icon}:",
                url_path=name,
                default=name == "overview",
            )
            for name, (title, icon) in of_section.items()
        ]
        for section, of_section in PAGES.items()
    }
    st.navigation(pages, expanded=True).run()


if __name__ == "__main__":
    main()
