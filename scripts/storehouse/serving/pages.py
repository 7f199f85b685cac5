"""Keyset pagination: a page starts after the last row of the previous one.

A build never changes, so its pages neither lose nor repeat a row. A page token holds the build,
a hash of the request and the last row, whose values are only compared, never run as SQL.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

import duckdb
import pyarrow as pa
from pydantic import TypeAdapter

from storehouse.core.errors import ConfigError
from storehouse.core.sql import literal, quoted
from storehouse.serving.now_files import NowState
from storehouse.serving.reports import Column

_PLAIN_SCALE = 6
_TOKEN = TypeAdapter(tuple[str, str, list[str | None]])  # the fields of a _Position


class Source(Protocol):
    """A build, or two that are compared, on a connection; it never changes."""

    @property
    def build_id(self) -> str: ...
    @property
    def currency_code(self) -> str: ...
    @property
    def con(self) -> duckdb.DuckDBPyConnection: ...


@dataclass(frozen=True)
class PageRequest:
    """At most `limit` rows: the first ones, or those after the page that gave the token."""

    limit: int
    token: str | None = None


@dataclass(frozen=True)
class Page:
    """Rows of one build, ordered by their columns.

    Amounts without a currency column beside them are in `currency_code`. `next_page` is the token
    of the next page. `now` says what rows that live has computed rest on.
    """

    build_id: str
    currency_code: str
    columns: tuple[Column, ...]
    table: pa.Table
    next_page: str | None
    now: NowState | None = None

    def document(self) -> dict[str, Any]:
        return {
            "build_id": self.build_id,
            "currency_code": self.currency_code,
            "now": self.now,
            "columns": self.columns,
            "rows": _plain(self.table).to_pylist(),
            "next_page": self.next_page,
        }


@dataclass(frozen=True)
class _Position:
    """What a page token holds."""

    build_id: str
    request_hash: str
    row: list[str | None]


def build_of(token: str) -> str:
    """The build of a page token. Raises ConfigError."""
    return _read(token).build_id


def page_of_query(
    source: Source,
    query: str,
    request: object,
    paging: PageRequest,
    described: Sequence[Column],
    *,
    snapshot: str | None = None,
) -> Page:
    """A page of a query whose rows are all different, ordered by all columns.

    `request` identifies the query and is the same for all of its pages; `described` has the
    descriptions of columns; `snapshot` names what never changes, if it is not the whole build.
    Raises ConfigError for a token of another request, and for a value
    that does not have its column's type.
    """
    snapshot = snapshot or source.build_id
    try:
        shape = source.con.sql(query)
        types = dict(zip(shape.columns, map(str, shape.types), strict=True))
        rows = f"from ({query})"
        if paging.token is not None:
            rows += f" where {_after(paging.token, snapshot, request, types)}"
        table = source.con.sql(
            f"select {', '.join(map(_exported, types, types.values()))} {rows} "
            f"order by all limit {paging.limit + 1}"
        ).to_arrow_table()
    except duckdb.ConversionException as error:
        raise ConfigError(f"A value can't be compared: {str(error).splitlines()[0]}") from error
    known = {column.name: column for column in described}
    columns = tuple(
        replace(known.get(name) or Column(name, "", ""), data_type=data_type)
        for name, data_type in types.items()
    )
    token = None
    if table.num_rows > paging.limit:  # the row that shows that there is another page
        table = table.slice(0, paging.limit)
        (last,) = table.slice(paging.limit - 1).to_pylist()
        row = [None if value is None else str(value) for value in last.values()]
        token = _written(snapshot, request, row)
    return Page(source.build_id, source.currency_code, columns, table, token)


def plain_decimals(table: pa.Table) -> pa.Table:
    """Decimals that Arrow would write as 0E-10 as text."""
    columns = (
        pa.array([None if one is None else f"{one:f}" for one in column.to_pylist()], pa.string())
        if pa.types.is_decimal(column.type) and column.type.scale > _PLAIN_SCALE
        else column
        for column in table.columns
    )
    return pa.table(dict(zip(table.column_names, columns, strict=True)))


def _plain(table: pa.Table) -> pa.Table:
    """Decimals and dates as the text that JSON has for them, which Arrow writes faster."""
    table = plain_decimals(table)
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


def _after(token: str, build_id: str, request: object, types: dict[str, str]) -> str:
    """Rows compare as `order by all` does: column by column, a missing value last."""
    row = _row_of(token, build_id, request, len(types))
    values = (
        f"{'null' if value is None else literal(value)}::{data_type}"
        for value, data_type in zip(row, types.values(), strict=True)
    )
    return f"row({', '.join(map(quoted, types))}) > row({', '.join(values)})"


def _row_of(token: str, build_id: str, request: object, width: int) -> list[str | None]:
    position = _read(token)
    expected = (build_id, _request_hash(request), width)
    if (position.build_id, position.request_hash, len(position.row)) != expected:
        raise ConfigError(
            "This page token belongs to another request or build. Keep all other parameters as "
            "they were for the first page, or start again without a page token."
        )
    return position.row


def _read(token: str) -> _Position:
    try:
        found = _TOKEN.validate_json(base64.urlsafe_b64decode(token), strict=True)
    except ValueError as error:
        raise ConfigError(
            "This is not a page token. Use `next_page` of the previous page."
        ) from error
    return _Position(*found)


def _written(build_id: str, request: object, row: list[str | None]) -> str:
    position = json.dumps([build_id, _request_hash(request), row])
    return base64.urlsafe_b64encode(position.encode()).decode("ascii")


def _request_hash(request: object) -> str:
    return hashlib.sha256(repr(request).encode()).hexdigest()[:16]
