"""Rows that come late, twice or out of order. What the rows say stays as it is."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from random import Random

from sample_shop.delivery.files import Files
from sample_shop.troubles import Trouble

_ROWS = 20
_DAYS_LATE = 60
_DAYS_TO_FIND_AN_HOUR = 5
_DELIVERED_WHOLE = "products"
_HOUR = len("2025-03-01T10")


def deliver_late(files: Files, chance: Random) -> None:
    """Some rows of some days come in an extra file of a later day."""
    for table in files.tables:
        for name in files.some(table, chance):
            rows = files.rows(table, name)
            late = chance.sample(rows, min(_ROWS, len(rows) // 2))
            day = files.later(name, within=_DAYS_LATE, chance=chance)
            _move(files, Trouble.LATE_FILES, table, name, rows=late, to=day, called="late")


def miss_an_hour(files: Files, chance: Random) -> None:
    """Of some days the events of an hour come days later in a file of their own."""
    for name in files.some("web_events", chance):
        rows = files.rows("web_events", name)
        hour = _hour(chance.choice(rows))
        missed = [row for row in rows if _hour(row) == hour]
        day = files.later(name, within=_DAYS_TO_FIND_AN_HOUR, chance=chance)
        called = f"hour-{hour[-2:]}-of-{name[:10]}"
        _move(files, Trouble.MISSING_HOUR, "web_events", name, rows=missed, to=day, called=called)


def repeat(files: Files, chance: Random) -> None:
    """Some rows stand again in another, later file of their table."""
    for table in files.tables:
        for name in files.some(table, chance):
            if later := [other for other in files.names(table) if other > name]:
                rows = files.rows(table, name)
                again = chance.sample(rows, min(_ROWS, len(rows)))
                other = chance.choice(later)
                files.add(table, other, again)
                files.strike(Trouble.REPEATED_ROWS, table, other, again)


def deliver_whole(files: Files, chance: Random) -> None:
    """On some day all versions of products up to then come once more.

    Not on the first: the copy of an only file would not be loaded.
    """
    names = files.names(_DELIVERED_WHOLE)
    if len(names) > 1:
        upto = chance.randrange(1, len(names))
        rows = [row for name in names[: upto + 1] for row in files.rows(_DELIVERED_WHOLE, name)]
        whole = f"{names[upto][:10]}-whole.csv"
        files.add(_DELIVERED_WHOLE, whole, rows)
        files.strike_whole(Trouble.FULL_DELIVERY, _DELIVERED_WHOLE, whole)


def shuffle(files: Files, chance: Random) -> None:
    """The rows of some files are out of order."""
    for table in files.tables:
        for name in files.some(table, chance):
            rows = files.rows(table, name)
            shuffled = chance.sample(rows, len(rows))
            if shuffled != rows:
                files.replace(table, name, rows, shuffled)
                files.strike_whole(Trouble.SHUFFLED_ROWS, table, name)


def _hour(event: bytes) -> str:
    """Date and hour of its last column."""
    return event.rpartition(b",")[2][:_HOUR].decode()


def _move(
    files: Files,
    trouble: Trouble,
    table: str,
    name: str,
    *,
    rows: Collection[bytes],
    to: date | None,
    called: str,
) -> None:
    """Move `rows` to a file of the day `to`; at least one row stays."""
    leaving, before = set(rows), files.rows(table, name)
    staying = [row for row in before if row not in leaving]
    if to and leaving and staying:
        target = f"{to}-{called}.csv"
        files.replace(table, name, before, staying)
        files.add(table, target, list(rows))
        files.strike(trouble, table, target, rows)
