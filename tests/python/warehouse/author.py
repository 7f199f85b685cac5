"""Somebody who adds a source to a copy of the project, by docs/add-a-source.md."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from warehouse.shop import PROJECT, Home

_COPIED = ("macros", "models", "seeds", "snapshots", "tests/generic", "tests/singular")
_SECTION = re.compile(r"```(yaml|sql)\n(.*?)```", re.DOTALL)


def author(folder: Path) -> Home:
    """A copy of the project with `my_shop` as the guide has it, and files of that shop."""
    project = folder / "project"
    for name in _COPIED:
        shutil.copytree(PROJECT / name, project / name)
    shutil.copy(PROJECT / "profiles.yml", project)
    guide = (PROJECT / "docs" / "add-a-source.md").read_text(encoding="utf-8")
    blocks = _SECTION.findall(guide)
    staging = project / "models" / "staging" / "my_shop"
    staging.mkdir()
    (declaration,) = [text for _, text in blocks if "raw_my_shop" in text]
    (staging / "_my_shop__sources.yml").write_text(declaration, encoding="utf-8")
    for kind, text in blocks:
        first, _, rest = text.partition("\n")
        if kind == "sql":
            model = project / first.removeprefix("-- ")
            model.write_text(rest, encoding="utf-8")
            (beside,) = [text for _, text in blocks if f"  - name: {model.stem}\n" in text]
            model.with_suffix(".yml").write_text(beside, encoding="utf-8")
    (shop,) = [text for _, text in blocks if text.startswith("    my_shop:")]
    (switch,) = [text for _, text in blocks if text.startswith("      my_shop:")]
    settings = (PROJECT / "dbt_project.yml").read_text(encoding="utf-8")
    for before, after in (
        ("  shops:\n", "  shops:\n" + shop),
        (
            "      online_retail: {+enabled",
            switch + "      online_retail: {+enabled",
        ),
        ("reporting_currency_code: GBP", "reporting_currency_code: EUR"),
    ):
        assert settings.count(before) == 1
        settings = settings.replace(before, after)
    (project / "dbt_project.yml").write_text(settings, encoding="utf-8")
    home = Home(folder / "home", sources="my_shop", project=project)
    for name, lines in _FILES.items():
        deliver(home, name, *lines)
    return home


def deliver(home: Home, name: str, *lines: str) -> None:
    """Write a file of the shop."""
    file = home.path / "inbox" / "my_shop" / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("\n".join(lines) + "\n", encoding="windows-1252")


def edit(home: Home, path: str, before: str, after: str) -> None:
    """Change a file of the project in one place."""
    file = home.project / path
    text = file.read_text(encoding="utf-8")
    assert text.count(before) == 1, (path, before)
    file.write_text(text.replace(before, after), encoding="utf-8")


ORDER_HEADER = "Order No.;customer_no;ordered_at;state;cancelled_at;shipping;total;changed_at"
LINE_HEADER = "order_no;line_no;article_no;quantity;price;changed_at"

# A-1 is placed after midnight in Berlin, before it in UTC; A-2 is cancelled two days later.
_FILES = {
    "orders/1.csv": (
        ORDER_HEADER,
        "A-1;K-7;02.03.2025 00:30;neu;;4,90;2.473,90;02.03.2025 00:30",
        "A-2;;02.03.2025 10:00;neu;;5,00;54,90;02.03.2025 10:00",
    ),
    "order_lines/1.csv": (
        LINE_HEADER,
        "A-1;1;Kübel;2;1.234,50;02.03.2025 00:30",
        "A-2;1;Gießkanne;1;49,90;02.03.2025 10:00",
    ),
    "orders/2.csv": (
        ORDER_HEADER,
        "A-1;K-7;02.03.2025 00:30;versandt;;4,90;2.473,90;03.03.2025 08:00",
        "A-2;;02.03.2025 10:00;storniert;04.03.2025 09:00;5,00;54,90;04.03.2025 09:00",
    ),
}
