"""A cursor never passes what was read: overlap, ties, windows, clocks, filters not heeded."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from loaders.rest.server import Api, Listing, Raw, Reply, Request
from loaders.rest.shop import INCREMENTAL, ORDERS, RestShop, column
from storehouse.core.errors import ConfigError
from storehouse.sources.portion import Window

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
FUTURE_PROOF = "Fri, 01 Jan 2100 00:00:00 GMT"


def declare(shop: RestShop, **incremental: Any) -> None:
    declared = {**INCREMENTAL, **incremental}
    shop.declare({"orders": (["id", "updated_at"], {**ORDERS, "incremental": declared})})


def at(moment: datetime) -> Any:
    return lambda: moment


@pytest.fixture(autouse=True)
def server_clock(shop: RestShop) -> None:
    """The server's clock is far ahead, so that ours counts."""
    listing = shop.orders

    def dated(request: Request) -> Reply:
        reply = listing(request)
        return Reply(reply.body, reply.status, {**reply.headers, "Date": FUTURE_PROOF})

    shop.api.routes["/orders"] = dated


def test_the_next_load_asks_from_the_start_of_the_last_less_the_overlap(shop: RestShop) -> None:
    declare(shop)
    shop.load(now=at(NOON)).raise_for_problems()
    shop.load(now=at(NOON + timedelta(hours=1))).raise_for_problems()
    assert shop.requested("since") == [None, None, None, "2026-03-01T11:50:00Z"]
    assert shop.ids() == list(range(1, 8))


def test_a_change_while_a_pass_reads_is_read_by_the_next(shop: RestShop) -> None:
    declare(shop, overlap_minutes=0)

    def changes(request: Request) -> Reply | None:
        del request
        shop.orders.add(1, "2026-03-01T12:00:00Z")
        return None

    shop.api.faults = [None, changes]
    shop.load(now=at(NOON)).raise_for_problems()
    shop.load(now=at(NOON + timedelta(hours=1))).raise_for_problems()
    assert ("1", "2026-03-01T12:00:00Z") in shop.landed("id, updated_at")


def test_ties_at_the_cursor_are_read_again(shop: RestShop) -> None:
    declare(shop, overlap_minutes=0)
    shop.orders.add(10, "2026-03-01T12:00:00Z")
    shop.load(now=at(NOON)).raise_for_problems()
    shop.orders.add(11, "2026-03-01T12:00:00Z")
    shop.load(now=at(NOON + timedelta(hours=1))).raise_for_problems()
    assert set(shop.ids()) >= {10, 11}
    newest = (
        "select id from raw_s.orders qualify row_number() over (partition by id, updated_at) = 1"
    )
    assert len(shop.project.query(newest)) == 9


def test_the_servers_clock_counts_where_ours_has_jumped_ahead(shop: RestShop) -> None:
    """By our clock alone, the next load would ask from a year ahead and miss all of it."""
    declare(shop)
    truth = format_datetime(NOON, usegmt=True)
    shop.api.faults = [
        lambda request: Reply(shop.orders(request).body, headers={"Date": truth}) for _ in range(3)
    ]
    shop.load(now=at(NOON + timedelta(days=365))).raise_for_problems()
    shop.load(now=at(NOON + timedelta(hours=1))).raise_for_problems()
    assert shop.requested("since")[-1] == "2026-03-01T11:50:00Z"


@pytest.mark.parametrize("ahead", [0, 365])
def test_a_slow_answer_does_not_move_the_start(shop: RestShop, ahead: int) -> None:
    """What changed while the server reckoned is asked for again, by its clock and by ours."""
    declare(shop, overlap_minutes=1)
    moment = [NOON + timedelta(days=ahead)]

    def slow(request: Request) -> Reply:
        moment[0] += timedelta(minutes=4)
        truth = format_datetime(moment[0] - timedelta(days=ahead), usegmt=True)
        return Reply(shop.orders(request).body, headers={"Date": truth})

    shop.api.faults = [slow]
    shop.load(now=lambda: moment[0]).raise_for_problems()
    shop.load(now=lambda: moment[0]).raise_for_problems()
    assert shop.requested("since")[-1] == "2026-03-01T11:59:00Z"


def test_a_clock_that_went_back_only_reads_more(shop: RestShop) -> None:
    declare(shop)
    for moment in (NOON, NOON - timedelta(days=2), NOON):
        shop.load(now=at(moment)).raise_for_problems()
    assert shop.requested("since")[-2:] == ["2026-03-01T11:50:00Z", "2026-02-27T11:50:00Z"]


def test_a_filter_that_does_not_filter_is_reported(shop: RestShop) -> None:
    declare(shop)
    shop.load(now=at(NOON)).raise_for_problems()
    shop.orders.heeds_filter = False
    report = shop.load(now=at(NOON))
    report.raise_for_problems()
    (note,) = report.notes
    assert "7 of 7 records lie outside the filter {'since': '2026-03-01T11:50:00Z'}" in note


def test_a_filter_that_filters_is_not_reported(shop: RestShop) -> None:
    declare(shop, until_param="until")
    window = Window(
        datetime(2026, 1, 1, 0, 0, 2, tzinfo=UTC), datetime(2026, 1, 1, 0, 0, 5, tzinfo=UTC)
    )
    report = shop.load(window)
    report.raise_for_problems()
    assert report.notes == ()
    assert shop.ids() == [2, 3, 4]


@pytest.mark.parametrize(
    ("form", "value", "sent"),
    [
        ("date", "2026-02-01", "2026-02-01"),
        ("unix", 1769904000, "1769904000"),
        ("unix_ms", 1769904000000, "1769904000000"),
        ("iso", "2026-02-01T02:00:00+02:00", "2026-02-01T00:00:00Z"),
        ("iso", "2026-02-01T00:00:00.123456Z", "2026-02-01T00:00:00Z"),
    ],
)
def test_moments_are_sent_and_compared_in_the_form_of_the_api(
    shop: RestShop, api: Api, form: str, value: object, sent: str
) -> None:
    declare(shop, format=form)
    listing = Listing(heeds_filter=False)
    listing.records = [{"id": 1, "updated_at": value}]
    api.routes["/orders"] = listing
    report = shop.load(Window(since=datetime(2026, 2, 1, tzinfo=UTC)))
    report.raise_for_problems()
    assert shop.requested("since") == [sent]
    assert report.notes == ()
    assert any(
        "outside" in note
        for note in shop.load(Window(since=datetime(2026, 2, 3, tzinfo=UTC))).notes
    )


def test_a_filter_may_be_a_text_of_its_own(shop: RestShop) -> None:
    declared = {
        "cursor": "updated_at",
        "filter_param": "fields",
        "filter": "updated_at:>='{since}' AND updated_at:<'{until}'",
        "start": "2026-01-01",
    }
    shop.declare({"orders": (["id", "updated_at"], {**ORDERS, "incremental": declared})})
    shop.load(now=at(NOON)).raise_for_problems()
    assert shop.requested("fields")[0] == (
        "updated_at:>='2026-01-01T00:00:00Z' AND updated_at:<'2026-03-02T12:00:00Z'"
    )


def test_a_filter_may_be_json(shop: RestShop) -> None:
    declared = {
        "cursor": "updated_at",
        "filter_param": "fields",
        "filter": '{"updated_at": {"$gte": "{since}"}, "tags": {}}',
        "start": "2026-01-01",
    }
    shop.declare({"orders": (["id", "updated_at"], {**ORDERS, "incremental": declared})})
    shop.load(now=at(NOON)).raise_for_problems()
    sent = '{"updated_at": {"$gte": "2026-01-01T00:00:00Z"}, "tags": {}}'
    assert set(shop.requested("fields")) == {sent}


@pytest.mark.parametrize("text", ["updated_at:>='{0}'", "{}", "updated_at < '{until}'"])
def test_a_filter_without_since_is_refused(shop: RestShop, text: str) -> None:
    declared = {"cursor": "updated_at", "filter_param": "fields", "filter": text}
    shop.declare({"orders": (["id", "updated_at"], {**ORDERS, "incremental": declared})})
    with pytest.raises(ConfigError, match=r"has no \{since\}"):
        shop.load(now=at(NOON))


def test_windows_split_the_time_that_an_api_caps(shop: RestShop) -> None:
    declare(shop, until_param="until", start="2025-12-30", window_hours=24)
    shop.load(now=at(datetime(2026, 1, 2, 12, tzinfo=UTC))).raise_for_problems()
    days = [f"{d}T00:00:00Z" for d in ("2025-12-30", "2025-12-31", "2026-01-01", "2026-01-02")]
    assert list(dict.fromkeys(shop.requested("since"))) == days
    assert list(dict.fromkeys(shop.requested("until"))) == [*days[1:], "2026-01-02T12:00:00Z"]
    assert [int(one) for one in shop.landed()] == list(range(1, 8))


def test_a_stopped_pass_goes_on_in_its_window(shop: RestShop) -> None:
    declare(shop, until_param="until", start="2025-12-31", window_hours=24)
    now = at(datetime(2026, 1, 1, 12, tzinfo=UTC))
    shop.api.faults = [None, None, Reply("", 400)]
    assert shop.load(now=now).errors
    before = len(shop.api.requests)
    shop.load(now=now).raise_for_problems()
    taken_up = shop.api.requests[before]
    assert (taken_up.query["since"], "after" in taken_up.query) == ("2026-01-01T00:00:00Z", True)
    assert sorted({int(one) for one in shop.landed()}) == list(range(1, 8))
    # A stopped pass is finished, and a fresh one reads what changed since.
    assert shop.requested("since")[-1] == "2026-01-01T11:50:00Z"


def test_since_reads_again_without_moving_the_cursor_over_a_gap(shop: RestShop) -> None:
    declare(shop, until_param="until")
    shop.load(now=at(NOON)).raise_for_problems()
    later = NOON + timedelta(days=5)
    shop.load(Window(since=NOON + timedelta(days=3)), now=at(later)).raise_for_problems()
    shop.load(Window(until=NOON - timedelta(days=3)), now=at(later)).raise_for_problems()
    shop.load(now=at(later)).raise_for_problems()
    assert shop.requested("since")[-1] == "2026-03-01T11:50:00Z"
    shop.load(Window(since=NOON - timedelta(days=3)), now=at(later)).raise_for_problems()
    shop.load(now=at(later)).raise_for_problems()
    assert shop.requested("since")[-1] == "2026-03-06T11:50:00Z"


def test_full_reads_everything_again(shop: RestShop) -> None:
    declare(shop)
    shop.load(now=at(NOON)).raise_for_problems()
    shop.load(Window(full=True), now=at(NOON + timedelta(days=1))).raise_for_problems()
    assert len(shop.landed()) == 14
    shop.load(now=at(NOON)).raise_for_problems()
    assert shop.requested("since")[-1] == "2026-03-02T11:50:00Z"


def test_a_stopped_pass_is_left_where_another_is_asked_for(shop: RestShop) -> None:
    declare(shop)
    shop.api.faults = [None, Reply("", 400)]
    assert shop.load(now=at(NOON)).errors
    shop.load(Window(since=datetime(2026, 1, 1, 0, 0, 6, tzinfo=UTC)), now=at(NOON))
    assert [int(one) for one in shop.landed()] == [1, 2, 3, 6, 7]


@pytest.mark.parametrize(
    "window",
    [
        Window(since=datetime(2026, 1, 1, 0, 0, 6, tzinfo=UTC)),
        Window(until=datetime(2026, 1, 1, 0, 0, 2, tzinfo=UTC)),
    ],
)
@pytest.mark.parametrize("is_first", [True, False])
def test_a_stopped_pass_is_kept_while_a_part_is_read(
    shop: RestShop, window: Window, is_first: bool
) -> None:
    """Of a first load, and of --full: what it had not read is read by the next load."""
    declare(shop, until_param="until")
    if not is_first:
        shop.load(now=at(NOON)).raise_for_problems()
    shop.api.faults = [None, Reply("", 400)]
    assert shop.load(Window(full=not is_first), now=at(NOON)).errors
    shop.load(window, now=at(NOON)).raise_for_problems()
    before = len(shop.api.requests)
    shop.load(now=at(NOON)).raise_for_problems()
    assert shop.ids() == list(range(1, 8))
    assert shop.requested("since")[before:] == [None, None, "2026-03-01T11:50:00Z"]
    assert shop.requested("after")[before] is not None


ANEW: dict[str, dict[str, Any]] = {
    "path": {"path": "/sales"},
    "params": {"params": {"fields": "id"}},
    "cursor": {"incremental": {**INCREMENTAL, "cursor": "changed_at"}},
    "start": {"incremental": {**INCREMENTAL, "start": "2020-01-01"}},
    "nested": {},
}


def declared_anew(shop: RestShop, change: str) -> None:
    landing = {**ORDERS, "incremental": INCREMENTAL, **ANEW[change]}
    columns = ["id", "updated_at", column("changed_at", "updated_at")]
    tables: dict[str, Any] = {"orders": (columns, landing)}
    if change == "nested":
        tables["lines"] = (["id"], {"of": "orders", "records": "orders.lines"})
    shop.api.routes["/sales"] = shop.api.routes["/orders"]
    shop.declare(tables)


@pytest.mark.parametrize("change", ANEW)
def test_what_is_declared_anew_is_read_from_its_start(shop: RestShop, change: str) -> None:
    declare(shop)
    shop.load(now=at(NOON)).raise_for_problems()
    declared_anew(shop, change)
    report = shop.load(now=at(NOON))
    report.raise_for_problems()
    assert any(
        ("the declaration of its request has changed: all records are read again") in note
        for note in report.notes
    )
    assert len(shop.landed()) == 14
    assert not any("declaration" in note for note in shop.load(now=at(NOON)).notes)
    assert shop.requested("since")[-1] == "2026-03-01T11:50:00Z"


def test_a_part_of_what_is_declared_anew_leaves_the_rest_to_the_next_load(shop: RestShop) -> None:
    declare(shop)
    shop.load(now=at(NOON)).raise_for_problems()
    declared_anew(shop, "path")
    report = shop.load(Window(since=datetime(2026, 1, 1, 0, 0, 6, tzinfo=UTC)), now=at(NOON))
    assert any(
        ("the declaration of its request has changed: the next load") in note
        for note in report.notes
    )
    assert len(shop.landed()) == 9
    shop.load(now=at(NOON)).raise_for_problems()
    assert len(shop.landed()) == 16


@pytest.mark.parametrize(
    "change",
    [{"paging": {**ORDERS["paging"], "size": 2}}, {"key": ["id", "updated_at"]}],
)
def test_another_way_of_reading_the_same_keeps_the_cursor(
    shop: RestShop, change: dict[str, Any]
) -> None:
    declare(shop)
    shop.load(now=at(NOON)).raise_for_problems()
    landing = {**ORDERS, "incremental": INCREMENTAL, **change}
    shop.declare({"orders": (["id", "updated_at", column("note", optional=True)], landing)})
    assert shop.load(now=at(NOON)).notes == ()
    assert shop.requested("since")[-1] == "2026-03-01T11:50:00Z"


def test_numbers_of_a_cursor_column_may_be_written_in_any_way(shop: RestShop, api: Api) -> None:
    declare(shop, format="unix")
    listing = Listing(heeds_filter=False)
    listing.records = [{"id": 1, "updated_at": Raw("1.7699040005e9")}]
    api.routes["/orders"] = listing
    assert shop.load(Window(since=datetime(2026, 2, 1, tzinfo=UTC))).notes == ()


def test_a_filter_in_another_language_may_begin_like_json(shop: RestShop) -> None:
    declared = {"filter_param": "fields", "start": "2026-01-01"}
    incremental = {"cursor": "updated_at", **declared, "filter": "{!lucene}updated:[{since} TO *]"}
    shop.declare({"orders": (["id", "updated_at"], {**ORDERS, "incremental": incremental})})
    shop.load().raise_for_problems()
    assert shop.requested("fields")[0] == "{!lucene}updated:[2026-01-01T00:00:00Z TO *]"
    shop.declare(
        {
            "orders": (
                ["id", "updated_at"],
                {**ORDERS, "incremental": {**incremental, "filter": '{"updated": {since}}'}},
            )
        }
    )
    with pytest.raises(ConfigError, match=r"put \{since\} and \{until\} in double quotes"):
        shop.load()
