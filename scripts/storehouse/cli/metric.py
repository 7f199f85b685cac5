"""`storehouse metric`: metrics of the published file."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Group, RenderableType

from storehouse.cli.terminal import AsJson, emit, err, write_csv
from storehouse.cli.text_tables import cell, heading, text_table
from storehouse.core.config import load_settings
from storehouse.core.errors import ConfigError
from storehouse.serving.metrics import Answer, Metric, answer, metrics
from storehouse.serving.published import published
from storehouse.serving.where import parse_condition

Where = Annotated[
    list[str] | None,
    typer.Option(
        help=(
            "A condition, such as category=Books, channel!=web,app or month>=2025-01-01; "
            "repeatable."
        )
    ),
]
Since = Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="First day to include.")]
Until = Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Last day to include.")]


def metric(
    names: Annotated[
        str | None, typer.Argument(help="Metrics separated by commas, such as net_sales,orders.")
    ] = None,
    *,
    by: Annotated[
        str, typer.Option(help="What to group by, separated by commas, such as month,channel.")
    ] = "",
    where: Where = None,
    since: Since = None,
    until: Until = None,
    listed: Annotated[
        bool, typer.Option("--list", help="List the metrics and their dimensions.")
    ] = False,
    csv_file: Annotated[
        Path | None, typer.Option("--csv", help="Write it to this file instead.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Compute metrics from the published file, as defined in models/metrics."""
    if listed == bool(names):
        raise ConfigError(
            "Name metrics, as in `storehouse metric net_sales,orders`, or use --list."
        )
    with published(load_settings()) as build:
        err.print("Reading the definitions of metrics …")
        known = metrics(build)
        if listed:
            emit({"metrics": known}, as_json, lambda: _listed(known))
            return
        asked, grouped = _split(names or ""), _split(by)
        found = answer(
            build,
            asked,
            by=grouped,
            where=[parse_condition(condition) for condition in where or ()],
            since=since.date() if since else None,
            until=until.date() if until else None,
        )
    if csv_file is not None:
        write_csv(csv_file, found.columns, found.rows)
    emit(
        {
            "build_id": found.build_id,
            "currency_code": found.currency_code,
            "metrics": [one for one in known if one.name in asked],
            "rows": [dict(zip(found.columns, row, strict=True)) for row in found.rows],
        },
        as_json,
        lambda: (
            f"{len(found.rows)} rows written to {csv_file}."
            if csv_file
            else _shown(found, {one.name: one.unit for one in known})
        ),
    )


def _split(text: str) -> list[str]:
    return [name.strip() for name in text.split(",")] if text else []


def _listed(known: tuple[Metric, ...]) -> RenderableType:
    parts: list[RenderableType] = []
    for one in known:
        parts += [
            f"{one.name} ({one.unit}): {one.description}",
            f"  by {', '.join(one.dimensions)}",
        ]
    return Group(*parts)


def _shown(found: Answer, units: dict[str, str]) -> RenderableType:
    keys = sum(column not in units for column in found.columns)
    table = text_table(*map(heading, found.columns), left=keys)
    for row in found.rows:
        table.add_row(
            *(
                cell(value, is_share=units.get(column) == "rate")
                for column, value in zip(found.columns, row, strict=True)
            )
        )
    money = f"amounts in {found.currency_code}, build {found.build_id}"
    return Group(table, f"{len(found.rows)} rows; {money}")
