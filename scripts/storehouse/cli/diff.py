"""`storehouse diff`: what was restated between two published builds."""

from __future__ import annotations

from dataclasses import asdict, fields
from decimal import Decimal
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Group, RenderableType

from storehouse.cli.terminal import AsJson, emit, err, write_csv
from storehouse.cli.text_tables import cell, text_table
from storehouse.core.config import load_settings
from storehouse.core.errors import RESTATED
from storehouse.serving.diff import Change, Difference, diff
from storehouse.serving.diff_causes import CAUSES

_SHOWN = 20


def difference(
    older: Annotated[
        str | None, typer.Argument(help="A published build; default: the last but one.")
    ] = None,
    newer: Annotated[str | None, typer.Argument(help="A later one; default: the last.")] = None,
    csv_file: Annotated[
        Path | None,
        typer.Option("--csv", help="Write every document's part of every figure to this file."),
    ] = None,
    as_json: AsJson = False,
) -> int:
    """Show which figures of earlier days were restated between two published builds, and why.

    Exits 0 if none was, 8 if some were.
    """
    err.print("Comparing the builds …")
    found = diff(load_settings(), older, newer)
    if csv_file is not None:
        columns = [column.name for column in fields(Change)]
        write_csv(csv_file, columns, [tuple(asdict(one).values()) for one in found.changes])
    emit(
        found,
        as_json,
        lambda: f"{len(found.changes)} rows written to {csv_file}." if csv_file else _shown(found),
    )
    return RESTATED if found.figures else 0


def _shown(found: Difference) -> RenderableType:
    builds = f"Build {found.newer.build_id} beside {found.older.build_id}"
    parts: list[RenderableType] = [f"{builds}, amounts in {found.currency_code}. {_rules(found)}"]
    if found.figures:
        days = {figure.day for figure in found.figures}
        parts += [
            f"{len(found.figures):,} figures of {len(days):,} days were restated:",
            _causes(found),
            *_loads(found),
            "",
            *_documents(found),
        ]
    else:
        parts.append("No figure of a day in the older build was restated.")
    if found.new_days:
        first = min(one.first_day for one in found.new_days)
        last = max(one.last_day for one in found.new_days)
        parts.append(f"New days: {first} to {last}.")
    if found.dimension_changes:
        parts += ["", "Grouped differently now:", _dimensions(found)]
    return Group(*parts)


def _rules(found: Difference) -> str:
    code = {None: "It is not known whether code changed.", True: "Code changed.", False: ""}
    names = found.settings_changed
    settings = f"Settings changed: {', '.join(names)}." if names else ""
    unknown = "It is not known whether settings changed." if names is None else settings
    return f"{code[found.code_changed]} {unknown}".strip()


def _causes(found: Difference) -> RenderableType:
    table = text_table("metric", "cause", "documents", "difference", left=2)
    for one in found.causes:
        table.add_row(
            one.metric, CAUSES[one.cause], cell(one.documents or None), cell(one.difference)
        )
    return table


def _loads(found: Difference) -> list[str]:
    return [
        f"Load {one.batch_id} of {one.source_name}"
        f"{f' ({one.tables})' if one.tables else ''}: {one.documents:,} documents"
        for one in found.loads
    ]


def _documents(found: Difference) -> list[RenderableType]:
    """The documents that changed a figure most, each with the figure that it changed most."""
    ordered = sorted(found.changes, key=_size, reverse=True)
    largest = {
        (one.cause, one.source_name, one.document_type, one.document_id): one
        for one in reversed(ordered)
    }
    table = text_table("metric", "day", "document", "cause", "was", "is", left=4)
    for one in sorted(largest.values(), key=_size, reverse=True)[:_SHOWN]:
        document = f"{one.source_name} {one.document_type} {one.document_id}"
        table.add_row(
            one.metric,
            str(one.day),
            document if one.document_id else "-",
            CAUSES[one.cause],
            cell(one.older),
            cell(one.newer),
        )
    return [
        table,
        f"The {min(_SHOWN, len(largest))} largest of {len(largest):,}; --csv FILE gives all.",
    ]


def _size(change: Change) -> Decimal:
    """An unknown difference may be of any size."""
    return Decimal("Infinity") if change.difference is None else abs(change.difference)


def _dimensions(found: Difference) -> RenderableType:
    table = text_table("", "", "was", "is", left=4)
    table.show_header = False
    for one in found.dimension_changes[:_SHOWN]:
        member = f"{one.source_name} {one.kind} {one.identifier}"
        table.add_row(member, one.column.replace("_", " "), cell(one.older), cell(one.newer))
    left = len(found.dimension_changes) - _SHOWN
    return Group(table, f"… and {left:,} more; --json gives all.") if left > 0 else table
