"""Timestamps that SQLite stores as text or as a number, in one form that sorts by time.

SQLite has no timestamp type: one column may hold `2026-11-01T10:00:00`, `2026-11-01 09:00` and
`2026-11-01 12:00:00.5+02:00`, which do not sort as text.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from storehouse.sources.database.engine import UNITS

NO_MOMENT = "~"  # sorts after every moment

_EPOCH = datetime.fromisoformat("1970-01-01")
_DATE, _MINUTE, _SECOND = len("2026-11-01"), len("2026-11-01 10:00"), len("2026-11-01 10:00:00")
_FORM = re.compile(
    r"(\d{4}-\d\d-\d\d(?:[T ](?:[01]\d|2[0-3]):\d\d(?::\d\d(?:[.,]\d+)?)?)?) *"
    r"(Z|UTC|GMT|[+-]\d\d(?::?\d\d)?)?",
    re.IGNORECASE | re.ASCII,
)
_NUMBER = re.compile(r"[+-]?\d+(?:\.\d*)?(?:e[+-]?\d+)?", re.IGNORECASE | re.ASCII)


def utc_text(moment: datetime) -> str:
    """A moment in UTC, without its zone, in that form."""
    return moment.isoformat(sep=" ", timespec="microseconds")


@lru_cache(maxsize=256)
def place(value: bytes | float | None, zone: str, unit: str, last: int) -> str | None:
    """The moment in UTC; NO_MOMENT if it is not one, null for null.

    A text that names no zone is in `zone`; a number counts `unit` since 1970. A value precise to a
    day, a minute or a second is its last moment with `last`, else its first.
    """
    if value is None:
        return None
    try:
        if isinstance(value, bytes):
            return utc_text(_of_text(value.decode("ascii").strip(), zone, unit, last))
        return utc_text(_of_number(value, unit))
    except (ValueError, OverflowError):
        return NO_MOMENT


def _of_text(text: str, zone: str, unit: str, last: int) -> datetime:
    found = _FORM.fullmatch(text)
    if not found:
        if not _NUMBER.fullmatch(text):
            raise ValueError(text)
        return _of_number(float(text) if set(text) & set(".eE") else int(text), unit)
    stated, offset = found.groups()
    moment = datetime.fromisoformat(stated.replace(",", ".")) + last * _rest(stated)
    if offset:
        upper = offset.upper()
        shift = timedelta() if upper in ("Z", "UTC", "GMT") else _shift(upper)
    elif zone == "UTC":
        return moment
    else:
        shift = moment.replace(tzinfo=ZoneInfo(zone)).utcoffset() or timedelta()
    return moment - shift


def _rest(stated: str) -> timedelta:
    """The rest of the day, minute or second that is stated."""
    if len(stated) == _SECOND:
        return timedelta(microseconds=999_999)
    if len(stated) == _DATE:
        return timedelta(days=1, microseconds=-1)
    if len(stated) == _MINUTE:
        return timedelta(minutes=1, microseconds=-1)
    return timedelta()


def _shift(offset: str) -> timedelta:
    digits = offset[1:].replace(":", "")
    shift = timedelta(hours=int(digits[:2]), minutes=int(digits[2:] or 0))
    return -shift if offset[0] == "-" else shift


def _of_number(number: float, unit: str) -> datetime:
    if not unit:
        raise ValueError("a number of no unit")
    scale = UNITS[unit]
    if isinstance(number, int):
        return _EPOCH + timedelta(microseconds=number * 1_000_000 // scale)
    return _EPOCH + timedelta(microseconds=int(number * (1_000_000 / scale) // 1))


def from_utc(moment: str, earlier: int = 0) -> datetime:
    """A moment in ISO 8601, in UTC if it names no zone, as one in UTC without a zone."""
    read = datetime.fromisoformat(moment)
    if read.tzinfo:
        read = read.astimezone(UTC).replace(tzinfo=None)
    return read - timedelta(seconds=earlier)


def to_number(moment: datetime, unit: str) -> int:
    """The moment as a count of `unit` since 1970."""
    return (moment - _EPOCH) // timedelta(microseconds=1) * UNITS[unit] // 1_000_000
