"""Findings on a terminal: one line that counts them, and a list by rule."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import Any

from storehouse.building.report import FindingCount
from storehouse.serving.reports import Report

_RULES_SHOWN = 5
_DOCUMENTS_SHOWN = 20


def findings(found: Sequence[FindingCount]) -> str:
    """One line: how many findings are open, and of which rules."""
    if not found:
        return "No findings are open."
    most = sorted(found, key=lambda one: (-one.documents, one.rule))
    rules = [
        f"{one.documents:,} {one.source}.{one.rule}"
        + (f" ({one.reporting_amount:,.2f} at stake)" if one.reporting_amount else "")
        for one in most[:_RULES_SHOWN]
    ]
    if len(most) > _RULES_SHOWN:
        rules.append(f"and {len(most) - _RULES_SHOWN} more rules")
    documents = sum(one.documents for one in found)
    return (
        f"{documents:,} findings are open: {', '.join(rules)}. "
        "`storehouse report findings` lists them, with what to do."
    )


def findings_listed(found: Report) -> str:
    """Open findings by rule: what it means, what to do, and its first documents."""
    rows = [dict(zip(found.columns, row, strict=True)) for row in found.rows]
    open_rows = sorted(
        (row for row in rows if row["is_open"]),
        key=lambda row: (row["source_name"], row["rule_name"], row["document_id"]),
    )
    lines: list[str] = []
    for _, same in groupby(open_rows, key=lambda row: (row["source_name"], row["rule_name"])):
        documents = list(same)
        first = documents[0]
        lines += [
            f"{first['source_name']}.{first['rule_name']}: {first['description']}.",
            f"  To do: {first['remedy']}.",
            *(f"  {_document(row)}" for row in documents[:_DOCUMENTS_SHOWN]),
        ]
        if len(documents) > _DOCUMENTS_SHOWN:
            lines.append(f"  and {len(documents) - _DOCUMENTS_SHOWN:,} more; --csv writes all")
    lines.append(
        f"{len(open_rows):,} findings are open, {len(rows) - len(open_rows):,} are gone; "
        f"build {found.build_id}."
    )
    return "\n".join(lines)


def _document(row: dict[str, Any]) -> str:
    stake = f", {row['amount']:,.2f} {row['currency_code'] or ''}".rstrip() + " at stake"
    return (
        f"{row['document_type']} {row['document_id']}: expected {row['expected']}, "
        f"found {row['found']}{stake if row['amount'] else ''}, "
        f"since {row['first_seen_at']:%Y-%m-%d %H:%M}"
    )
