"""The request for one table of an API, read from its declaration."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from storehouse.sources.declarations.entry import Entry
from storehouse.sources.declarations.tables import Table
from storehouse.sources.rest.paging import Paging, read_paging
from storehouse.sources.rest.records import steps


@dataclass(frozen=True)
class Request:
    """`arguments` go into the address, or into the variables of a GraphQL query."""

    path: str
    arguments: Mapping[str, Any]
    query: str | None
    records: tuple[str, ...]
    paging: Paging


def read_request(folder: Path, entry: Entry, base: Request | None) -> Request:
    """The request of an entry; what it does not declare is taken from `base`."""
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
        if query is None and not isinstance(value, str | int | bool):
            raise entry.error("params", f"has {name!r}: {value!r}", "use a text or whole number")
        check_json(entry, "variables", value)
    path = entry.text("path", base.path if base else None)
    records = (
        steps(entry.text("records", "")) if "records" in entry.values or not base else base.records
    )
    paging = (
        read_paging(entry.below("paging")) if "paging" in entry.values or not base else base.paging
    )
    for key, param in (("paging.param", paging.param), ("paging.size_param", paging.size_param)):
        if query is not None and param and "paging" in entry.values:
            check_variable(entry, key, query, param)
    return Request(path, arguments, query, records, paging)


def merged(*layers: Mapping[str, Any]) -> dict[str, Any]:
    """The variables of a query: objects are merged, and `a.b` names the member b of a."""
    variables: dict[str, Any] = {}
    for layer in layers:
        for name, value in layer.items():
            _put(variables, name.split("."), value)
    return variables


def _put(variables: dict[str, Any], path: list[str], value: object) -> None:
    name, *rest = path
    if not rest and not isinstance(value, Mapping):
        variables[name] = value
        return
    below = variables.get(name)
    variables[name] = below = dict(below) if isinstance(below, Mapping) else {}
    if rest:
        _put(below, rest, value)
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            _put(below, [key], inner)


def check_variable(entry: Entry, key: str, query: str, name: str) -> None:
    """Raise if a query has no such variable: many servers ignore unknown variables."""
    root = name.partition(".")[0]
    if variable_type(query, root) is None:
        raise entry.error(
            key, f"is {name!r}, and the query declares no ${root}", f"add ${root} to the query"
        )


def variable_type(query: str, name: str) -> str | None:
    """The type of a variable of a query, such as `String`; None if the query lacks it."""
    found = re.search(rf"\${re.escape(name)}\s*:\s*([\[\]\w!]+)", query)
    return found[1].rstrip("!") if found else None


def check_json(entry: Entry, key: str, value: object) -> None:
    try:
        json.dumps(value, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise entry.error(key, f"is {value!r}: {error}", "use what JSON can hold") from None


def check_columns(entry: Entry, key: str, names: tuple[str, ...], table: Table) -> None:
    for name in names:
        if name not in {column.name for column in table.columns}:
            raise entry.error(key, f"names {name!r}", "it must be a column of the table")
