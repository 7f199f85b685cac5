"""`storehouse explain`: the entries behind a number, and what is behind a document."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Group, RenderableType

from storehouse.cli.metric import Since, Until, Where
from storehouse.cli.terminal import AsJson, emit, err, write_csv
from storehouse.cli.text_tables import cell, heading, is_number, text_table
from storehouse.core.config import Settings, load_settings
from storehouse.core.errors import ConfigError, StorehouseError
from storehouse.serving.explain import (
    ENTRY_COLUMNS,
    Explanation,
    Question,
    explain,
    explained_entries,
)
from storehouse.serving.explain_document import Document, Table, explain_document
from storehouse.serving.explain_raw import RawRows, raw_rows
from storehouse.serving.published import published
from storehouse.serving.where import parse_condition

_SIDE_BY_SIDE = 3


def explanation(
    metric: Annotated[str | None, typer.Argument(help="A metric, such as net_sales.")] = None,
    *,
    where: Where = None,
    since: Since = None,
    until: Until = None,
    document: Annotated[
        str | None, typer.Option(help="Show what is behind this order or refund instead.")
    ] = None,
    source: Annotated[
        str | None, typer.Option(help="The source of the document, if several have its ID.")
    ] = None,
    csv_file: Annotated[
        Path | None, typer.Option("--csv", help="Write all entries of the number to this file.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show which entries of the book make up a number, or what is behind a document."""
    if bool(metric) == bool(document):
        raise ConfigError(
            "Name a metric, as in `storehouse explain net_sales --since 2025-12-01`, or a "
            "document, as in `storehouse explain --document O000123`."
        )
    if document and (where or since or until or csv_file):
        raise ConfigError(
            "--document shows the whole document. Leave out --where, --since, --until and --csv."
        )
    settings = load_settings()
    with published(settings) as build:
        if document is not None:
            documents = [
                (one, _raw_rows(settings, one)) for one in explain_document(build, document, source)
            ]
            emit(
                {"documents": [_as_json(one, raw) for one, raw in documents]},
                as_json,
                lambda: Group(*(_document(one, raw) for one, raw in documents)),
            )
            return
        err.print("Reading the definitions of metrics …")
        question = Question(
            metric or "",
            [parse_condition(condition) for condition in where or ()],
            since.date() if since else None,
            until.date() if until else None,
        )
        found = explain(
            build,
            question.metric,
            where=question.where,
            since=question.since,
            until=question.until,
        )
        if csv_file is not None:
            write_csv(csv_file, ENTRY_COLUMNS, explained_entries(build, question))
    emit(
        found,
        as_json,
        lambda: (
            f"{found.entry_count:,} entries written to {csv_file}." if csv_file else _shown(found)
        ),
    )


def _shown(found: Explanation) -> RenderableType:
    is_money = found.metric.unit == "money"
    value = "not known" if found.value is None else cell(found.value)
    types = text_table("type of entry", "entries", "value")
    for part in found.by_type:
        types.add_row(part.entry_type, cell(part.entries), cell(part.value))
    types.add_row("sum", cell(found.entry_count), cell(found.value))
    largest = text_table("document", "day", "entries", "value", left=2)
    for one in found.documents:
        name = f"{one.source_name} {one.document_type} {one.document_id}"
        largest.add_row(name, str(one.entry_date), cell(one.entries), cell(one.value))
    return Group(
        f"{found.metric.label}: {value}{f' {found.currency_code}' if is_money else ''}",
        found.metric.description,
        "",
        types,
        "",
        largest,
        f"The {len(found.documents)} largest of {found.document_count:,} documents; build "
        f"{found.build_id}; --csv FILE gives all entries, --document ID what is behind one.",
    )


def _raw_rows(settings: Settings, found: Document) -> RawRows:
    """The raw rows are in the warehouse, which a run may lock and a reader may not have."""
    try:
        return raw_rows(settings, found.source_name, found.document_type, found.document_id)
    except StorehouseError as error:
        err.print(f"Its raw rows are not shown. {error}")
        return RawRows({}, ())


def _document(found: Document, raw: RawRows) -> RenderableType:
    parts: list[RenderableType] = [f"{found.source_name} {found.document_type} {found.document_id}"]
    for name, table in found.tables.items():
        if table.rows:
            parts += ["", name.capitalize(), _table(table)]
    for name, table in raw.tables.items():
        parts += ["", f"Raw rows of {name}", _table(table)]
    if raw.untraced:
        names = ", ".join(raw.untraced)
        parts += ["", f"Not all raw rows behind {names} can be traced: no `follows` has their key."]
    return Group(*parts, "")


def _table(table: Table) -> RenderableType:
    """A few rows are shown side by side, one column per line."""
    headings = [heading(column) for column in table.columns]
    if len(table.rows) <= _SIDE_BY_SIDE:
        shown = text_table("", *("" for _ in table.rows))
        shown.show_header = False
        for place, text in enumerate(headings):
            shown.add_row(text, *(cell(row[place]) for row in table.rows))
        return shown
    shown = text_table(*headings, left=sum(not is_number(value) for value in table.rows[0]))
    for row in table.rows:
        shown.add_row(*map(cell, row))
    return shown


def _as_json(found: Document, raw: RawRows) -> dict[str, object]:
    named = {k: v for k, v in asdict(found).items() if k != "tables"}
    return {**named, **_rows(found.tables), "raw": _rows(raw.tables), "untraced": raw.untraced}


def _rows(tables: Mapping[str, Table]) -> dict[str, list[dict[str, object]]]:
    return {name: table.records() for name, table in tables.items()}
