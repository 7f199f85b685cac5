"""Lists inside records that go on: at any depth, with what their records hold."""

from __future__ import annotations

import json
import re
import signal
import subprocess
from queue import SimpleQueue
from typing import Any

import pytest

from loaders.rest.server import Reply, Request
from loaders.rest.shop import RestShop, column
from storehouse.core.errors import ConfigError

REST = "query($parcel: ID!, $after: String) { parcel { lines { nodes pageInfo } } }"
DRAIN: dict[str, Any] = {
    "query": REST,
    "records": "data.parcel",
    "id": "id",
    "id_param": "parcel",
    "param": "after",
    "cursor": "lines.pageInfo.endCursor",
    "more": "lines.pageInfo.hasNextPage",
}
PARCELS = "data.orders.parcels"
TABLES: dict[str, Any] = {
    "orders": (["id"], {"path": "/graphql", "query": "{ orders }", "records": "data.orders"}),
    "lines": (
        [column("id"), column("parcel_id", "^.id"), column("order_id", "^.^.id")],
        {"of": "orders", "records": f"{PARCELS}.lines.nodes", "drain": DRAIN},
    ),
    "taxes": (
        [column("amount"), column("line_id", "^.id"), column("order_id", "^.^.^.id")],
        {"of": "orders", "records": f"{PARCELS}.lines.nodes.taxes"},
    ),
}

SIZE, COUNT = 2, 7
REQUESTS = 1 + 4 * 3


def lines(parcel: str, start: int) -> dict[str, Any]:
    numbers = range(start, min(start + SIZE, COUNT))
    nodes = [{"id": f"{parcel}{n}", "taxes": [{"amount": f"{n}.10"}]} for n in numbers]
    more = start + SIZE < COUNT
    return {
        "nodes": nodes,
        "pageInfo": {"hasNextPage": more, "endCursor": str(start + SIZE)},
    }


def answer(request: Request) -> Reply:
    variables = request.json["variables"]
    if request.json["query"] == REST:
        found = lines(variables["parcel"], int(variables["after"]))
        return Reply(json.dumps({"data": {"parcel": {"lines": found}}}))
    parcels = {order: [f"{order}1", f"{order}2"] for order in "ab"}
    orders = [
        {"id": order, "parcels": [{"id": one, "lines": lines(one, 0)} for one in parcels[order]]}
        for order in parcels
    ]
    return Reply(json.dumps({"data": {"orders": orders}}))


def test_a_list_that_goes_on_is_read_to_its_end_with_what_its_records_hold(shop: RestShop) -> None:
    shop.api.routes["/graphql"] = answer
    shop.declare(TABLES)
    shop.load().raise_for_problems()
    parcels = [(order, f"{order}{number}") for order in "ab" for number in (1, 2)]
    assert sorted(shop.landed("order_id, parcel_id, id", "lines")) == [
        (order, parcel, f"{parcel}{n}") for order, parcel in parcels for n in range(COUNT)
    ]
    assert sorted(shop.landed("order_id, line_id, amount", "taxes")) == [
        (order, f"{parcel}{n}", f"{n}.10") for order, parcel in parcels for n in range(COUNT)
    ]
    assert len(set(shop.landed("_source_file", "lines"))) == 1
    assert len(shop.api.requests) == REQUESTS


def test_a_load_that_is_killed_while_a_list_goes_on_leaves_nothing_of_its_record(
    shop: RestShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.api.routes["/graphql"] = answer
    shop.declare(TABLES)
    monkeypatch.setenv("S_URL", shop.api.address)
    running: SimpleQueue[subprocess.Popen[str]] = SimpleQueue()

    def kill(_: Request) -> Reply:
        running.get().kill()
        return Reply(then="reset")

    for request in (1, 2, 7, REQUESTS):
        shop.api.faults = [*[None] * (request - 1), kill]
        process = shop.project.run()
        running.put(process)
        process.communicate(timeout=60)
        assert process.returncode == -signal.SIGKILL
        assert shop.landed("id", "orders") == shop.landed("id", "lines") == []
    shop.load().raise_for_problems()
    assert len(shop.landed("id", "lines")) == 4 * COUNT
    assert len(set(shop.landed("id", "lines"))) == 4 * COUNT


def test_a_record_with_half_a_list_does_not_land(shop: RestShop) -> None:
    shop.api.routes["/graphql"] = answer
    shop.api.faults = [None, None, Reply("", 404)]
    shop.declare(TABLES)
    (error,) = shop.load().errors
    assert "404" in str(error)
    assert shop.landed("id", "orders") == shop.landed("id", "lines") == []


LINES = {
    "kind": "offset",
    "param": "skip",
    "size_param": "take",
    "size": 2,
}
BY_PLACE: dict[str, Any] = {
    "path": "/orders/{id}/lines",
    "records": "lines",
    "id": "id",
    "total": "line_count",
    "paging": LINES,
}


def declare_by_place(shop: RestShop, count: int = COUNT, **drain: Any) -> list[int]:
    """Orders a and b with `count` lines each, of which an answer holds two; the list of lines."""
    numbers = list(range(count))

    def line(number: int) -> dict[str, Any]:
        return {"id": number, "taxes": [{"amount": number}]}

    def listed(_: Request) -> Reply:
        orders = [
            {"id": one, "lines": list(map(line, numbers[:SIZE])), "line_count": len(numbers)}
            for one in "ab"
        ]
        return Reply(json.dumps({"orders": orders}))

    def rest(request: Request) -> Reply:
        query = dict(request.query)
        take = int(query.pop("take"))
        start = int(query.pop("skip", 0)) or (int(query.pop("page", 1)) - 1) * take
        found = [line(number) for number in numbers[start : start + take]]
        return Reply(json.dumps({"lines": found, "count": len(numbers)}), 200 if not query else 400)

    declared = {**BY_PLACE, **drain}
    shop.api.routes["/orders"] = listed
    shop.api.routes |= {f"/orders/{one}/lines": rest for one in "ab"}
    shop.declare(
        {
            "orders": (
                ["id", column("line_count", optional=True)],
                {"path": "/orders", "records": "orders"},
            ),
            "lines": (
                [column("line_id", "id"), column("order_id", "^.id")],
                {"of": "orders", "records": "orders.lines", "drain": declared},
            ),
            "taxes": (
                ["amount", column("line_id", "^.id"), column("order_id", "^.^.id")],
                {"of": "orders", "records": "orders.lines.taxes"},
            ),
        }
    )
    return numbers


def check_by_place(shop: RestShop, numbers: list[int]) -> None:
    expected = [(order, str(number)) for order in "ab" for number in numbers]
    assert sorted(shop.landed("order_id, line_id", "lines")) == sorted(expected)
    assert sorted(shop.landed("order_id, line_id, amount", "taxes")) == sorted(
        (order, number, number) for order, number in expected
    )


@pytest.mark.parametrize("count", [0, 1, 2, 3, 4, 7])
@pytest.mark.parametrize(
    "drain",
    [
        {},
        {"paging": {**LINES, "total": "count"}},
        {"paging": {**LINES, "kind": "page", "param": "page"}},
        {"paging": {**LINES, "stable": True}},
    ],
    ids=["offset", "offset with total", "page", "stable"],
)
def test_a_list_is_drained_by_place(shop: RestShop, drain: dict[str, Any], count: int) -> None:
    numbers = declare_by_place(shop, count, **drain)
    report = shop.load()
    report.raise_for_problems()
    check_by_place(shop, numbers)
    assert report.notes == ()
    is_asked_for = count > SIZE
    assert any("/lines" in request.path for request in shop.api.requests) == is_asked_for


def test_a_list_that_is_as_long_as_an_answer_holds_is_drained_where_nothing_counts_it(
    shop: RestShop,
) -> None:
    numbers = declare_by_place(shop, 5)
    declared = {name: one for name, one in BY_PLACE.items() if name != "total"}
    shop.declare(
        {
            "orders": (
                ["id", column("line_count", optional=True)],
                {"path": "/orders", "records": "orders"},
            ),
            "lines": (
                [column("line_id", "id"), column("order_id", "^.id"), column("taxes")],
                {"of": "orders", "records": "orders.lines", "drain": declared},
            ),
        }
    )
    shop.load().raise_for_problems()
    assert sorted(shop.landed("order_id, line_id", "lines")) == [
        (order, str(number)) for order in "ab" for number in numbers
    ]


def test_a_list_that_moves_while_it_is_drained_lands_as_it_is_in_the_end(shop: RestShop) -> None:
    """The first line goes away behind the second page: the third would miss one."""
    numbers = declare_by_place(shop)

    def removes(_: Request) -> None:
        numbers.pop(0)

    shop.api.faults = [None, None, None, removes]
    shop.load().raise_for_problems()
    check_by_place(shop, numbers)


@pytest.mark.parametrize("wrong", [{"total": "count"}, {"more": "has_more", "total": "lines.n"}])
def test_a_drain_that_can_not_tell_asks_and_says_so(shop: RestShop, wrong: dict[str, Any]) -> None:
    numbers = declare_by_place(shop, **wrong)
    report = shop.load()
    report.raise_for_problems()
    check_by_place(shop, numbers)
    assert any("there is nothing in the record that holds its list" in one for one in report.notes)


@pytest.mark.parametrize(
    ("drain", "message"),
    [
        ({"paging": {"kind": "cursor", "param": "a", "cursor": "b"}}, "paging.kind is 'cursor'"),
        ({"param": "after"}, "drain.param is unknown"),
        ({"paging": {"kind": "offset", "param": "skip"}, "total": None}, "drain.more is missing"),
        ({"records": None}, "drain.records is missing"),
    ],
)
def test_a_wrong_drain_is_named(shop: RestShop, drain: dict[str, Any], message: str) -> None:
    declared = {name: one for name, one in {**BY_PLACE, **drain}.items() if one is not None}
    lines = ([column("id")], {"of": "orders", "records": "orders.lines", "drain": declared})
    shop.declare({"orders": (["id"], {"path": "/orders", "records": "orders"}), "lines": lines})
    with pytest.raises(ConfigError, match=re.escape(message)):
        shop.load()


def test_a_nested_list_that_goes_on_nowhere_is_an_error(shop: RestShop) -> None:
    nowhere = {"nodes": [{"id": 1, "taxes": []}], "pageInfo": {"hasNextPage": True, "end": "x"}}
    parcels = {"id": "a", "parcels": [{"id": "a1", "lines": nowhere}]}
    shop.api.routes["/graphql"] = lambda _: Reply(json.dumps({"data": {"orders": [parcels]}}))
    shop.declare(TABLES)
    (error,) = shop.load().errors
    assert "the nested list of a1 says at 'lines.pageInfo.hasNextPage'" in str(error)
    assert "it has id, lines" in str(error)
    assert shop.landed("id", "orders") == []


def test_a_cursor_of_a_nested_list_that_was_never_there_is_said(shop: RestShop) -> None:
    only = {"nodes": [{"id": 1, "taxes": []}], "pageInfo": {"end": "x"}}
    parcels = {"id": "a", "parcels": [{"id": "a1", "lines": only}]}
    shop.api.routes["/graphql"] = lambda _: Reply(json.dumps({"data": {"orders": [parcels]}}))
    shop.declare(TABLES)
    report = shop.load()
    report.raise_for_problems()
    assert any("`drain.cursor` is 'lines.pageInfo.endCursor'" in note for note in report.notes)


def test_a_record_that_was_deleted_meanwhile_stops_nothing(shop: RestShop) -> None:
    """Of a nothing is left; what its record held lands, and all of b."""
    declare_by_place(shop)
    rest = shop.api.routes["/orders/a/lines"]
    shop.api.routes["/orders/a/lines"] = lambda _: Reply("", 410)
    report = shop.load()
    report.raise_for_problems()
    landed = sorted(shop.landed("order_id, line_id", "lines"))
    assert landed == [*[("a", str(n)) for n in range(SIZE)], *[("b", str(n)) for n in range(COUNT)]]
    (note,) = [one for one in report.notes if "seems to be deleted" in one]
    assert "GET /orders/a/lines" in note
    shop.api.routes["/orders/a/lines"] = rest
    shop.load().raise_for_problems()
    assert {
        number for order, number in shop.landed("order_id, line_id", "lines") if order == "a"
    } == {str(n) for n in range(COUNT)}


def test_a_path_by_which_no_list_is_found_is_an_error(shop: RestShop) -> None:
    declare_by_place(shop, path="/order/{id}/lines")
    (error,) = shop.load().errors
    assert "404" in str(error)
    assert "Fix `drain`" in str(error)
    assert shop.landed("line_id", "lines") == []


def test_a_record_that_is_null_is_gone(shop: RestShop) -> None:
    shop.api.routes["/graphql"] = answer
    gone = Reply('{"data": {"parcel": null}}')
    shop.api.faults = [None, None, gone]
    shop.declare(TABLES)
    report = shop.load()
    report.raise_for_problems()
    assert any("null for the record" in note for note in report.notes)
    assert len(shop.landed("id", "lines")) == 3 * COUNT + 2 * SIZE


@pytest.mark.parametrize("total", [COUNT, SIZE * 2])
def test_the_count_of_its_record_tells_whether_a_drained_list_was_read_whole(
    shop: RestShop, total: int
) -> None:
    """The server refuses what follows line 4; of lists of 4 that is the end."""
    declare_by_place(shop, total, paging={**LINES, "stable": True})
    rest = shop.api.routes["/orders/a/lines"]

    def refusing(request: Request) -> Reply:
        is_deep = int(request.query.get("skip", 0)) >= 2 * SIZE
        return Reply("", 404) if is_deep else rest(request)

    shop.api.routes |= {f"/orders/{order}/lines": refusing for order in "ab"}
    report = shop.load()
    report.raise_for_problems()
    assert len(shop.landed("line_id", "lines")) == 4 * SIZE
    notes = [note for note in report.notes if "taken for the end" in note]
    assert len(notes) == (2 if total == COUNT else 0)
