"""Where a list ends, in whatever way its server says so; and what is no end."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from loaders.rest.server import Reply, Request
from loaders.rest.shop import RestShop
from loaders.rest.test_paging import PAGING, declare
from storehouse.sources.exact_json import landed
from storehouse.sources.rest import ends
from storehouse.sources.rest.records import Node

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
    kind: {name: value for name, value in PAGING[kind].items() if name != "total"}
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
        with pytest.raises(ValueError, match="which is not a count"):
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
    assert shop.requested("after") == [None, "0"]
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
    assert "pages in a row are empty" in str(error)
    assert len(shop.api.requests) < 120
