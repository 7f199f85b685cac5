from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

from storehouse.building.report import FindingCount
from storehouse.cli.render_findings import findings, findings_listed
from storehouse.serving.reports import Report

COLUMNS = (
    "source_name", "rule_name", "document_type", "document_id", "description", "expected",
    "found", "remedy", "currency_code", "amount", "is_open", "first_seen_at",
)  # fmt: skip
SEEN = datetime(2026, 3, 1, 6, 30, tzinfo=UTC)


def _row(document: str, *, is_open: bool = True) -> tuple[object, ...]:
    return (
        "shop", "order_total", "order", document, "It does not add up", "50.00", "48.00",
        "Fix it", "EUR", Decimal("2.00"), is_open, SEEN,
    )  # fmt: skip


def test_open_findings_are_listed_by_rule_with_what_to_do_and_the_others_counted() -> None:
    rows = (*(_row(f"O{number:02}") for number in range(22)), _row("fixed", is_open=False))
    rendered = findings_listed(Report("rpt_findings", "b1", COLUMNS, rows)).splitlines()
    assert rendered[:3] == [
        "shop.order_total: It does not add up.",
        "  To do: Fix it.",
        "  order O00: expected 50.00, found 48.00, 2.00 EUR at stake, since 2026-03-01 06:30",
    ]
    assert rendered[-2:] == [
        "  and 2 more; --csv writes all",
        "22 findings are open, 1 are gone; build b1.",
    ]


def test_the_rules_with_most_documents_are_named_first_and_the_rest_counted() -> None:
    assert findings([]) == "No findings are open."
    found = [FindingCount("shop", f"rule_{number}", number, None) for number in range(1, 8)]
    rendered = findings([*found, FindingCount("shop", "worst", 9, Decimal("12.5"))])
    assert rendered.startswith(
        "37 findings are open: 9 shop.worst (12.50 at stake), 7 shop.rule_7, "
    )
    assert "3 more rules" in rendered
