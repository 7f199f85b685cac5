"""The rows of one query of a table, and their keys."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from storehouse.core.errors import SourceContractError
from storehouse.sources.database.engine import UnreadableText
from storehouse.sources.database.query import TableQuery
from storehouse.sources.database.unreadable import located
from storehouse.sources.portion import Window


def batches(
    query: TableQuery, low: str | None, window: Window, after: Sequence[str] | None
) -> Iterator[pa.RecordBatch]:
    """Batches of rows as they arrive, with columns named as they land; see TableQuery.rows.

    Raises an error that names the row if one can't be read as text.
    """
    names = [name for name, _ in query.columns]
    try:
        for batch in query.engine.read(query.rows(low, window, after)):
            yield batch.rename_columns(names)
            keys = [batch.column(names.index(name)) for name in query.table.key]
            if batch.num_rows and not any(key.null_count for key in keys):
                after = [key[-1].as_py() for key in keys]
    except UnreadableText as error:
        # The rows before were readable.
        raise located(query, query.rows(low, window, after), error) from None


def last_key(query: TableQuery, rows: pa.Table) -> list[str]:
    """The key of the last row. Raises SourceContractError if a key is null."""
    table = query.table
    if any(rows[name].null_count for name in table.key):
        raise SourceContractError(
            f"{table.label}: its key ({', '.join(table.key)}) is null in some rows of "
            f"{table.relation}, so a load can't resume. Declare another key."
        )
    return [rows[name][rows.num_rows - 1].as_py() for name in table.key]


def repeated_key(query: TableQuery, rows: pa.Table) -> str:
    """A note on the first key that two rows in succession share; else empty."""
    table = query.table
    if rows.num_rows < 2:  # noqa: PLR2004
        return ""
    keys = rows.select(list(table.key)).combine_chunks().columns
    same: Any = True
    for key in keys:
        same = pc.and_(pc.equal(key[1:], key[:-1]), same)
    at = pc.index(same, True).as_py()
    if at < 0:
        return ""
    values = ", ".join(f"{n}={key[at].as_py()!r}" for n, key in zip(table.key, keys, strict=True))
    return (
        f"{table.label}: its key is not unique, several rows of {table.relation} have {values}. "
        "All have landed, and staging keeps one of each key: declare a key that is unique."
    )
