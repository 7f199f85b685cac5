"""Odd values of a cursor stop no progress: rows without a place come again, outliers are told."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from loaders.database.live import LiveShop
from storehouse.core.errors import SourceContractError
from storehouse.sources.portion import Window

COLUMNS = ["id", "v"]


def fill(shop: LiveShop, kind: str, *values: str, **incremental: object) -> None:
    """A table of ids and values, which are SQL, read by a cursor."""
    shop.sql(f"create table t (id int primary key generated always as identity, v {kind})")
    add(shop, *values)
    shop.declare("t", COLUMNS, key="id", incremental={"cursor": "v", **incremental})


def add(shop: LiveShop, *values: str) -> None:
    for value in values:
        shop.sql(f"insert into t (v) values ({value})")


def landed(shop: LiveShop) -> int:
    return len(shop.current("t", "id"))


@pytest.mark.parametrize("kind", ["numeric", "float8", "real"])
def test_a_number_without_a_place_is_no_watermark(shop: LiveShop, kind: str) -> None:
    fill(shop, kind, "10", "'NaN'", "'Infinity'", "'-Infinity'", "0.1", overlap=5)
    report = shop.load()
    assert (
        "3 row(s) have a v that can't be ordered, the first is 'NaN' of id='2'" in (report.notes[0])
    )
    add(shop, "11", "'-Infinity'", "5000", "null")
    shop.load()
    assert landed(shop) == 9
    # What has no place, and the greatest.
    assert shop.load().tables[0].rows == 6


@pytest.mark.parametrize("kind", ["timestamptz", "timestamp", "date"])
def test_a_moment_without_a_place_is_no_watermark(shop: LiveShop, kind: str) -> None:
    values = ["'infinity'", "'-infinity'", "'0044-03-15 BC'", "'20000-01-01'", "now()"]
    fill(shop, kind, *values)
    assert "2 row(s) have a v that can't be ordered" in shop.load().notes[0]
    add(shop, "'-infinity'", "now()")
    shop.load()
    assert landed(shop) == 7


def test_moments_before_christ_are_read_on(shop: LiveShop) -> None:
    fill(shop, "timestamptz", "'0044-03-15 10:00:00.000001 BC'")
    shop.load()
    add(shop, "'0044-03-15 10:00:00.000001 BC'", "'0044-03-15 11:00 BC'")
    assert shop.load().notes == ()
    assert landed(shop) == 3


@pytest.mark.parametrize(
    ("kind", "unit", "scale"),
    [("bigint", "milliseconds", 1000), ("numeric(20, 3)", "seconds", 1), ("float8", "seconds", 1)],
)
def test_numbers_of_a_unit_are_moments(shop: LiveShop, kind: str, unit: str, scale: int) -> None:
    def at(seconds: int) -> str:
        return f"floor((extract(epoch from now()) + {seconds}) * {scale})"

    fill(shop, kind, at(-90_000), at(-7200), at(0), unit=unit)
    shop.load()
    # It is within the overlap of ten minutes, and one is far in the future.
    add(shop, at(-500), at(10**9))
    report = shop.load()
    assert (report.tables[0].rows, report.notes) == (3, ())
    add(shop, at(0))
    assert shop.load().tables[0].rows == 4
    since = datetime.now(UTC) - timedelta(seconds=80_000)
    assert shop.load(Window(since=since)).tables[0].rows == 5
    assert shop.load(Window(until=since)).tables[0].rows == 1


@pytest.mark.parametrize("kind", ["smallint", "bigint", "numeric", "float8"])
def test_an_outlier_hides_no_row(shop: LiveShop, kind: str) -> None:
    fill(shop, kind, "10", "32000", overlap=1)
    shop.load()
    add(shop, "11")
    assert "1 row(s) arrived or changed with a v before the watermark" in shop.load().notes[0]
    assert landed(shop) == 3
    # One goes and another changes: there are not more, but newer ones.
    shop.sql("delete from t where id = 3", "update t set v = 12 where id = 1")
    assert "32000" in shop.load().notes[0]
    shop.sql("update t set v = 13 where id = 2")
    shop.load()
    add(shop, "14")
    assert shop.load().notes == ()
    assert [row[1] for row in shop.current("t", "id::int")][:2] == ["12", "13"]
    assert landed(shop) == 4


def test_rows_that_come_in_behind_the_overlap_are_read_and_said(shop: LiveShop) -> None:
    fill(shop, "timestamptz", "now() - interval '2 days'", "now() - interval '1 day'", "null")
    shop.load()
    add(shop, "now() - interval '30 hours'")
    shop.sql("update t set v = now() - interval '40 hours' where id = 3")
    report = shop.load()
    assert "2 row(s) arrived or changed with a v before the watermark" in report.notes[0]
    assert "if rows arrive late, declare a longer overlap" in report.notes[0]
    assert (landed(shop), shop.load().notes) == (4, ())


def test_a_table_that_was_restored_is_read_again(shop: LiveShop) -> None:
    fill(shop, "bigint", "1", "5000", "5001", overlap=0)
    shop.load()
    shop.sql("delete from t where v >= 5000")
    add(shop, "4000")
    assert "the rows at the watermark (v from 5001 on) are gone" in shop.load().notes[0]
    assert (landed(shop), shop.load().notes) == (4, ())


def test_rows_before_a_first_since_stay_out(shop: LiveShop) -> None:
    fill(shop, "timestamptz", *(f"now() - interval '{days} days'" for days in (9, 8, 2, 1)))
    shop.load(Window(since=datetime.now(UTC) - timedelta(days=5)))
    add(shop, "now() - interval '3 days'", "now() - interval '7 days'")
    assert "1 row(s) arrived or changed" in shop.load().notes[0]
    assert landed(shop) == 3
    assert shop.load(Window(full=True)).tables[0].rows == 6


def test_the_least_numbers_have_no_room_for_an_overlap(shop: LiveShop) -> None:
    fill(shop, "bigint", "-9223372036854775808")
    shop.load()
    add(shop, "-9223372036854775807")
    shop.load()
    assert landed(shop) == 2


def test_what_cannot_be_ordered_by_moment_is_no_cursor(shop: LiveShop) -> None:
    kinds = ["text", "timetz", "time", "interval", "money", "timestamptz[]"]
    fill(shop, "int", "1")
    for number, kind in enumerate(kinds):
        shop.sql(f"create table t{number} (id int primary key, v {kind})")
        shop.declare(f"t{number}", COLUMNS, key="id", incremental={"cursor": "v"})
    with pytest.raises(SourceContractError) as caught:
        shop.load()
    for number in range(len(kinds)):
        assert f"column v of table t{number} is a cursor and of type " in str(caught.value)
    assert "declare another, or a view that casts it" in str(caught.value)
    assert shop.count("t") == 1


def test_a_moment_has_no_unit(shop: LiveShop) -> None:
    fill(shop, "timestamptz", unit="seconds")
    with pytest.raises(SourceContractError, match="which has no `unit`"):
        shop.load()


def test_a_domain_and_its_length_do_not_move_the_watermark(shop: LiveShop) -> None:
    shop.sql(
        "create domain recent as timestamptz check (value > '2026-01-01')",
        "create domain newest as recent",
    )
    fill(shop, "newest", "'2026-03-01 10:00:00.6'")
    shop.load()
    add(shop, "'2026-03-01 10:00:00.6'")
    assert (shop.load().notes, landed(shop)) == ((), 2)
    shop.sql("alter table t alter v type timestamp(0)")
    shop.load(Window(full=True))
    assert shop.load().tables[0].rows == 2
