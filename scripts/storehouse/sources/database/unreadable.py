"""Finding the value that is not text, so that the error names its column and key."""

from __future__ import annotations

from collections.abc import Sequence

from storehouse.core.display import brief
from storehouse.core.errors import SourceContractError
from storehouse.sources.database.engine import Engine, UnreadableText
from storehouse.sources.database.query import TableQuery

_SHOWN = 40


def located(query: TableQuery, sql: str, error: UnreadableText) -> SourceContractError:
    """The error to raise if reading `sql`, rows of the query's table, failed with `error`."""
    where = _where(query, sql, error)
    if where is None:
        return SourceContractError(
            f"{query.table.label}: {query.table.relation} could not be read to its end: {error}. "
            "Run again: what was stored stays, and the load resumes there."
        )
    return SourceContractError(
        f"{query.table.label}: a value of {where} can't land as text: {error}. Nothing more of "
        "this table lands. Correct the value, or declare a view that casts the column or leaves "
        "out such rows, and run again."
    )


def _where(query: TableQuery, sql: str, error: UnreadableText) -> str | None:
    """Column, table, key and bytes of the first unreadable value, for a message."""
    engine, names = query.engine, [name for name, _ in query.columns]
    keys = [names.index(name) for name in query.table.key]
    row = _first_row(engine, sql, len(names))
    if row is not None:
        columns = range(len(names))
        unreadable = (c for c in columns if _readable(engine, sql, [c], 1, row) is None)
        if (column := next(unreadable, None)) is None:
            return None
        shown = [_value(engine, sql, row, number) for number in keys]
        beside = "" if column in keys else f" ({_value(engine, sql, row, column)})"
    elif error.column is not None:
        column, beside = error.column, ""
        shown = [repr(error.row[number]) for number in keys]
    else:
        return None
    identified = ", ".join(f"{names[at]}={value}" for at, value in zip(keys, shown, strict=True))
    return (
        f"column {names[column]} of {query.table.relation}, in the row with {identified}{beside},"
    )


def _first_row(engine: Engine, sql: str, columns: int) -> int | None:
    """The number of the first row with an unreadable value: cheap if it is near the start."""
    every = range(columns)
    low, high = 0, 1
    while (rows := _readable(engine, sql, every, high - low, low)) is not None:
        if rows < high - low:
            return None
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        if _readable(engine, sql, every, middle - low, low) is None:
            high = middle
        else:
            low = middle
    return low


def _readable(
    engine: Engine, sql: str, columns: Sequence[int], limit: int, offset: int
) -> int | None:
    """How many rows there are in a part of the rows; None if one can't be read."""
    checked = "".join(f", count({engine.checked(f't.c{number}')})" for number in columns)
    part = f"({sql} limit {limit} offset {offset}) as t"
    try:
        ((rows, *_),) = engine.rows(f"select count(*){checked} from {part}")
    except UnreadableText:
        return None
    return int(rows)


def _value(engine: Engine, sql: str, row: int, column: int) -> str:
    """A value for a message, as bytes if it is not text."""
    one = f"({sql} limit 1 offset {row}) as t"
    if _readable(engine, sql, [column], 1, row) is None:
        ((shown,),) = engine.rows(f"select {engine.shown(f't.c{column}')} from {one}")
        text = f"bytes {shown}"
    else:
        (batch,) = engine.read(f"select t.c{column} from {one}")
        text = repr(batch.column(0)[0].as_py())
    return brief(text, _SHOWN)
