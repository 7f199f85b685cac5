"""Every way of paging lands every record once; lists that move or go round are noticed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from loaders.rest.server import Reply, Request
from loaders.rest.shop import ORDERS, RestShop
from storehouse.sources.portion import Window

SIZE: dict[str, Any] = {"size_param": "limit", "size": 3}
PAGING: dict[str, dict[str, Any]] = {
    "page": {
        "kind": "page", "param": "page", "size_param": "per_page", "size": 3, "total": "count"
    },
    "page without size": {"kind": "page", "param": "page"},
    "offset": {"kind": "offset", "param": "offset", "total": "count", **SIZE},
    "offset without size": {"kind": "offset", "param": "offset"},
    "cursor": {"kind": "cursor", "param": "after", "cursor": "meta.next", **SIZE},
    "cursor and more": {
        "kind": "cursor", "param": "after", "cursor": "meta.next", "more": "meta.more", **SIZE
    },
    "keyset": {"kind": "keyset", "param": "since_id", "field": "id", **SIZE},
    "keyset without size": {"kind": "keyset", "param": "since_id", "field": "id"},
    "link in header": {"kind": "link", **SIZE},
    "link in body": {"kind": "link", "next": "meta.link", **SIZE},
}  # fmt: skip


def declare(shop: RestShop, paging: dict[str, Any], **more: Any) -> None:
    shop.declare({"orders": (["id", "updated_at"], {**ORDERS, "paging": paging, **more})})


@pytest.mark.parametrize("kind", PAGING)
@pytest.mark.parametrize("count", [0, 1, 3, 6, 7])
def test_all_pages_land_once(shop: RestShop, kind: str, count: int) -> None:
    shop.orders.records = shop.orders.records[:count]
    declare(shop, PAGING[kind])
    report = shop.load()
    report.raise_for_problems()
    assert [int(one) for one in shop.landed()] == list(range(1, count + 1))
    assert not any("again" in note or "gave" in note for note in report.notes)


def test_an_answer_that_is_an_array_and_pages_none_lands(shop: RestShop) -> None:
    shop.orders.wrap = False
    shop.declare({"orders": (["id", "updated_at"], {"path": "/orders", "params": {"limit": 50}})})
    shop.load().raise_for_problems()
    assert shop.ids() == list(range(1, 8))


def test_a_link_may_be_a_query_alone(shop: RestShop) -> None:
    shop.orders.bare_links = True
    declare(shop, PAGING["link in body"])
    shop.load().raise_for_problems()
    assert [int(one) for one in shop.landed()] == list(range(1, 8))


def test_a_stopped_pass_is_not_taken_up_by_another_declaration(shop: RestShop) -> None:
    shop.api.faults = [None, Reply("", 400)]
    assert shop.load().errors
    declare(shop, PAGING["offset"])
    shop.load().raise_for_problems()
    assert shop.ids() == list(range(1, 8))


def test_a_span_of_time_for_a_table_without_a_filter_is_said_to_be_idle(shop: RestShop) -> None:
    report = shop.load(Window(since=datetime(2026, 1, 1, tzinfo=UTC)))
    assert any("do not narrow it" in note for note in report.notes)


def test_one_connection_serves_all_pages(shop: RestShop) -> None:
    shop.load().raise_for_problems()
    assert len(shop.api.requests) == 3
    assert len({request.connection for request in shop.api.requests}) == 1


@pytest.mark.parametrize("kind", ["offset", "page"])
def test_a_list_that_moves_while_it_is_read_is_read_again(shop: RestShop, kind: str) -> None:
    """Deleting a read record moves the rest: page two would miss order 4."""
    declare(shop, PAGING[kind])

    def removes(request: Request) -> Reply | None:
        del request
        shop.orders.records = shop.orders.records[1:]
        return None

    shop.api.faults = [None, removes]
    report = shop.load()
    report.raise_for_problems()
    assert shop.ids() == list(range(1, 8))
    assert report.notes == () or "gave" in report.notes[0]
    assert shop.project.query("select count(*) = count(distinct source_file) from ops.loads") == [
        (True,)
    ]


def test_a_record_that_moves_to_the_end_is_noticed_without_a_total(shop: RestShop) -> None:
    declare(shop, {"kind": "offset", "param": "offset", **SIZE})

    def changes(request: Request) -> Reply | None:
        del request
        shop.orders.add(2, "2026-02-01T00:00:00Z")
        return None

    shop.api.faults = [None, changes]
    shop.load().raise_for_problems()
    assert shop.ids() == list(range(1, 8))
    assert (2, "2026-02-01T00:00:00Z") in shop.landed("id::int, updated_at")


@pytest.mark.parametrize("kind", ["offset", "page", "page without size"])
@pytest.mark.parametrize("after", [1, 3, 4])
@pytest.mark.parametrize("count", [1, 8])
def test_a_list_that_grows_at_its_head_loses_nothing(
    shop: RestShop, kind: str, after: int, count: int
) -> None:
    shop.orders.records = []
    for one in range(1, 15):
        shop.orders.add(one)
    declare(shop, PAGING[kind])

    def grows(request: Request) -> Reply:
        reply = shop.orders(request)
        for number in range(100, 100 + count):
            shop.orders.add(number, "2020-01-01T00:00:00Z")
        return reply

    shop.api.faults = [*[None] * (after - 1), grows]
    report = shop.load()
    report.raise_for_problems()
    assert set(shop.ids()) >= set(range(1, 15))
    assert not any("twice" in note for note in report.notes)
    assert len(shop.api.requests) < 40


@pytest.mark.parametrize("kind", ["offset", "page"])
def test_a_list_that_always_grows_at_its_head_is_said_to_move(shop: RestShop, kind: str) -> None:
    shop.orders.records = []
    for one in range(1, 30):
        shop.orders.add(one)
    declare(shop, PAGING[kind])
    number = iter(range(10_000, 100, -1))

    def grows(request: Request) -> Reply:
        reply = shop.orders(request)
        for _ in range(3):
            shop.orders.add(next(number), "2020-01-01T00:00:00Z")
        return reply

    shop.api.faults = [grows] * 200
    (error,) = shop.load().errors
    assert "moves faster than it can be read" in str(error)
    assert len(shop.api.requests) < 60


def test_a_server_that_gives_its_last_page_again_has_ended(shop: RestShop) -> None:
    def clamped(request: Request) -> Reply:
        page = str(min(int(request.query["page"]), 3))
        return shop.orders(replace(request, query={**request.query, "page": page}))

    shop.api.routes["/orders"] = clamped
    declare(shop, {name: value for name, value in PAGING["page"].items() if name != "total"})
    report = shop.load()
    report.raise_for_problems()
    assert [int(one) for one in shop.landed()] == list(range(1, 8))
    assert report.notes == ()


@pytest.mark.parametrize("kind", ["offset", "page", "page without size"])
def test_a_list_that_grows_at_its_end_is_read_once(shop: RestShop, kind: str) -> None:
    declare(shop, PAGING[kind])
    number = iter(range(100, 110))

    def grows(request: Request) -> Reply | None:
        del request
        shop.orders.add(next(number), "2026-02-01T00:00:00Z")
        return None

    shop.api.faults = [grows for _ in range(10)]
    shop.load().raise_for_problems()
    assert set(shop.ids()) >= set(range(1, 8))
    assert len(shop.landed()) == len(shop.ids())


@pytest.mark.parametrize("kind", ["offset", "page"])
def test_a_list_that_moves_too_fast_is_an_error_that_loses_nothing(
    shop: RestShop, kind: str
) -> None:
    declare(shop, PAGING[kind])
    number = iter(range(1, 10_000))

    def another(request: Request) -> Reply:
        shop.orders.records = [{"id": next(number), "updated_at": "2026"} for _ in range(7)]
        return shop.orders(request)

    shop.api.faults = [another for _ in range(100)]
    (error,) = shop.load().errors
    assert "moves faster than it can be read" in str(error)
    shop.api.faults = []
    shop.load().raise_for_problems()
    assert set(shop.ids()) >= {record["id"] for record in shop.orders.records}


def test_a_stable_list_is_not_checked(shop: RestShop) -> None:
    declare(shop, {**PAGING["page"], "stable": True})
    shop.load().raise_for_problems()
    assert shop.requested("page") == ["1", "2", "3"]


def test_a_server_that_gives_fewer_records_than_it_says_is_reported(shop: RestShop) -> None:
    declare(shop, PAGING["offset"])
    shop.api.faults = [Reply('{"orders": [{"id": 1, "updated_at": "2026"}], "count": 9}')] * 4
    report = shop.load()
    assert any("says that it has 9 records, and gave 1" in note for note in report.notes)


@pytest.mark.parametrize("kind", ["page", "offset", "keyset"])
@pytest.mark.parametrize("total", [{}, {"total": "count"}])
@pytest.mark.parametrize("cap", [2, 3])
def test_a_server_that_caps_its_pages_gives_all_its_records(
    shop: RestShop, kind: str, total: dict[str, str], cap: int
) -> None:
    shop.orders.most = cap
    declare(shop, {**PAGING[kind], "size": 5} | ({} if kind == "keyset" else total))
    report = shop.load()
    report.raise_for_problems()
    assert [int(one) for one in shop.landed()] == list(range(1, 8))
    assert report.notes == ()


def test_a_capped_list_with_a_deletion_is_not_ended_by_its_total(shop: RestShop) -> None:
    """Six of seven are read when 1 goes away: the total is six, and 7 is still to come."""
    shop.orders.most = 2
    declare(shop, {**PAGING["page"], "size": 5, "stable": True})

    def removes(request: Request) -> Reply | None:
        shop.orders.records = [{**r, "id": 99} if r["id"] == 1 else r for r in shop.orders.records]
        reply = str(shop.orders(request).body).replace('"count": 7', '"count": 6')
        return Reply(reply)

    shop.api.faults = [None, None, removes]
    shop.load().raise_for_problems()
    assert 7 in shop.ids()


def test_a_server_may_say_which_page_is_the_last(shop: RestShop) -> None:
    declare(shop, {"kind": "offset", "param": "offset", **SIZE, "more": "meta.more"})
    shop.load().raise_for_problems()
    assert shop.ids() == list(range(1, 8))
    assert len(shop.api.requests) == 3


@pytest.mark.parametrize("cap", [2, 100])
def test_a_keyset_that_gives_its_last_record_again_ends(shop: RestShop, cap: int) -> None:
    def inclusive(request: Request) -> Reply:
        least = int(request.query.get("since_id", 1)) - 1
        return shop.orders(replace(request, query={**request.query, "since_id": str(least)}))

    shop.orders.most = cap
    shop.api.routes["/orders"] = inclusive
    declare(shop, {**PAGING["keyset"], "size": 3})
    shop.load().raise_for_problems()
    assert shop.ids() == list(range(1, 8))


def test_a_page_that_comes_twice_lands_once(shop: RestShop) -> None:
    same = '{"orders": [{"id": 1, "updated_at": "2026"}], "meta": {"next": "%s"}}'
    shop.api.faults = [Reply(same % "MQ=="), Reply(same % "MA==")]
    report = shop.load()
    report.raise_for_problems()
    assert [int(one) for one in shop.landed()] == [1, *range(1, 8)]
    assert any("came twice in a row" in note for note in report.notes)


@pytest.mark.parametrize(
    ("paging", "message"),
    [
        ({"kind": "page", "param": "fields", "size": 3}, "it ignores 'fields'"),
        ({"kind": "offset", "param": "fields", "size": 3}, "it ignores 'fields'"),
        ({"kind": "cursor", "param": "fields", "cursor": "meta.next"}, "loops|it ignores"),
        ({"kind": "link", "next": "self"}, "loops|it ignores"),
    ],
)
def test_paging_that_is_not_heeded_stops_instead_of_going_round(
    shop: RestShop, paging: dict[str, Any], message: str
) -> None:
    same = Reply(
        '{"orders": [{"id": 1, "updated_at": "2026"}, {"id": 2, "updated_at": "2026"},'
        ' {"id": 3, "updated_at": "2026"}], "meta": {"next": "x"}, "self": "/orders?after=MA=="}'
    )
    shop.api.faults = [same] * 30
    declare(shop, paging)
    (error,) = shop.load().errors
    assert error.exit_code == 3
    assert any(part in str(error) for part in message.split("|"))
    assert len(shop.api.requests) < 15


def test_more_ties_than_a_page_holds_are_an_error_not_a_loop(shop: RestShop) -> None:
    """A keyset that is asked for `>=` gives the same page again."""
    tied = {"orders": [{"id": 5, "updated_at": "2026"}] * 3}
    shop.api.routes["/orders"] = lambda _: Reply(str(tied).replace("'", '"'))
    declare(shop, PAGING["keyset"])
    (error,) = shop.load().errors
    assert "larger pages" in str(error) or "it ignores" in str(error)


def test_a_link_to_another_host_gets_no_credentials(shop: RestShop) -> None:
    declare(shop, PAGING["link in body"])
    shop.api.faults = [
        Reply(
            '{"orders": [{"id": 1, "updated_at": "2"}],'
            ' "meta": {"link": "http://localhost:1/orders"}}'
        )
    ]
    (error,) = shop.load().errors
    assert "not the source's address" in str(error)
    assert shop.ids() == [1]
