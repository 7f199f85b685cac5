"""SQLite has no type of moments, and any value in any column: cursors are compared by value."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime

import pytest

from loaders.database.lite import LiteShop
from storehouse.core.errors import ConfigError, SourceContractError
from storehouse.sources.database import moments, sqlite_columns
from storehouse.sources.database.engine import Found
from storehouse.sources.portion import Window

COLUMNS = ["id", "v"]


def fill(shop: LiteShop, kind: str, *values: str, **incremental: object) -> LiteShop:
    """A table of ids and values, which are SQL, read by a cursor."""
    shop.sql(f"create table t (id integer primary key, v {kind})")
    add(shop, *values)
    shop.declare("t", COLUMNS, key="id", incremental={"cursor": "v", **incremental})
    return shop


def add(shop: LiteShop, *values: str) -> None:
    for value in values:
        shop.sql(f"insert into t (v) values ({value})")


def landed(shop: LiteShop) -> list[str | None]:
    """The newest values, in the order of ids."""
    return [value for _, value in shop.current("t", "id::int")]


def test_moments_of_mixed_form_are_ordered_by_moment(lite: LiteShop) -> None:
    forms = ["2026-11-01T10:00:00", "2026-11-01 09:00:00.5", "2026-11-01T12:00:00+02:00"]
    fill(lite, "text", *(f"'{form}'" for form in forms))
    lite.load()
    later = [
        "2026-11-01 18:00:00", "2026-11-01T20:30+02:00", "2026-11-01 19:00:00,25Z",
        "2026-11-02 01:30:00 +0530", "2026-11-01 21:00:00 UTC", "2026-11-02",
    ]  # fmt: skip
    for number, form in enumerate(later, 1):
        add(lite, f"'{form}'")
        assert lite.load().notes == ()
        assert landed(lite) == [*forms, *later[:number]]
    assert lite.load().tables[0].rows < 3


ENDINGS = ["Z", " Z", "+00:00", "+02:00", "-03:30", " +14:00"]


@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin"])
@pytest.mark.parametrize("fraction", ["", ".5", ".123", ".999999", ".000001", ".1234567"])
def test_usual_moments_are_read_by_sqlite_itself(zone: str, fraction: str) -> None:
    """As Python's function reads them, which costs many times as much."""
    endings = ["", *ENDINGS] if zone == "UTC" else ENDINGS
    texts = [f"2026-12-31{t}23:59:59{fraction}{ending}" for t in "T " for ending in endings]
    called: list[bytes] = []

    def counted(value: bytes, zone: str, unit: str, last: int) -> str | None:
        called.append(value)
        return moments.place(value, zone, unit, last)

    assert [mark_and_place(text, zone, counted) for text in texts] == [
        tuple(moments.place(text.encode(), zone, "", last) for last in (0, 1)) for text in texts
    ]
    assert not called or fraction in (".999999", ".1234567")


@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin"])
@pytest.mark.parametrize("ending", ["", "Z", "+02:00"])
@pytest.mark.parametrize(
    "text", ["2026-11-01 24:00:00", "2026-02-30 10:00:00", "2026-11-01\t10:00:00", "0000-01-01"]
)
def test_what_is_no_moment_is_none_in_any_zone(text: str, ending: str, zone: str) -> None:
    found = mark_and_place(f"{text}{ending}", zone, moments.place)
    assert found == (moments.NO_MOMENT, moments.NO_MOMENT)


def mark_and_place(text: str, zone: str, function: Callable[..., str | None]) -> tuple[str, str]:
    cursor = sqlite_columns.SQLiteCursor(Found("v", "text", "text"), zone, "")
    with closing(sqlite3.connect(":memory:")) as con:
        con.create_function(sqlite_columns.MOMENT, 4, function)
        sql = f"select {cursor.mark}, {cursor.place} from (select ? as v) as t"
        mark, place = con.execute(sql, [text]).fetchone()
        return mark, place


def test_rows_that_sort_before_the_watermark_as_text_are_found(lite: LiteShop) -> None:
    fill(lite, "text", "'2026-11-10 10:00:00'")
    lite.load()
    late = [
        "' 2026-11-11 10:00'",
        "'2026-11-12 00:30:00+14:00'",
        "'2026-11-11'",
        "'2026-11-10T23:30-12'",
    ]
    for number, value in enumerate(late, 2):
        add(lite, value)
        assert lite.load().notes == ()
        assert len(landed(lite)) == number
    add(lite, "'1'")
    assert "1 row(s) have a v that can't be ordered" in lite.load().notes[0]
    lite.sql("update t set v = '2' where v = '1'")
    lite.load()
    assert landed(lite)[-1] == "2"
    lite.sql("delete from t where v = '2'")
    assert lite.load().notes == ()


def test_a_state_of_before_is_said_to_be_read_by_moment_now(lite: LiteShop) -> None:
    fill(lite, "text", "'2026-11-10 10:00:00'")
    lite.load()
    state = json.loads(lite.state("t"))
    before = {**state, "by": ["t", "v", "id"], "low": "2026-11-10 10:00:00"}
    lite.write("update ops.load_states set state = ?", [json.dumps(before)])
    (note,) = lite.load().notes
    assert "its cursor, v, is compared by moment and no longer as text" in note
    lite.declare("t", COLUMNS, key="id", incremental={"cursor": "v", "time_zone": "Asia/Tokyo"})
    assert "the declaration of its table, key or cursor has changed" in lite.load().notes[0]


def test_a_day_may_be_written_at_its_end(lite: LiteShop) -> None:
    fill(lite, "text", "'2026-11-01 15:00:00'")
    lite.load()
    add(lite, "'2026-11-01'")
    assert lite.load().notes == ()
    assert landed(lite) == ["2026-11-01 15:00:00", "2026-11-01"]


def test_local_moments_are_of_the_zone_declared(lite: LiteShop) -> None:
    fill(lite, "text", "datetime('now', '+9 hours')", time_zone="Asia/Tokyo")
    lite.load()
    add(lite, "datetime('now', '+9 hours', '-9 minutes')")
    assert lite.load().notes == ()
    assert len(landed(lite)) == 2


def test_moments_of_other_forms_are_read_in_each_load_and_said(lite: LiteShop) -> None:
    fill(lite, "datetime", "'2026-11-01 10:00'", "'yesterday'", "null")
    assert (
        "1 row(s) have a v that can't be ordered, the first is 'yesterday' of id='2'"
        in (lite.load().notes[0])
    )
    lite.sql("update t set v = '20261101' where id = 2")
    add(lite, "1793500000")
    assert "2 row(s) have a v that can't be ordered" in lite.load().notes[0]
    assert landed(lite) == ["2026-11-01 10:00", "20261101", None, "1793500000"]


@pytest.mark.parametrize(
    ("kind", "unit", "scale"),
    [
        ("integer", "seconds", 1),
        ("real", "seconds", 1),
        ("datetime", "milliseconds", 1000),
        ("text", "microseconds", 10**6),
    ],
)
def test_numbers_of_a_unit_are_moments(lite: LiteShop, kind: str, unit: str, scale: int) -> None:
    def at(seconds: int) -> str:
        return f"(unixepoch() + {seconds}) * {scale}"

    fill(lite, kind, at(-90_000), at(-7200), at(0), unit=unit)
    lite.load()
    # It is within the overlap of ten minutes, and one is far in the future.
    add(lite, at(-500), at(10**9))
    report = lite.load()
    assert (report.tables[0].rows, report.notes) == (3, ())
    add(lite, at(0))
    assert lite.load().tables[0].rows == 4
    since = datetime.fromtimestamp(datetime.now(UTC).timestamp() - 80_000, UTC)
    assert lite.load(Window(since=since)).tables[0].rows == 5
    assert lite.load(Window(until=since)).tables[0].rows == 1


def test_numbers_without_a_place_are_read_in_each_load(lite: LiteShop) -> None:
    fill(lite, "integer", "5", "'none'", "9e999", "-9e999", "null", overlap=0)
    assert "3 row(s) have a v that can't be ordered" in lite.load().notes[0]
    add(lite, "-9e999", "6")
    lite.sql("update t set v = 'nothing' where id = 2")
    lite.load()
    assert landed(lite) == ["5", "nothing", "Inf", "-Inf", None, "-Inf", "6"]


@pytest.mark.parametrize(
    "value", ["0.1 + 0.2", "0.7999999999999999", "1e22", "-9223372036854775808"]
)
def test_rows_that_share_the_greatest_number_are_all_read(lite: LiteShop, value: str) -> None:
    fill(lite, "numeric", value, overlap=0)
    lite.load()
    add(lite, value)
    assert lite.load().notes == ()
    assert len(landed(lite)) == 2


def test_an_outlier_hides_no_row(lite: LiteShop) -> None:
    fill(lite, "integer", "10", "999999999", overlap=1)
    lite.load()
    add(lite, "11")
    assert "The greatest is '999999999' of id='2'" in lite.load().notes[0]
    assert landed(lite) == ["10", "999999999", "11"]
    lite.sql("update t set v = 12 where id = 2")
    lite.load()
    add(lite, "13")
    assert lite.load().notes == ()
    assert landed(lite) == ["10", "12", "11", "13"]


def test_since_does_not_apply_to_numbers_and_that_is_said(lite: LiteShop) -> None:
    fill(lite, "integer", "10", "2000")
    window = Window(since=datetime(2026, 1, 1, tzinfo=UTC))
    report = lite.load(window)
    assert "--since and --until do not apply: all its rows are read" in report.notes[0]
    report = lite.load(window)
    assert "--since and --until do not apply" in report.notes[0]
    assert report.tables[0].rows == 2


@pytest.mark.parametrize(
    ("incremental", "reason"),
    [
        ({"unit": "minutes"}, "unit is 'minutes'; use one of seconds, milliseconds"),
        ({"unit": "seconds", "overlap": 5}, "overlap can't be used with unit; use overlap_minutes"),
        ({"time_zone": "Europe/Nowhere"}, "time_zone is 'Europe/Nowhere'; name it as IANA does"),
    ],
)
def test_a_wrong_unit_or_zone_is_named(
    lite: LiteShop, incremental: dict[str, object], reason: str
) -> None:
    fill(lite, "integer", "1", **incremental)
    with pytest.raises(ConfigError, match=reason):
        lite.load()


def test_a_column_without_a_type_is_no_cursor(lite: LiteShop) -> None:
    fill(lite, "", "1")
    with pytest.raises(
        SourceContractError, match="column v of table t is a cursor and has no type"
    ):
        lite.load()
