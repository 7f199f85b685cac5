"""Only what has changed is read again, and nothing that was committed late is missed."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from loaders.database.live import LiveShop
from storehouse.core.errors import SourceContractError
from storehouse.sources.portion import Window

COLUMNS = ["id", "status", "updated_at"]


@pytest.fixture
def orders(shop: LiveShop) -> LiveShop:
    """1,000 orders of last year, one a minute."""
    shop.sql(
        "create table orders (id int primary key, status text not null,"
        " updated_at timestamptz not null default now())",
        "insert into orders select i, 'open', now() - interval '1 year' + i * interval '1 minute'"
        " from generate_series(1, 1000) i",
    )
    shop.declare("orders", COLUMNS, key="id", incremental={"cursor": "updated_at"})
    return shop


def test_a_second_load_reads_only_what_has_changed(orders: LiveShop) -> None:
    assert orders.load().tables[0].rows == 1000
    # The newest row has the time that the next load begins with.
    assert orders.load().tables[0].rows == 1
    orders.sql("update orders set status = 'shipped', updated_at = now() where id in (3, 4)")
    assert orders.load().tables[0].rows == 3
    assert [row[1] for row in orders.current("orders", "id::int")[:5]] == [
        "open", "open", "shipped", "shipped", "open",
    ]  # fmt: skip


def test_rows_within_the_overlap_are_read_again(orders: LiveShop) -> None:
    orders.sql("update orders set updated_at = now() where id <= 10")
    orders.load()
    low = datetime.fromisoformat(json.loads(orders.state("orders"))["low"])
    assert 599 < (datetime.now(UTC) - low).total_seconds() < 630
    assert orders.load().tables[0].rows == 10


def test_rows_that_share_the_last_time_are_all_read(orders: LiveShop) -> None:
    """Within a time, more rows come in after the load than before it."""
    moment = "now() - interval '1 hour'"
    orders.sql(
        f"create table moments as select {moment} as moment",
        "update orders set updated_at = moment from moments where id <= 300",
    )
    orders.load()
    orders.sql("update orders set status = 'late', updated_at = moment from moments where id > 300")
    orders.load()
    assert {row[1] for row in orders.current("orders", "id::int")[300:]} == {"late"}


def test_a_row_whose_transaction_ends_after_the_load_is_not_missed(orders: LiveShop) -> None:
    """It began before the load, longer ago than the overlap, and has that time."""
    orders.declare(
        "orders", COLUMNS, key="id", incremental={"cursor": "updated_at", "overlap_minutes": 0}
    )
    with orders.transaction("update orders set status = 'late', updated_at = now() where id = 7"):
        orders.sql("update orders set updated_at = now() where id = 8")
        orders.load()
    orders.load()
    assert orders.current("orders", "id::int")[6][1] == "late"


def test_a_row_without_a_time_is_read_in_every_load(orders: LiveShop) -> None:
    orders.sql("alter table orders alter updated_at drop not null")
    orders.load()
    orders.sql("update orders set updated_at = null, status = 'timeless' where id = 5")
    orders.load()
    assert orders.current("orders", "id::int")[4][1] == "timeless"


@pytest.mark.parametrize("zone", ["America/New_York", "Asia/Tokyo", "UTC"])
def test_a_cursor_without_a_zone_is_taken_in_the_zone_declared(shop: LiveShop, zone: str) -> None:
    now = f"now() at time zone '{zone}'"
    shop.sql(
        "create table orders (id int primary key, updated_at timestamp not null)",
        f"insert into orders values (1, {now} - interval '1 day'), (2, {now})",
    )
    shop.declare(
        "orders",
        ["id", "updated_at"],
        key="id",
        incremental={"cursor": "updated_at", "time_zone": zone},
    )
    shop.load()
    # A row that is committed late, with a time within the overlap.
    shop.sql(f"insert into orders values (3, {now} - interval '9 minutes')")
    assert shop.load().tables[0].rows == 2
    assert len(shop.current("orders", "id")) == 3


def test_a_cursor_may_be_a_date_or_a_number(shop: LiveShop) -> None:
    shop.sql(
        "create table days (id int primary key, day date not null)",
        "insert into days values (1, current_date - 2), (2, current_date)",
        "create table events (id bigint primary key)",
        "insert into events select generate_series(1, 500)",
    )
    shop.declare("days", ["id", "day"], key="id", incremental={"cursor": "day"})
    shop.declare("events", ["id"], key="id", incremental={"cursor": "id", "overlap": 100})
    assert [table.rows for table in shop.load().tables] == [2, 500]
    shop.sql(
        "insert into days values (3, current_date)",
        "insert into events select generate_series(501, 510)",
    )
    assert [table.rows for table in shop.load().tables] == [2, 111]


def test_full_reads_all_rows_again(orders: LiveShop) -> None:
    orders.load()
    orders.sql("update orders set status = 'silently' where id = 1")
    orders.load()
    assert orders.current("orders", "id::int")[0][1] == "open"
    assert orders.load(Window(full=True)).tables[0].rows == 1000
    assert orders.current("orders", "id::int")[0][1] == "silently"
    assert orders.load().tables[0].rows == 1


def test_since_and_until_read_a_part_and_leave_the_passes_where_they_were(
    orders: LiveShop,
) -> None:
    orders.load()
    before = orders.state("orders")
    ((first, last),) = orders.rows(
        "select min(updated_at::timestamptz), max(updated_at::timestamptz) from raw_shop.orders"
    )
    middle = first + (last - first) / 2
    assert orders.load(Window(since=middle)).tables[0].rows == 500
    assert orders.load(Window(until=middle)).tables[0].rows == 500
    assert orders.load(Window(since=first, until=last)).tables[0].rows == 999
    assert orders.state("orders") == before


def test_a_first_load_since_a_moment_is_gone_on_from(orders: LiveShop) -> None:
    ((middle,),) = orders.ask("select min(updated_at) + interval '500 minutes' from orders")
    assert orders.load(Window(since=middle)).tables[0].rows == 500
    assert orders.load().tables[0].rows == 1


def test_a_clock_that_was_ahead_costs_a_full_read_and_loses_nothing(orders: LiveShop) -> None:
    orders.load()
    # What a load leaves that ran while the server's clock was two years ahead.
    with_future = json.dumps({**json.loads(orders.state("orders")), "low": "2099-01-01 00:00+00"})
    orders.write("update ops.load_states set state = ?", [with_future])
    report = orders.load()
    assert report.tables[0].rows == 1000
    assert "later than the clock of PostgreSQL" in report.notes[0]
    assert orders.load().tables[0].rows == 1


def test_a_table_without_a_cursor_is_read_whole_each_time(shop: LiveShop) -> None:
    shop.sql("create table t (id int primary key)", "insert into t values (1), (2)")
    shop.declare("t", ["id"], key="id")
    assert [shop.load().tables[0].rows for _ in range(2)] == [2, 2]


def test_what_was_deleted_is_found_by_its_key(orders: LiveShop) -> None:
    orders.declare(
        "orders", COLUMNS, key="id", incremental={"cursor": "updated_at"},
        sweep={"into": "deletions", "entity": "order"},
    )  # fmt: skip
    orders.declare("deletions", ["entity", "entity_id", "deleted_at"])
    orders.load()
    assert orders.count("deletions") == 0
    orders.sql("delete from orders where id in (10, 20)")
    orders.load()
    deleted = "select entity, entity_id from raw_shop.deletions order by all"
    assert orders.rows(deleted) == [("order", "10"), ("order", "20")]
    ((at, now),) = orders.rows("select max(deleted_at::timestamptz), now() from raw_shop.deletions")
    assert 0 <= (now - at).total_seconds() < 60
    orders.load()
    assert orders.count("deletions") == 2
    # It comes back, and goes again.
    orders.sql("insert into orders values (10, 'back')")
    orders.load()
    orders.sql("delete from orders where id = 10")
    orders.load()
    assert orders.rows(deleted) == [("order", "10"), ("order", "10"), ("order", "20")]


def test_a_table_that_was_emptied_is_not_believed(orders: LiveShop) -> None:
    sweep: dict[str, object] = {"into": "deletions", "entity": "order"}
    orders.declare("orders", COLUMNS, key="id", sweep=sweep)
    orders.declare("deletions", ["entity", "entity_id", "deleted_at"])
    orders.load()
    orders.sql("truncate orders")
    with pytest.raises(SourceContractError, match="orders is empty, while 1,000 of its rows"):
        orders.load()
    assert orders.count("deletions") == 0
    orders.declare("orders", COLUMNS, key="id", sweep={**sweep, "may_be_empty": True})
    assert "shop.orders: 1,000 are gone." in orders.load().notes
    assert orders.count("deletions") == 1000


def test_a_sweep_may_be_made_less_often_than_a_load(orders: LiveShop) -> None:
    sweep = {"into": "deletions", "entity": "order", "every_hours": 24}
    orders.declare("orders", COLUMNS, key="id", sweep=sweep)
    orders.declare("deletions", ["entity", "entity_id", "deleted_at"])
    orders.load()
    orders.sql("delete from orders where id = 1")
    orders.load()
    assert orders.count("deletions") == 0
    yesterday = "regexp_replace(state, '(swept_at\": \")....', '\\12020')"
    orders.write(f"update ops.load_states set state = {yesterday}", [])
    orders.load()
    assert orders.count("deletions") == 1
