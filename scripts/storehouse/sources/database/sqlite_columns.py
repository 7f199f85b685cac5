"""How SQLite's columns are read as text and order rows."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from storehouse.core.sql import literal, quoted
from storehouse.sources.database import moments
from storehouse.sources.database.engine import Found, Kind

# Functions that a connection must register.
MOMENT, REAL, CHECKED = "storehouse_moment", "storehouse_real", "storehouse_checked"

# Reals stay as they are, since SQLite does not write all digits correctly; texts are read as bytes,
# since SQLite does not validate them; bytes become a number if the column is not a BLOB.
_AS_TEXT = """case typeof({0})
    when 'real' then {0}
    when 'blob' then {1}
    when 'null' then null
    else cast({0} as blob)
end"""

_WHOLE = re.compile(r"-?\d+", re.ASCII)
_REAL = re.compile(r"-?(?:\d+(?:\.\d*)?(?:e[+-]?\d+)?|Inf)", re.ASCII)


def kind(declared: str) -> Kind:
    """The kind of a column by its declared type, which may be any text.

    Timestamps are stored in columns of text, or of any type whose name has a date or time in it.
    """
    upper = declared.upper()
    if "INT" in upper:
        return "number"
    if any(part in upper for part in ("CHAR", "CLOB", "TEXT", "DATE", "TIME")):
        return "text"
    if not upper or "BLOB" in upper or upper == "ANY":
        return "none"
    return "number"


def as_text(column: Found) -> str:
    name = f"t.{quoted(column.name)}"
    return _AS_TEXT.format(name, f"hex({name})" if column.kind == "none" else "1")


def real_text(real: float) -> str:
    """The shortest text that reads back as the same number."""
    return repr(real).replace("inf", "Inf")


def order(column: Found) -> str:
    """Independent of the column's collation, which SQLite may not know."""
    return f"t.{quoted(column.name)} collate binary"


def value(text: str, column: Found) -> str:
    """A text in the storage class of the column."""
    is_text = any(part in column.type.upper() for part in ("CHAR", "CLOB", "TEXT"))
    if not is_text or "INT" in column.type.upper():
        if _WHOLE.fullmatch(text):
            return text
        if _REAL.fullmatch(text):
            return f"{REAL}({literal(text)})"
    # SQL ends at a null character.
    return " || char(0) || ".join(literal(part) for part in text.split("\0"))


# Usual timestamps are normalized by SQLite itself, which is many times faster than the Python
# function. A timestamp is valid if SQLite returns it unchanged after adding '0 days' (without that
# it would also return a 30th of February). SQLite only has milliseconds, so the fraction is taken
# from the text. Far years are left to Python: an offset may lead beyond those that SQLite knows.
_STATED = "replace(substr({0}, 1, 19), 'T', ' ')"
_IS_NEAR = "substr({0}, 1, 4) between '0002' and '9998'"
_IS_UTC = f"datetime({{0}}, '0 days') = {_STATED}"
_IS_Z = f"substr({{0}}, -1) = 'Z' and {_IS_UTC}"
_HAS_OFFSET = (
    "{0} glob '*[+-][0-9][0-9]:[0-9][0-9]' and datetime({0}) is not null "
    f"and datetime(substr({{0}}, 1, 19), '0 days') = {_STATED}"
)
_SHIFTED = "datetime(substr({0}, 1, 19) || substr({0}, -6))"
_FRACTION = """case substr({0}, 20, 1)
    when '.' then '.' || substr(cast('1' || substr({0}, 21, 6) as integer) || '000000', 2, 6)
    else {1}
end"""

# The text of a timestamp is at most this far from its moment: offsets have two digits of hours, and
# a day may mean its last moment.
_MOST_APART = timedelta(days=6)


@dataclass(frozen=True)
class SQLiteCursor:
    """See Cursor."""

    column: Found
    zone: str
    unit: str

    @property
    def _name(self) -> str:
        return f"t.{quoted(self.column.name)}"

    @property
    def _is_text(self) -> bool:
        return self.column.kind == "text"

    @property
    def is_timed(self) -> bool:
        return self._is_text or bool(self.unit)

    @property
    def form(self) -> Sequence[str]:
        if self._is_text:
            return ("moments", self.zone, self.unit)
        return (self.unit,) if self.unit else ()

    @property
    def place(self) -> str:
        return self._moment(1)

    @property
    def mark(self) -> str:
        return self._moment(0)

    def _moment(self, last: int) -> str:
        if not self._is_text:
            return self._name
        name = self._name
        arguments = f"{literal(self.zone)}, {literal(self.unit)}, {last}"
        usual = f"""
            when {_IS_UTC if self.zone == "UTC" else _IS_Z} and {_IS_NEAR}
            then {_STATED} || {_FRACTION}
            when {_HAS_OFFSET} and {_IS_NEAR} then {_SHIFTED} || {_FRACTION}
        """.format(name, "'.999999'" if last else "'.000000'")
        return f"""case
            when typeof({name}) = 'blob' then {literal(moments.NO_MOMENT)}
            when typeof({name}) <> 'text' then {MOMENT}({name}, {arguments})
            {usual}
            else {MOMENT}(cast({name} as blob), {arguments})
        end"""

    def near(self, place: str) -> str:
        """Texts that do not begin with a digit may begin with spaces."""
        if not self._is_text or self.unit:
            return ""
        try:
            least = datetime.fromisoformat(place) - _MOST_APART
        except OverflowError:
            return ""
        name = f"{self._name} collate binary"
        return f"({name} >= {literal(f'{least:%Y-%m-%d}')} or {name} < '0')"

    @property
    def fence(self) -> str:
        return "limit -1"

    def placeless(self, place: str) -> str:
        if self._is_text:
            return f"{place} = {literal(moments.NO_MOMENT)}"
        return f"typeof({place}) in ('text', 'blob') or {place} in (9e999, -9e999)"

    @property
    def again(self) -> Sequence[str]:
        """Texts and bytes are greater than all numbers, so `>=` covers them."""
        conditions = [] if self._is_text else [f"{self._name} = -9e999"]
        return [*conditions, f"{self._name} is null"] if self.column.nullable else conditions

    def at(self, place: str) -> str:
        if self._is_text:
            return literal(place)
        return place if _WHOLE.fullmatch(place) else f"{REAL}({literal(place)})"

    def moment(self, moment: str, earlier: int = 0) -> str:
        read = moments.from_utc(moment, earlier)
        if self._is_text:
            return literal(moments.utc_text(read))
        return str(moments.to_number(read, self.unit))

    def before(self, place: str, overlap: int) -> str:
        return f"{place} - {overlap}" if overlap else place

    def text(self, place: str) -> str:
        return place
