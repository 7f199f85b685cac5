"""What to ask of an API for one table, read from its declaration."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from storehouse.declarations.entry import Entry
from storehouse.declarations.tables import Table
from storehouse.sources.rest.paging import Paging, read_paging
from storehouse.sources.rest.records import steps


@dataclass(frozen=True)
class Request:
    """What to ask: arguments go into the address, or into the variables of a GraphQL query."""

    path: str
    arguments: Mapping[str, str | int | bool]
    query: str | None
    records: tuple[str, ...]
    paging: Paging


def read_request(folder: Path, entry: Entry, base: Request | None) -> Request:
    """What an entry says to ask; what it does not say is as in `base`."""
    query = base.query if base else None
    if "query_file" in entry.values:
        file = folder / entry.text("query_file")
        try:
            query = file.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise entry.error(
                "query_file", f"can't be read: {error}", "name a file beside"
            ) from error
    elif "query" in entry.values:
        query = entry.text("query")
    arguments: dict[str, Any] = dict(base.arguments) if base else {}
    for key in ("params", "variables"):
        arguments |= entry.below(key).values
    for name, value in arguments.items():
        if not isinstance(value, str | int | bool):
            raise entry.error("params", f"has {name!r}: {value!r}", "use a text or whole number")
    path = entry.text("path", base.path if base else None)
    records = (
        steps(entry.text("records", "")) if "records" in entry.values or not base else base.records
    )
    paging = (
        read_paging(entry.below("paging")) if "paging" in entry.values or not base else base.paging
    )
    return Request(path, arguments, query, records, paging)


def check_columns(entry: Entry, key: str, names: tuple[str, ...], table: Table) -> None:
    for name in names:
        if name not in {column.name for column in table.columns}:
            raise entry.error(key, f"names {name!r}", "it must be a column of the table")
