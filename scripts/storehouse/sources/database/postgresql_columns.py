"""PostgreSQL's tables and columns, and how their values are written and ordered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from storehouse.core.sql import literal, quoted
from storehouse.sources.database.engine import UNITS, Found, Kind

# By name in SQL: schema, name, and whether policies hide rows.
TABLE = """
    select n.nspname::text, c.relname::text, row_security_active(c.oid)
    from pg_class as c
    inner join pg_namespace as n on c.relnamespace = n.oid
    where c.oid = to_regclass({relation}) and c.relkind in ('r', 'p', 'v', 'm', 'f')
"""

# The base of a domain may be a domain.
COLUMNS = """
    select
        a.attname::text,
        format_type(a.atttypid, a.atttypmod),
        format_type(base.oid, null),
        t.typcategory::text,
        a.attnotnull
    from pg_attribute as a
    inner join pg_type as t on a.atttypid = t.oid
    cross join lateral (
        with recursive bases as (
            select t.oid, t.typbasetype
            union all
            select below.oid, below.typbasetype
            from bases
            inner join pg_type as below on bases.typbasetype = below.oid
        )

        select oid from bases where typbasetype = 0
    ) as base
    where a.attrelid = to_regclass({relation}) and a.attnum > 0 and not a.attisdropped
    order by a.attnum
"""

TABLES = """
    select case when n.nspname = current_schema() then '' else n.nspname::text end, c.relname::text
    from pg_class as c
    inner join pg_namespace as n on c.relnamespace = n.oid
    where
        c.relkind in ('r', 'p', 'v', 'm', 'f')
        and n.nspname not in ('pg_catalog', 'information_schema', 'pg_toast')
    order by 1, 2
"""

_KINDS: dict[str, Kind] = {
    "timestamp with time zone": "time",
    "timestamp without time zone": "time",
    "date": "date",
    "smallint": "number",
    "integer": "number",
    "bigint": "number",
    "numeric": "number",
    "real": "number",
    "double precision": "number",
}

# Types whose order does not depend on a collation.
_ORDERED = {*_KINDS, "uuid", "oid", "boolean", "time without time zone"}

_SMALLEST = {"smallint": -(2**15), "integer": -(2**31), "bigint": -(2**63)}


@dataclass(frozen=True)
class NestedColumn(Found):
    """An array or a row: its values are written as JSON."""


def column(name: str, kind: str, base: str, category: str, not_null: bool) -> Found:
    """A column from a row of COLUMNS."""
    made = NestedColumn if category in "AC" else Found
    return made(name, kind, _KINDS.get(base, "other"), not not_null, base)


def as_text(column: Found) -> str:
    name = f"t.{quoted(column.name)}"
    # The text of money depends on the locale; it is read as a number.
    if column.base in ("money", "money[]"):
        name = f"{name}::{column.base.replace('money', 'numeric')}"
    return f"to_json({name})::text" if isinstance(column, NestedColumn) else f"{name}::text"


def order(column: Found) -> str:
    """Texts are compared by bytes; values that are equal in a collation may differ."""
    if column.base in _ORDERED:
        return f"t.{quoted(column.name)}"
    return f'({as_text(column)}) collate "C"'


def value(text: str, column: Found) -> str:
    if column.base in _ORDERED:
        return f"{literal(text)}::{column.base}"
    return f'{literal(text)}::text collate "C"'


@dataclass(frozen=True)
class PostgreSQLCursor:
    """See Cursor. `has_infinity` says whether numerics may be infinite (PostgreSQL 14)."""

    column: Found
    zone: str
    unit: str
    has_infinity: bool

    @property
    def is_timed(self) -> bool:
        return self.column.kind != "number" or bool(self.unit)

    @property
    def form(self) -> Sequence[str]:
        return (self.unit,) if self.unit else ()

    @property
    def place(self) -> str:
        return f"t.{quoted(self.column.name)}"

    @property
    def mark(self) -> str:
        return self.place

    def placeless(self, place: str) -> str:
        odd = ", ".join(f"{literal(one)}::{self.column.base}" for one in self._odd)
        return f"{place} in ({odd})" if odd else ""

    def near(self, place: str) -> str:
        del place
        return ""

    @property
    def again(self) -> Sequence[str]:
        """NaN and infinity are greater than all other values, so `>=` covers them."""
        least = [one for one in self._odd if one.startswith("-")]
        conditions = [f"{self.place} = {literal(one)}::{self.column.base}" for one in least]
        return [*conditions, f"{self.place} is null"] if self.column.nullable else conditions

    @property
    def _odd(self) -> Sequence[str]:
        base = self.column.base
        if base in _SMALLEST:
            return ()
        if self.column.kind != "number":
            return ("infinity", "-infinity")
        finite = base == "numeric" and not self.has_infinity
        return ("NaN",) if finite else ("NaN", "Infinity", "-Infinity")

    @property
    def fence(self) -> str:
        return ""

    def at(self, place: str) -> str:
        return f"{literal(place)}::{self._type}"

    def moment(self, moment: str, earlier: int = 0) -> str:
        instant = f"({literal(moment)}::timestamptz - interval '{earlier} seconds')"
        if self.unit:
            return f"floor(extract(epoch from {instant}) * {UNITS[self.unit]})::{self._type}"
        if self._type == "timestamp with time zone":
            return instant
        return f"({instant} at time zone {literal(self.zone)})::{self._type}"

    def before(self, place: str, overlap: int) -> str:
        smallest = _SMALLEST.get(self.column.base)
        if smallest is None:
            return f"{place} - {overlap}"
        # `greatest` passes over a null.
        lower = f"greatest({place}::numeric - {overlap}, {smallest})"
        return f"case when {place} is not null then {lower} end"

    def text(self, place: str) -> str:
        return f"({place})::{self._type}::text"

    @property
    def _type(self) -> str:
        """The type that the column is compared in: wide enough, no length, below a domain."""
        base = self.column.base
        return {"real": "double precision"}.get(base, "bigint" if base in _SMALLEST else base)
