"""Whether tables match their declaration, and how they have changed since the last load."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping, Sequence

from storehouse.core.errors import SourceContractError
from storehouse.sources.database.engine import Engine, Found
from storehouse.sources.database.tables import DatabaseTable

_CURSOR_KINDS = ("time", "date", "number", "text")
_UNIT_KINDS = ("number", "text")


def look_up(
    engine: Engine, tables: Sequence[DatabaseTable], refused: list[str]
) -> dict[str, dict[str, Found]]:
    """The columns of each table that matches its declaration, by table and column name.

    Adds to `refused` what is wrong with the others.
    """
    faults: list[str] = []
    found = {}
    for table in tables:
        try:
            columns = {column.name: column for column in engine.columns(table.relation) or ()}
            wrong = list(_faults(engine, table, columns))
        except SourceContractError as error:
            wrong = [f"table {table.relation} can't be looked up: {error}"]
        faults += wrong
        if not wrong:
            found[table.table] = columns
    if faults:
        refused.append(
            f"Source {tables[0].source} broke its declaration, and the tables named here have not "
            f"landed: {'; '.join(faults)}. Change its yml where {engine.label} was changed on "
            "purpose (`config.meta.landing.table`, and `config.meta.column` of a column, give "
            "names that differ), and run again."
        )
    return found


def _faults(engine: Engine, table: DatabaseTable, columns: Mapping[str, Found]) -> Iterator[str]:
    if not columns:
        alike = difflib.get_close_matches(table.relation, engine.tables())
        yield f"there is no table {table.relation}{_hint(alike)}"
        return
    declared = {column.header for column in table.columns}
    spare = [name for name in columns if name not in declared]
    for column in table.columns:
        if column.header not in columns and not column.optional:
            alike = difflib.get_close_matches(column.header, spare) or spare[:3]
            yield f"table {table.relation} has no column {column.header}{_hint(alike)}"
    for name in table.key:
        key = columns.get(table.header(name))
        if key and key.kind == "none":
            yield (
                f"column {key.name} of table {table.relation} is a key and has no type (declare "
                "another, or give it one there)"
            )
    cursor = columns.get(table.header(table.cursor)) if table.cursor else None
    if cursor:
        yield from _cursor_faults(table, cursor)


def _cursor_faults(table: DatabaseTable, cursor: Found) -> Iterator[str]:
    where = f"column {cursor.name} of table {table.relation} is a cursor"
    if cursor.kind == "none":
        yield (
            f"{where} and has no type, so that its values have no order (declare another, or "
            "leave `incremental` out: then every load reads the whole table)"
        )
    elif cursor.kind not in _CURSOR_KINDS:
        yield (
            f"{where} and of type {cursor.type}, which is not a time, date or number (declare "
            "another, or a view that casts it, or leave `incremental` out: then every load reads "
            "the whole table)"
        )
    elif table.unit and cursor.kind not in _UNIT_KINDS:
        yield f"{where} and of type {cursor.type}, which has no `unit` (leave it out)"


def _hint(alike: Sequence[str]) -> str:
    return f" (there is {', '.join(alike)})" if alike else ""


def changes(
    table: DatabaseTable, before: Mapping[str, str] | None, found: Mapping[str, Found]
) -> Iterator[str]:
    """Notes on changes since the last load, in which columns had the types `before`."""
    if before is None:
        return
    declared = {column.header for column in table.columns}
    if new := [name for name in found if name not in before and name not in declared]:
        yield (
            f"{table.label}: columns that are new: {', '.join(new)}. They do not land; declare "
            f"them in _{table.source}__sources.yml to land them."
        )
    for name, column in found.items():
        if name in declared and before.get(name, column.type) != column.type:
            yield (
                f"{table.label}: column {name} was of type {before[name]} and is of type "
                f"{column.type} now. It still lands as text; check that staging can read it."
            )
    for name in before:
        if name in declared and name not in found:
            yield f"{table.label}: optional column {name} is gone; it is null from now on."
