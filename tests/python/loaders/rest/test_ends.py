"""Where a list ends, in whatever way its server says so; and what is no end."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from loaders.rest.server import Reply, Request
from loaders.rest.shop import INCREMENTAL, ORDERS, RestShop
from loaders.rest.test_paging import PAGING, declare
from storehouse.load_report import LoadReport
from storehouse.sources.exact_json import landed
from storehouse.sources.rest import ends
from storehouse.sources.rest.records import Node
from storehouse.warehouse import connect

ENDS = {
    "204": Reply("", 204),
    "205": Reply("", 205),
    "404": Reply('{"detail": "Invalid page."}', 404),
    "400": Reply('{"message": "no such page"}', 400),
    "416": Reply("", 416),
    "422": Reply("", 422),
    "410": Reply("gone", 410),
    "200 without content": Reply("", 200),
    "an empty object": Reply("{}", 200),
    "an empty list": Reply("[]", 200),
    "null": Reply(" null ", 200),
}
PLAIN = {
    kind: {name: said for name, said in PAGING[kind].items() if name != "total"}
    for kind in ("page", "page without size", "offset", "keyset")
}


def ending(shop: RestShop, end: Reply) -> Callable[[Request], Reply]:
    """A server that answers with `end` where no records are."""

    def answer(request: Request) -> Reply:
        reply = shop.orders(request)
        return reply if json.loads(reply.body)["orders"] else end

    return answer


@pytest.mark.parametrize(
    ("end", "kind", "stable", "count"),
    [
        *[(end, "page", True, 6) for end in ENDS],
        *[("404", kind, stable, count) for kind in PLAIN
          for stable in (True, False) for count in (6, 7)],
    ],
)  # fmt: skip
def test_a_list_ends_where_its_server_says_so(
    shop: RestShop, end: str, kind: str, stable: bool, count: int
) -> None:
    shop.api.routes["/orders"] = ending(shop, ENDS[end])
    shop.orders.records = shop.orders.records[:count]
    is_counted = kind != "keyset"
    declare(shop, {**PLAIN[kind], **({"stable": stable} if is_counted else {})})
    report = shop.load()
    report.raise_for_problems()
    assert [int(one) for one in shop.landed()] == list(range(1, count + 1))
    # A full page is no sure end, unless the last record of an offset was seen to be the last.
    is_sure = count == 7 or (kind == "offset" and not stable)
    assert [note for note in report.notes if "taken for the end" in note] == list(report.notes)
    assert len(report.notes) == (0 if is_sure else 1)


@pytest.mark.parametrize("end", ["204", "400", "200 without content", "an empty object"])
@pytest.mark.parametrize("sign", [{"total": "count"}, {"more": "meta.more"}])
def test_what_looks_like_an_end_is_an_error_where_more_was_said_to_follow(
    shop: RestShop, end: str, sign: dict[str, str]
) -> None:
    declare(shop, {**PLAIN["page"], **sign, "stable": True})
    shop.api.faults = [None, ENDS[end], ENDS[end]]
    (error,) = shop.load().errors
    assert error.exit_code == 3
    assert "says that there is more" in str(error)
    assert "GET /orders?per_page=3&page=2" in str(error)
    shop.api.faults = []
    shop.load().raise_for_problems()
    assert shop.ids() == list(range(1, 8))


@pytest.mark.parametrize(
    ("end", "kind"),
    [*[(end, "page") for end in ENDS if end not in ("204", "205")],
     *[("200 without content", kind) for kind in PAGING]],
)  # fmt: skip
def test_a_first_answer_that_is_no_page_is_no_empty_list(
    shop: RestShop, end: str, kind: str
) -> None:
    declare(shop, PAGING[kind])
    shop.api.faults = [ENDS[end]] * 4
    (error,) = shop.load().errors
    assert error.exit_code == 3
    assert "s.orders: GET /orders" in str(error)
    shop.api.faults = []
    shop.load().raise_for_problems()
    assert shop.ids() == list(range(1, 8))


@pytest.mark.parametrize("kind", ["page", "cursor", "keyset", "link in header"])
def test_no_content_is_an_empty_list(shop: RestShop, kind: str) -> None:
    declare(shop, PAGING[kind])
    shop.api.faults = [Reply("", 204)]
    report = shop.load()
    report.raise_for_problems()
    assert shop.landed() == []


def test_an_answer_without_content_may_be_a_fault_that_passes(shop: RestShop) -> None:
    declare(shop, {**PLAIN["page"], "stable": True})
    shop.api.faults = [Reply(""), None, Reply(""), None]
    shop.load().raise_for_problems()
    assert shop.ids() == list(range(1, 8))


@pytest.mark.parametrize("kind", ["page", "page without size"])
def test_a_page_that_is_gone_since_records_moved_hides_none(shop: RestShop, kind: str) -> None:
    """One of seven goes away after two pages: 7 has moved to the second, the third is refused."""
    shop.api.routes["/orders"] = ending(shop, ENDS["404"])
    declare(shop, PLAIN[kind])

    def removes(request: Request) -> Reply:
        reply = shop.orders(request)
        shop.orders.records = shop.orders.records[1:]
        return reply

    # The first page, the second, and the first again to see that it stands.
    shop.api.faults = [None, None, removes]
    shop.load().raise_for_problems()
    assert shop.ids() == list(range(1, 8))


NO_PLACES = [
    "false", "0", '"0"', "0.0", "-0", '""', '" "', "null", "[]", "[ ]", "{}", "{ }", '"false"',
    '"null"',
]  # fmt: skip
# Texts that some language reads as zero or as nothing are cursors like others.
PLACES = [
    '"a"', "1", '"1"', "-1", '"no"', '" 0x"', "1e400", "[1]", '{"id": 1}', '"0e52"', '"0000"',
    '"0.0"', '"-0"', '"None"', '"NULL"', '"undefined"',
]  # fmt: skip


@pytest.mark.parametrize("zero", [False, True])
def test_a_next_place_is_told_from_none(zero: bool) -> None:
    def found(raw: str) -> str | None:
        return ends.following(Node(f'{{"next": {raw}}}'), ("next",), zero=zero)

    zeros = ["0", '"0"', "0.0", "-0"]
    for raw in NO_PLACES:
        assert (found(raw) is None) == (not zero or raw not in zeros), raw
    for raw in PLACES:
        assert found(raw) == landed(raw)
    assert ends.following(Node('{"a": 1}'), ("next",)) is None
    with pytest.raises(ValueError, match="true at 'next'"):
        found("true")


def test_whether_more_follows_may_be_said_in_any_way() -> None:
    def found(raw: str) -> bool | None:
        return ends.goes_on(Node(f'{{"more": {raw}}}'), ("more",))

    for raw in (*NO_PLACES, '"None"', '"False"', '"NO"', '"n"', '"off"'):
        assert found(raw) is False, raw
    for raw in (
        "true",
        "1",
        '"1"',
        '"true"',
        '"yes"',
        "-1",
        "[1]",
        '"/orders?page=2"',
        "1e400",
        '"0e52"',
    ):
        assert found(raw) is True, raw
    assert found('"0e52"') is True  # a cursor in place of a sign
    assert ends.goes_on(Node('{"a": 1}'), ("more",)) is None


def test_a_count_is_a_number_or_its_text() -> None:
    def found(raw: str) -> int | None:
        return ends.count(Node(f'{{"total": {raw}}}'), ("total",))

    for raw in ("7", '"7"', "7.0", "0.7e1", '" 7 "'):
        assert found(raw) == 7, raw
    assert found("0") == 0
    assert found("null") is None
    for raw in ("-1", '"many"', "7.5", "true", "[7]", "1e999999999", '"1,000"', '""'):
        with pytest.raises(ValueError, match="which is no count"):
            found(raw)


@pytest.mark.parametrize("last", ["false", "0", "{}"])
@pytest.mark.parametrize(
    "paging",
    [{"kind": "cursor", "param": "after", "cursor": "next"}, {"kind": "link", "next": "next"}],
)
def test_a_next_place_that_is_none_is_the_end(
    shop: RestShop, paging: dict[str, str], last: str
) -> None:
    pages = [
        '{"orders": [{"id": 1, "updated_at": "2"}], "next": "?after=1"}',
        '{"orders": [{"id": 2, "updated_at": "2"}], "next": ' + last + "}",
    ]
    shop.api.faults = [*map(Reply, pages)]
    declare(shop, paging)
    report = shop.load()
    report.raise_for_problems()
    assert shop.landed() == ["1", "2"]
    assert len(shop.api.requests) == 2
    assert report.notes == ()


def test_a_cursor_of_zero_is_a_place_where_more_is_said_to_follow(shop: RestShop) -> None:
    pages = [
        '{"orders": [{"id": 1, "updated_at": "2"}], "next": 0, "more": true}',
        '{"orders": [{"id": 2, "updated_at": "2"}], "next": 5, "more": false}',
    ]
    shop.api.faults = [*map(Reply, pages)]
    declare(shop, {"kind": "cursor", "param": "after", "cursor": "next", "more": "more"})
    shop.load().raise_for_problems()
    assert shop.asked("after") == [None, "0"]
    assert shop.landed() == ["1", "2"]


@pytest.mark.parametrize("more", ['"0"', '"false"', "null"])
@pytest.mark.parametrize("kind", ["cursor", "page"])
def test_more_may_be_denied_in_any_way(shop: RestShop, kind: str, more: str) -> None:
    body = '{"orders": [{"id": 1, "updated_at": "2"}], "meta": {"next": "x", "more": %s}}'
    shop.api.faults = [Reply(body % more)]
    declare(shop, {**PLAIN.get(kind, PAGING["cursor"]), "more": "meta.more"})
    shop.load().raise_for_problems()
    assert len(shop.api.requests) == 1


@pytest.mark.parametrize("next_page", ["null", "false", '""'])
def test_more_without_a_place_to_go_on_from_is_an_error(shop: RestShop, next_page: str) -> None:
    body = '{"orders": [{"id": 1, "updated_at": "2"}], "meta": {"next": %s, "more": true}}'
    shop.api.faults = [Reply(body % next_page)]
    declare(shop, PAGING["cursor and more"])
    (error,) = shop.load().errors
    assert "'meta.more' that there is more, and has no cursor at 'meta.next'" in str(error)


@pytest.mark.parametrize("place", ["true", '{"href": "/orders?after=Mw=="}'])
def test_a_next_place_that_is_no_address_is_an_error(shop: RestShop, place: str) -> None:
    shop.api.faults = [Reply(f'{{"orders": [{{"id": 1, "updated_at": "2"}}], "next": {place}}}')]
    declare(shop, {"kind": "link", "next": "next"})
    (error,) = shop.load().errors
    assert "'next'" in str(error)


@pytest.mark.parametrize("kind", ["page", "offset"])
@pytest.mark.parametrize("stable", [True, False])
def test_an_empty_page_is_no_end_where_more_is_said_to_follow(
    shop: RestShop, kind: str, stable: bool
) -> None:
    """The server's filter takes the second page away whole."""
    numbers = [1, 2, 3, None, None, None, 7, 8, 9]

    def filtered(request: Request) -> Reply:
        query = request.query
        page = int(query.get("page", 1))
        start = int(query["offset"]) if "offset" in query else (page - 1) * 3
        found = [n for n in numbers[start : start + 3] if n]
        orders = [{"id": n, "updated_at": "2026"} for n in found]
        return Reply(json.dumps({"orders": orders, "meta": {"more": start + 3 < len(numbers)}}))

    shop.api.routes["/orders"] = filtered
    declare(shop, {**PLAIN[kind], "more": "meta.more", "stable": stable})
    shop.load().raise_for_problems()
    assert set(shop.ids()) == {1, 2, 3, 7, 8, 9}


def test_empty_pages_without_end_are_an_error(shop: RestShop) -> None:
    shop.api.routes["/orders"] = lambda _: Reply('{"orders": [], "meta": {"more": true}}')
    declare(shop, {**PLAIN["page"], "more": "meta.more"})
    (error,) = shop.load().errors
    assert "pages on end are empty" in str(error)
    assert len(shop.api.requests) < 120


EXPIRED = [
    *[Reply('{"error": "cursor expired"}', status) for status in (400, 404, 410, 422)],
    Reply('{"errors": [{"message": "cursor expired"}]}'),
]


@pytest.mark.parametrize("expired", EXPIRED, ids=["400", "404", "410", "422", "errors"])
@pytest.mark.parametrize("kind", ["cursor", "page", "offset"])
def test_a_stored_place_that_is_gone_begins_the_pass_anew_and_says_so(
    shop: RestShop, kind: str, expired: Reply
) -> None:
    incremental = {**INCREMENTAL, "start": "2025-01-01"}
    shop.declare(
        {"orders": (["id", "updated_at"], {**ORDERS, "paging": PAGING[kind],
                                           "incremental": incremental})},
        errors="errors",
    )  # fmt: skip
    shop.api.faults = [None, None, Reply("", 501), Reply("", 501)]
    assert shop.load().errors
    landed = len(shop.landed())
    assert landed >= 3
    before = len(shop.api.requests)
    shop.api.faults = [expired]
    report = shop.load()
    report.raise_for_problems()
    assert shop.ids() == list(range(1, 8))
    (note,) = report.notes
    assert "can't go on from there" in note
    assert "expired" in note
    assert shop.asked("since")[before + 1] == "2025-01-01T00:00:00Z"
    assert shop.load().notes == ()


def test_a_beginning_that_is_refused_too_is_an_error(shop: RestShop) -> None:
    shop.api.faults = [None, Reply("", 501)]
    assert shop.load().errors
    before = len(shop.api.requests)
    shop.api.faults = [EXPIRED[0]] * 5
    (error,) = shop.load().errors
    assert "it answered 400" in str(error)
    assert len(shop.api.requests) - before == 2
    shop.api.faults = []
    shop.load().raise_for_problems()
    assert shop.ids() == list(range(1, 8))


def test_a_cursor_that_the_server_just_gave_is_no_end(shop: RestShop) -> None:
    shop.api.faults = [None, Reply("", 404)]
    (error,) = shop.load().errors
    assert "it answered 404" in str(error)
    report = shop.load()
    report.raise_for_problems()
    assert shop.ids() == list(range(1, 8))


KEYSET = {**PAGING["keyset"], "size": 2}
STABLE = {name: {**PLAIN[name], "size": 2, "stable": True} for name in ("page", "offset")}


def refusing(shop: RestShop, end: Reply) -> Callable[[Request], Reply]:
    """A server that answers with `end` from record 5 on, though there are seven."""

    def answer(request: Request) -> Reply:
        query = request.query
        start = (int(query.get("page", 1)) - 1) * 2 or int(query.get("offset", 0))
        return end if max(start, int(query.get("since_id", 0))) >= 4 else shop.orders(request)

    return answer


@pytest.mark.parametrize(
    ("end", "paging"),
    [
        *[(end, KEYSET) for end in ("204", "410", "200 without content", "an empty object")],
        ("404", STABLE["page"]),
        ("422", STABLE["offset"]),
    ],
)
def test_a_list_that_is_refused_in_its_middle_deletes_nothing(
    shop: RestShop, end: str, paging: dict[str, Any]
) -> None:
    """What has landed of it lives, though the server refuses to go deeper, or fails."""
    sweep = {"into": "deletions", "entity": "order", "path": "/keys", "paging": paging}
    shop.api.routes["/keys"] = refusing(shop, ENDS[end])
    shop.declare(
        {
            "orders": (["id", "updated_at"], {**ORDERS, "sweep": sweep}),
            "deletions": (["entity", "entity_id", "deleted_at"], {}),
        }
    )
    (error,) = shop.load().errors
    assert "Nothing is marked as deleted" in str(error)
    assert shop.landed("entity_id", "deletions") == []
    shop.api.routes["/keys"] = shop.orders
    shop.load().raise_for_problems()
    assert shop.landed("entity_id", "deletions") == []


def loaded(shop: RestShop, hours: int) -> LoadReport:
    report = shop.load(now=lambda: datetime(2026, 3, 1, 12 + hours, tzinfo=UTC))
    report.raise_for_problems()
    return report


@pytest.mark.parametrize(
    ("end", "paging"),
    [
        ("404", KEYSET),
        ("204", KEYSET),
        ("an empty object", STABLE["page"]),
        ("404", STABLE["page"]),
        ("400", STABLE["offset"]),
    ],
)
def test_what_a_refusal_in_the_middle_hides_is_read_by_the_next_load(
    shop: RestShop, end: str, paging: dict[str, Any]
) -> None:
    """The watermark does not move by an end that was only taken for one."""
    declare(shop, paging, incremental={**INCREMENTAL, "overlap_minutes": 0})
    shop.api.routes["/orders"] = refusing(shop, ENDS[end])
    notes = loaded(shop, 0).notes
    assert ["taken for the end" in note for note in notes] == [True, False]
    assert "the watermark stays where it was" in notes[1]
    assert shop.ids() == [1, 2, 3, 4]
    shop.api.routes["/orders"] = shop.orders
    assert loaded(shop, 1).notes == ()
    assert shop.ids() == list(range(1, 8))
    before = len(shop.api.requests)
    loaded(shop, 2)
    assert shop.asked("since")[before:] == ["2026-03-01T13:00:00Z"]


@pytest.mark.parametrize("end", ["204", "404", "400"])
def test_an_end_that_two_loads_have_seen_moves_the_watermark(shop: RestShop, end: str) -> None:
    """Not so a 400 or 422, by which servers refuse to go deeper; a longer list is sure again."""
    declare(shop, STABLE["page"], incremental={**INCREMENTAL, "overlap_minutes": 0})
    shop.orders.records = shop.orders.records[:4]
    shop.api.routes["/orders"] = ending(shop, ENDS[end])
    loaded(shop, 0)
    loaded(shop, 1)
    before = len(shop.api.requests)
    shop.orders.add(5)
    shop.orders.heeds_filter = False
    loaded(shop, 2)
    is_moved = end not in ("400", "422")
    assert shop.asked("since")[before] == ("2026-03-01T13:00:00Z" if is_moved else None)
    before = len(shop.api.requests)
    loaded(shop, 3)
    assert shop.asked("since")[before] == "2026-03-01T14:00:00Z"


def test_a_stopped_pass_keeps_in_mind_that_an_end_was_not_sure(shop: RestShop) -> None:
    """Of two windows the first ends by a refusal, the second is stopped."""
    window = {"until_param": "until", "start": "2026-01-01", "window_hours": 24 * 40}
    incremental = {**INCREMENTAL, "overlap_minutes": 0, **window}
    declare(shop, STABLE["page"], incremental=incremental)
    shop.orders.records = shop.orders.records[:5]
    shop.api.faults = [None, Reply("", 404), Reply("", 501)]
    assert shop.load(now=lambda: datetime(2026, 3, 1, 12, tzinfo=UTC)).errors
    assert shop.ids() == [1, 2]
    loaded(shop, 1)
    loaded(shop, 2)
    assert shop.ids() == [1, 2, 3, 4, 5]


@pytest.mark.parametrize("end", ["204", "an empty object"])
def test_a_short_page_that_names_the_next_is_no_sure_end(shop: RestShop, end: str) -> None:
    declare(shop, PAGING["cursor"], incremental={**INCREMENTAL, "overlap_minutes": 0})
    shop.orders.most = 2
    shop.api.faults = [None, ENDS[end], ENDS[end] if end != "204" else None]
    assert "taken for the end" in loaded(shop, 0).notes[0]
    shop.api.faults = []
    loaded(shop, 1)
    assert shop.ids() == list(range(1, 8))


ABSENT: list[tuple[dict[str, Any], str, str]] = [
    ({**PLAIN["page"], "total": "meta.total"}, "`paging.total` is 'meta.total'", ""),
    ({**PLAIN["page"], "total": "Count"}, "there is 'count'", ""),
    ({**PLAIN["page"], "more": "has_more"}, "`paging.more` is 'has_more'", ""),
    ({**PLAIN["page"], "total": "meta.more"}, "is no count", ""),
    ({"kind": "cursor", "param": "after", "cursor": "token"}, "taken for the whole list", ""),
    ({"kind": "link", "next": "links.following"}, "taken for the whole list", ""),
    ({"kind": "cursor", "param": "after", "cursor": "next"}, "", "there is 'meta.next'"),
    ({"kind": "cursor", "param": "after", "cursor": "data.meta.next"}, "", "there is 'meta.next'"),
    ({"kind": "cursor", "param": "after", "cursor": "meta.Next"}, "", "there is 'meta.next'"),
    ({"kind": "link", "next": "meta.links"}, "there is 'meta.link'", ""),
]  # fmt: skip


@pytest.mark.parametrize(("paging", "note", "error"), ABSENT)
def test_a_path_that_matches_nothing_is_said_at_the_first_answer(
    shop: RestShop, paging: dict[str, Any], note: str, error: str
) -> None:
    declare(shop, paging)
    report = shop.load()
    if error:
        (found,) = report.errors
        assert error in str(found)
        assert shop.landed() == []
    else:
        report.raise_for_problems()
        (said,) = report.notes
        assert note in said
        assert said.startswith("s.orders: GET /orders")


@pytest.mark.parametrize("kind", ["cursor", "link in body", "link in header"])
def test_a_path_that_matched_before_may_be_absent_where_nothing_follows(
    shop: RestShop, kind: str
) -> None:
    declare(shop, PAGING[kind], incremental=INCREMENTAL)
    shop.load().raise_for_problems()
    shop.api.faults = [Reply('{"orders": [{"id": 9, "updated_at": "2099-01-01T00:00:00Z"}]}')]
    report = shop.load()
    report.raise_for_problems()
    assert report.notes == ()
    assert 9 in shop.ids()


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ('{"data": {"orders": []}}', "nothing at 'orders'; there is 'data.orders'"),
        ('{"Orders": []}', "there is 'Orders'"),
        ('{"items": [], "page": 1}', "it has items, page"),
        ('{"items": [{"id": 1}]}', "nothing at 'orders'; it has items"),
        ('{"orders": [], "error": {"code": 403, "message": "ok"}}', "says error"),
        ('{"orders": [], "error": {"message": "no rights"}}', "says error"),
        ('{"orders": [], "errors": ["no rights"]}', "says errors"),
        ('{"orders": [], "success": false}', "says success: false"),
        ('{"orders": {"1": {"id": 1}, "2": {"id": 2}}}', "an object of records"),
        ('{"orders": [{"id": 1, "updated_at": ""}, "x"]}', "record 2 of 2 is no object"),
        ('{"orders": [[{"id": 1}]]}', "record 1 of 1 is no object"),
        ('{"orders": "none"}', "record 1 of 1 is no object"),
        ('{"orders": [{"ID": 1, "updated_at": ""}]}', "has id; it has ID, updated_at"),
    ],
)
def test_an_answer_that_only_looks_empty_is_an_error(shop: RestShop, body: str, said: str) -> None:
    shop.api.faults = [Reply(body)]
    (error,) = shop.load().errors
    assert said in str(error)
    assert shop.landed() == []


@pytest.mark.parametrize(
    "body",
    [
        '{"orders": null, "links": [{"rel": "self", "href": "/orders"}]}',
        '{"orders": [], "error": {"code": 0, "message": "done"}}',
        '{"orders": [], "errors": {"message": null, "status": ""}, "success": true}',
    ],
)
def test_an_empty_list_is_none_whatever_stands_beside_it(shop: RestShop, body: str) -> None:
    shop.api.faults = [Reply(body)]
    report = shop.load()
    report.raise_for_problems()
    assert report.notes == ()
    assert shop.landed() == []


@pytest.mark.parametrize("body", ["null", "[]"])
def test_a_list_at_the_top_may_be_null(shop: RestShop, body: str) -> None:
    shop.api.faults = [Reply(body)]
    shop.declare({"orders": (["id", "updated_at"], {"path": "/orders"})})
    shop.load().raise_for_problems()
    assert shop.landed() == []


def test_an_error_beside_no_records_may_be_the_end_of_a_list(shop: RestShop) -> None:
    """Not surely: the watermark waits until the next load sees it as well."""
    end = Reply('{"orders": [], "success": false, "message": "no such page"}')
    shop.orders.records = shop.orders.records[:4]
    shop.api.routes["/orders"] = ending(shop, end)
    declare(shop, STABLE["page"], incremental=INCREMENTAL)
    notes = loaded(shop, 0).notes
    assert "says success: false" in notes[0]
    assert "the watermark stays where it was" in notes[1]
    loaded(shop, 1)
    assert shop.landed() == ["1", "2", "3", "4"] * 2
    before = len(shop.api.requests)
    shop.orders.add(5, "2027-01-01T00:00:00Z")
    loaded(shop, 2)
    assert shop.asked("since")[before] == "2026-03-01T12:50:00Z"


def test_a_name_like_that_of_the_cursor_is_none_where_no_more_follows(shop: RestShop) -> None:
    shop.api.faults = [
        Reply('{"orders": [{"id": 1, "updated_at": "2"}], "nextPage": 1, "has_more": false}')
    ]
    paging = {"kind": "cursor", "param": "page", "cursor": "next_page", "more": "has_more"}
    declare(shop, paging)
    shop.load().raise_for_problems()
    assert shop.landed() == ["1"]


@pytest.mark.parametrize("host", ["127.0.0.1", "elsewhere.example"])
def test_a_link_that_was_stored_as_the_api_named_it_is_left(shop: RestShop, host: str) -> None:
    """Former releases stored addresses with their scheme; one elsewhere begins the pass anew."""
    declare(shop, PAGING["link in header"])
    shop.api.faults = [None, Reply("", 501)]
    assert shop.load().errors
    port = shop.api.address.rpartition(":")[2]
    with connect(shop.project.settings()) as con:
        con.execute(
            'update ops.load_states set state = replace(state, \'{"link": "/\', ?)',
            [f'{{"link": "https://{host}:{port}/'],
        )
    assert f"https://{host}" in str(shop.project.query("select state from ops.load_states"))
    shop.api.faults = []
    report = shop.load()
    report.raise_for_problems()
    assert shop.ids() == list(range(1, 8))
    is_elsewhere = host == "elsewhere.example"
    assert len(shop.landed()) == (10 if is_elsewhere else 7)
    assert [note for note in report.notes if "the list is read anew" in note] == (
        list(report.notes) if is_elsewhere else []
    )


def test_records_that_are_null_do_not_land_and_are_said(shop: RestShop) -> None:
    shop.api.faults = [
        Reply(
            '{"orders": [{"id": 1, "updated_at": "2"}, null, {"id": 2, "updated_at": "2"}, null]}'
        )
    ]
    report = shop.load()
    report.raise_for_problems()
    assert shop.landed() == ["1", "2"]
    assert any("2 of 4 records of orders are null" in note for note in report.notes)


@pytest.mark.parametrize("empty", ["null", "false", '""', "{}", "[]"])
def test_a_nested_list_that_is_none_has_no_records(shop: RestShop, empty: str) -> None:
    shop.api.faults = [Reply(f'{{"orders": [{{"id": 1, "updated_at": "2", "lines": {empty}}}]}}')]
    shop.declare(
        {
            "orders": (["id", "updated_at"], ORDERS),
            "lines": (["sku"], {"of": "orders", "records": "orders.lines"}),
        }
    )
    shop.load().raise_for_problems()
    assert shop.landed("sku", "lines") == []


def test_columns_of_which_records_have_none_are_missing_though_all_are_optional(
    shop: RestShop,
) -> None:
    columns = [{"name": name, "config": {"meta": {"optional": True}}} for name in ("no", "date")]
    shop.declare({"orders": (columns, {**ORDERS, "key": []})})
    (error,) = shop.load().errors
    assert "3 records of orders has no, date; it has id, updated_at" in str(error)
