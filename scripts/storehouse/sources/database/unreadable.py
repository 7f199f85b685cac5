"""Finding the value that is no text, so that its table is refused by column and key."""

from __future__ import annotations

from collections.abc import Sequence

from storehouse.errors import SourceContractError
from storehouse.sources.database.engine import Engine, UnreadableText
from storehouse.sources.database.query import TableQuery

_SHOWN = 40


def located(query: TableQuery, sql: str, error: UnreadableText) -> SourceContractError:
    """What to say where reading `sql`, rows of the query's table, met `error`."""
    names = [name for name, _ in query.columns]
    where = f"of table {query.table.relation}"
    row = _first_row(query.engine, sql, len(names))
    if row is not None:
        column = next(
            number
            for number in range(len(names))
            if _readable(query.engine, sql, [number], 1, row) is None
        )
        shown = _value(query.engine, sql, row, column)
        key = ", ".join(
            f"{name}={_value(query.engine, sql, row, names.index(name))}"
            for name in query.table.key
        )
        where = f"{names[column]} {where}, in the row with {key} ({shown})"
    elif error.column is not None:
        where = f"{names[error.column]} {where}"
    return SourceContractError(
        f"{query.table.label}: a value can't be read as text, in column {where}: {error}. Nothing "
        "more of this table lands. Correct the value, or declare a view that casts the column "
        "or leaves out such rows, and run again."
    )


def _first_row(engine: Engine, sql: str, columns: int) -> int | None:
    """The number of the first row with an unreadable value: one that is near costs little."""
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
    """How many rows there are in a part of them; None if one can't be read."""
    checked = "".join(f", count({engine.checked(f't.c{number}')})" for number in columns)
    part = f"({sql} limit {limit} offset {offset}) as t"
    try:
        ((rows, *_),) = engine.rows(f"select count(*){checked} from {part}")
    except SourceContractError:
        return None
    return int(rows)


def _value(engine: Engine, sql: str, row: int, column: int) -> str:
    """A value for a message, as its bytes where it is no text."""
    one = f"({sql} limit 1 offset {row}) as t"
    if _readable(engine, sql, [column], 1, row) is None:
        ((shown,),) = engine.rows(f"select {engine.shown(f't.c{column}')} from {one}")
        said = f"bytes {shown}"
    else:
        (batch,) = engine.read(f"select t.c{column} from {one}")
        said = repr(batch.column(0)[0].as_py())
    return said if len(said) <= _SHOWN else f"{said[:_SHOWN]}…"
