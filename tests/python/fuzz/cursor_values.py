"""Feeds cursors of SQLite with values of all forms, inserted between loads.

    python tests/python/fuzz/cursor_values.py -runs=N [-seed=N] [-max_total_time=SECONDS]
    python tests/python/fuzz/cursor_values.py var/crash-…   (tries again what failed)

The first byte says what is tried. Either the others are moments, written in any form: each has
the place of that moment. Or, in one of eight inputs, it says how a cursor is declared, too, and
the others are steps: insert a row with a value of some form, load, or kill a load. Whatever the
values are, a last load lands all rows that are there, exactly; a share does so in a warehouse.
"""

from __future__ import annotations

import itertools
import random
import sqlite3
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import atheris  # type: ignore[import-untyped]
import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))

from fuzz.driver import main

with atheris.instrument_imports(include=["storehouse.sources.database"]):
    from loaders.database.live import LiveShop
    from loaders.database.streams import Landing, table_of
    from loaders.project import Project
    from storehouse.core.errors import SourceContractError
    from storehouse.sources.database import table_stream
    from storehouse.sources.database.engine import Found
    from storehouse.sources.database.sqlite import SQLite

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_BEGIN = datetime(2026, 10, 24, tzinfo=UTC)
_WHOLE_LOADS = 1000  # one of so many inputs with loads is landed in a warehouse
_MOST_STEPS = 24  # as bytes
_TYPES = ["text", "datetime", "integer", "real", "numeric(10, 2)", "timestamp"]
_ZONES = ["UTC", "Europe/Berlin", "America/St_Johns", "Australia/Lord_Howe"]
_UNITS = ["", "seconds", "milliseconds", "microseconds", "nanoseconds"]
_SCALES = {"seconds": 1, "milliseconds": 10**3, "microseconds": 10**6, "nanoseconds": 10**9}
_NUMBERS = [
    0, -1, 7, 1.5, 0.1 + 0.2, -0.0, 1e22, 1e300, -1e300, float("inf"), float("-inf"), 2**53 + 1,
    2**63 - 1, -(2**63), 1793500000, 1793500000000, 5e-324, None,
]  # fmt: skip
_ODD = [
    "", "yesterday", "2026-13-45 99:99:99", "2026-02-31 10:00:00", "10:00", "now", "20261101",
    "2026-11-01 10:00:00 CEST", "+12026-01-01", "12", "1e400", "nan", "Inf", "~", "\x00", "é", "'",
    "9999-12-31", "0001-01-01 00:00:00+14:00", "9999-12-31 23:59:59-12:00", "2026-11-01t10:00z",
    b"", b"\xff", b"2026-11-01",
]  # fmt: skip


class Cursors:
    """Tries inputs on a file in `folder`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._numbers = itertools.count()
        self._path = folder / "shop.db"
        self._con = sqlite3.connect(self._path, isolation_level=None)
        self._con.execute("pragma synchronous = off")
        self._con.execute("pragma journal_mode = memory")
        table_stream.PORTION_ROWS = 2
        sqlite3.connect(folder / "other.db").execute("create table t (v)")
        self._looking = SQLite(folder / "other.db", "URL").__enter__()

    def try_out(self, data: bytes) -> None:
        if not data:
            return
        if data[0] % 8:
            for at in range(1, min(len(data), _MOST_STEPS) - 2, 3):
                seed = int.from_bytes(data[at : at + 3], "big")
                self._look_at(_ZONES[seed % len(_ZONES)], random.Random(seed))
            return
        self._load_between(data)

    def _load_between(self, data: bytes) -> None:
        number = next(self._numbers)
        declared = random.Random(data[0])
        kind, unit = declared.choice(_TYPES), declared.choice(_UNITS)
        zone = declared.choice(_ZONES)
        incremental = {"time_zone": zone, "unit": unit, "overlap_minutes": declared.choice([0, 10])}
        self._con.execute("drop table if exists t")
        self._con.execute(f"create table t (id integer primary key, v {kind})")
        incremental["overlap"] = declared.choice([0, 1, 1000])
        landing = Landing(self._path, table_of(["id", "v"], cursor="v", **incremental))
        steps = iter(data[1:_MOST_STEPS])
        for step in steps:
            form, rest = divmod(step, 16)
            if form < 12:
                value = self._value(form, next(steps, 0) * 256 + next(steps, 0), zone)
                self._con.execute("insert into t (v) values (?)", [value])
            elif not self._is_readable():
                self._is_refused(landing)
                return
            else:
                assert landing.load(rest if form == 12 else None) == []
        if not self._is_readable():
            return
        assert landing.load() == []
        expected = self._expected()
        assert landing.rows == expected, (landing.rows, expected)
        if number % _WHOLE_LOADS == 0:
            self._land(number, incremental, expected)

    def _is_refused(self, landing: Landing) -> None:
        with pytest.raises(SourceContractError, match="BLOB"):
            landing.load()

    def _value(self, form: int, seed: int, zone: str) -> object:
        """A value of a form; that of a moment is looked at, too."""
        made = random.Random(seed)
        if form == 0:
            return made.choice(_NUMBERS)
        if form == 1:
            return made.choice(_ODD)
        instant = _some_instant(made)
        if form < 4:
            unit = made.choice(list(_SCALES))
            return (instant - _EPOCH) // timedelta(microseconds=1) * _SCALES[unit] // 10**6
        return _written(instant, zone, made)[0]

    def _look_at(self, zone: str, made: random.Random) -> None:
        """Whether a moment that is written in some form has its place."""
        text, first, last = _written(_some_instant(made), zone, made)
        cursor = self._looking.cursor(Found("v", "text", "text"), zone, "")
        sql = f"select {cursor.mark}, {cursor.place} from (select '{text}' as v) as t"
        ((mark, place),) = self._looking.rows(sql)
        form = "%Y-%m-%d %H:%M:%S.%f"
        expected = tuple(one.astimezone(UTC).strftime(form) for one in (first, last))
        assert (mark, place) == expected, (text, zone, mark, place, expected)

    def _is_readable(self) -> bool:
        """Bytes in a column that is not declared for them are refused."""
        found = self._con.execute("select count(*) from t where typeof(v) = 'blob'").fetchone()
        return not found[0]

    def _expected(self) -> dict[str, tuple[str | None, ...]]:
        return {
            str(key): (str(key), _as_text(value))
            for key, value in self._con.execute("select id, v from t")
        }

    def _land(
        self,
        number: int,
        incremental: dict[str, object],
        expected: dict[str, tuple[str | None, ...]],
    ) -> None:
        shop = LiveShop(Project(self._folder / str(number)), f"sqlite:///{self._path}")
        given = {name: value for name, value in incremental.items() if value != ""}
        if "unit" in given:
            del given["overlap"]
        shop.declare("t", ["id", "v"], key="id", incremental={"cursor": "v", **given})
        shop.load()
        shop.load()
        assert {row[0]: row for row in shop.current("t", "id")} == expected


def _some_instant(made: random.Random) -> datetime:
    """About the end of summer time, or far from it."""
    days = made.choice([-9000, 0, 0, 0, 1, 2, 9000])
    return _BEGIN + timedelta(days=days, microseconds=made.randrange(86400 * 10**6))


def _written(instant: datetime, zone: str, made: random.Random) -> tuple[str, datetime, datetime]:
    """An instant in some form, and the first and last instant that this form may mean."""
    detail = made.choice(["day", "minute", "second", "milliseconds", "microseconds", "centi"])
    hours = made.choice([None, None, 0, 2, -3.5, 14, -12])
    if hours is None:
        local = instant.astimezone(ZoneInfo(zone))
        # Of the hour that comes twice, what is written means the first.
        local = local.replace(fold=0)
        ending = ""
    else:
        shift = timedelta(hours=hours)
        local = (instant + shift).replace(tzinfo=None)
        sign = "-" if hours < 0 else "+"
        minutes = abs(int(hours * 60))
        written = f"{minutes // 60:02}{made.choice([':', ''])}{minutes % 60:02}"
        ending = made.choice(["", " "]) + sign + written
        if hours == 0:
            ending = made.choice(["Z", "z", " UTC", "+00", "+00:00", " GMT"])
    tail = {"milliseconds": 1000, "microseconds": 1, "centi": 10000}
    length = {
        "day": timedelta(days=1), "minute": timedelta(minutes=1), "second": timedelta(seconds=1),
    }.get(detail)  # fmt: skip
    separator = made.choice("T ")
    if detail == "day":
        local = local.replace(hour=0, minute=0, second=0, microsecond=0)
        text = f"{local:%Y-%m-%d}"
    elif detail == "minute":
        local = local.replace(second=0, microsecond=0)
        text = f"{local:%Y-%m-%d}{separator}{local:%H:%M}"
    elif detail == "second":
        local = local.replace(microsecond=0)
        text = f"{local:%Y-%m-%d}{separator}{local:%H:%M:%S}"
    else:
        step = tail[detail]
        local = local.replace(microsecond=local.microsecond // step * step)
        digits = f"{local.microsecond // step:0{7 - len(str(step))}}"
        text = f"{local:%Y-%m-%d}{separator}{local:%H:%M:%S}{made.choice('.,')}{digits}"
    local = local.replace(tzinfo=None)
    last = local + (length - timedelta(microseconds=1) if length else timedelta())
    return text + ending, _instant(local, hours, zone), _instant(last, hours, zone)


def _instant(local: datetime, hours: float | None, zone: str) -> datetime:
    if hours is None:
        return local.replace(tzinfo=ZoneInfo(zone), fold=0)
    return local.replace(tzinfo=UTC) - timedelta(hours=hours)


def _as_text(value: object) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return repr(value).replace("inf", "Inf")


_EXAMPLES = [bytes(range(number, number + 100, number)) for number in range(1, 8)] + [
    bytes([number, 0x40, 1, 2, 0xD0, 0x50, 3, 4, 0x10, 0, 5, 0xD0, 0x00, 0, 9, 0xC1, 0x60, 7, 8])
    for number in range(0, 256, 8)
]


if __name__ == "__main__":
    main(lambda folder: Cursors(folder).try_out, _EXAMPLES, [b"\xd0", b"\xc1"])
