"""Keyset pagination: a page starts after the last row of the previous one.

A build never changes, so its pages neither lose nor repeat a row. A page token holds the build,
a hash of the request and the last row, whose values are only compared, never run as SQL.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

import duckdb
import pyarrow as pa

from storehouse.core.errors import ConfigError
from storehouse.core.sql import literal, quoted
from storehouse.serving.published import Published
from storehouse.serving.reports import Column

if TYPE_CHECKING:
    from _typeshed import DataclassInstance


@dataclass(frozen=True)
class Cut:
    """Which page of an answer: at most `limit` rows, after those that `token` is of."""

    limit: int
    token: str | None = None


@dataclass(frozen=True)
class Page:
    """Rows of one build in the order of their columns; amounts without a currency beside them
    are in `currency_code`. `next_page` is the token of the page after it.
    """

    build_id: str
    currency_code: str
    columns: tuple[Column, ...]
    table: pa.Table
    next_page: str | None

    def document(self) -> dict[str, Any]:
        return {
            "build_id": self.build_id,
            "currency_code": self.currency_code,
            "columns": self.columns,
            "rows": _plain(self.table).to_pylist(),
            "next_page": self.next_page,
        }


@dataclass(frozen=True)
class _Place:
    build_id: str
    question: str
    row: list[str | None]


def build_of(token: str) -> str:
    """The build that a token is of. Raises ConfigError."""
    return _read(token).build_id


def page_of_query(
    build: Published, query: str, question: object, cut: Cut, described: Sequence[Column]
) -> Page:
    """A page of a query whose rows are all different, ordered by all columns.

    `question` says in other words what the query asks for, the same for each of its pages;
    `described` are columns that are known, of any. Raises ConfigError for a token of another
    question, and for a value that has not its column's type.
    """
    try:
        shape = build.con.sql(query)
        types = dict(zip(shape.columns, map(str, shape.types), strict=True))
        rows = f"from ({query})"
        if cut.token is not None:
            rows += f" where {_after(cut.token, build.build_id, question, types)}"
        table = build.con.sql(
            f"select {', '.join(map(_exported, types, types.values()))} {rows} "
            f"order by all limit {cut.limit + 1}"
        ).to_arrow_table()
    except duckdb.ConversionException as error:
        raise ConfigError(f"A value can't be compared: {str(error).splitlines()[0]}") from error
    known = {column.name: column for column in described}
    columns = tuple(
        replace(known.get(name) or Column(name, "", ""), data_type=data_type)
        for name, data_type in types.items()
    )
    token = None
    if table.num_rows > cut.limit:  # one row more was asked for, to know whether there are more
        table = table.slice(0, cut.limit)
        (last,) = table.slice(cut.limit - 1).to_pylist()
        row = [None if value is None else str(value) for value in last.values()]
        token = _written(build.build_id, question, row)
    return Page(build.build_id, build.currency_code, columns, table, token)


def page_of_rows(
    build_id: str,
    currency_code: str,
    rows: Sequence[DataclassInstance],
    schema: pa.Schema,
    *,
    question: object,
    cut: Cut,
) -> Page:
    """A page of rows that are at hand, in their order. Raises as `page_of_query`."""
    columns = tuple(Column(one.name, str(one.type), "") for one in schema)
    done = 0
    if cut.token is not None:
        (last,) = _row_of(cut.token, build_id, question, 1)
        done = int(last) if last and last.isdecimal() else len(rows)
    end = done + cut.limit
    table = pa.Table.from_pylist([asdict(row) for row in rows[done:end]], schema=schema)
    token = _written(build_id, question, [str(end)]) if end < len(rows) else None
    return Page(build_id, currency_code, columns, table, token)


def _plain(table: pa.Table) -> pa.Table:
    """Decimals and dates as the text that JSON has for them, which Arrow writes faster."""
    columns = (
        column.cast(pa.string())
        if pa.types.is_decimal(column.type) or pa.types.is_date(column.type)
        else column
        for column in table.columns
    )
    return pa.table(dict(zip(table.column_names, columns, strict=True)))


def _exported(name: str, data_type: str) -> str:
    """Sums of counts are wider than Arrow has integers, and would become decimals."""
    column = quoted(name)
    return f"{column}::bigint as {column}" if data_type == "HUGEINT" else column


def _after(token: str, build_id: str, question: object, types: dict[str, str]) -> str:
    """Rows compare as `order by all` does: column by column, a missing value last."""
    row = _row_of(token, build_id, question, len(types))
    values = (
        f"{'null' if value is None else literal(value)}::{data_type}"
        for value, data_type in zip(row, types.values(), strict=True)
    )
    return f"row({', '.join(map(quoted, types))}) > row({', '.join(values)})"


def _row_of(token: str, build_id: str, question: object, width: int) -> list[str | None]:
    place = _read(token)
    if place.build_id != build_id or place.question != _mark(question) or len(place.row) != width:
        raise ConfigError(
            "This page token belongs to another request or build. Keep all other parameters as "
            "they were for the first page, or start again without a page token."
        )
    return place.row


def _read(token: str) -> _Place:
    try:
        build_id, question, row = json.loads(base64.urlsafe_b64decode(token.encode("ascii")))
    except (ValueError, TypeError, RecursionError):
        build_id, question, row = None, None, None
    texts = (build_id, question, *(one for one in row or () if one is not None))
    if not isinstance(row, list) or not all(isinstance(text, str) for text in texts):
        raise ConfigError("This is not a page token. Use `next_page` of the previous page.")
    return _Place(build_id, question, row)


def _written(build_id: str, question: object, row: list[str | None]) -> str:
    place = json.dumps([build_id, _mark(question), row])
    return base64.urlsafe_b64encode(place.encode()).decode("ascii")


def _mark(question: object) -> str:
    return hashlib.sha256(repr(question).encode()).hexdigest()[:16]
