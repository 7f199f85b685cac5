"""GraphQL: the query stands in the yml or in a file beside it, the cursor in the body."""

from __future__ import annotations

import json
import re
import time
from itertools import pairwise
from typing import Any

import pytest

from loaders.rest.server import Raw, Reply, Request, written
from loaders.rest.shop import ORDERS, RestShop, column
from storehouse.core.errors import ConfigError

QUERY = """
query Orders($first: Int!, $after: String, $filter: String) {
  orders(first: $first, after: $after, query: $filter) {
    nodes { id updatedAt total { amount } lines { id } }
    pageInfo { hasNextPage endCursor }
  }
}
"""
LANDING: dict[str, Any] = {
    "path": "/graphql.json",
    "query": QUERY,
    "records": "data.orders.nodes",
    "key": ["order_id"],
    "paging": {
        "kind": "cursor",
        "param": "after",
        "cursor": "data.orders.pageInfo.endCursor",
        "more": "data.orders.pageInfo.hasNextPage",
        "size_param": "first",
        "size": 2,
    },
    "incremental": {
        "cursor": "updated_at",
        "filter_param": "filter",
        "filter": "updated_at:>='{since}'",
        "start": "2026-01-01",
    },
}
COLUMNS = [
    column("order_id", "id"),
    column("updated_at", "updatedAt"),
    column("amount", "total.amount"),
]
LINES = ([column("line_id", "id"), column("order_id", "^.id")],
         {"of": "orders", "records": "data.orders.nodes.lines"})  # fmt: skip


def answer(request: Request) -> Reply:
    body = request.json
    if request.method != "POST" or body["query"].strip() != QUERY.strip():
        return Reply('{"errors": [{"message": "another query"}]}')
    if set(body["variables"]) - {"first", "after", "filter"}:
        return Reply('{"errors": [{"message": "unknown variable"}]}')
    if not isinstance(body["variables"]["first"], int):
        return Reply('{"errors": [{"message": "first is no Int"}]}')
    first = int(body["variables"].get("after") or 0)
    nodes = [
        {
            "id": f"gid://o/{n}",
            "updatedAt": "2026-02-01T00:00:00Z",
            "total": {"amount": Raw("1.10")},
            "lines": [{"id": f"{n}a"}, {"id": f"{n}b"}],
        }
        for n in range(first, min(first + 2, 5))
    ]
    more = first + 2 < 5
    page = {"hasNextPage": more, "endCursor": str(first + 2)}
    return Reply(written({"data": {"orders": {"nodes": nodes, "pageInfo": page}}}))


def test_a_query_is_drained_with_its_nested_records(shop: RestShop) -> None:
    shop.api.routes["/graphql.json"] = answer
    shop.declare({"orders": (COLUMNS, LANDING), "lines": LINES}, errors="errors")
    shop.load().raise_for_problems()
    assert shop.landed("order_id, amount") == [(f"gid://o/{n}", "1.10") for n in range(5)]
    assert shop.landed("line_id", "lines") == [f"{n}{x}" for n in range(5) for x in "ab"]
    assert [request.json["variables"].get("after") for request in shop.api.requests] == [
        None, "2", "4"
    ]  # fmt: skip
    assert shop.api.requests[0].json["variables"]["filter"] == "updated_at:>='2026-01-01T00:00:00Z'"
    assert len(set(shop.landed("_source_file"))) == 3


def test_a_query_may_stand_in_a_file_beside_the_yml(shop: RestShop) -> None:
    shop.api.routes["/graphql.json"] = answer
    landing = {k: v for k, v in LANDING.items() if k != "query"} | {"query_file": "orders.graphql"}
    shop.declare({"orders": ([*COLUMNS, column("lines")], landing)}, errors="errors")
    folder = shop.project.root / "models" / "staging" / "s"
    (folder / "orders.graphql").write_text(QUERY, encoding="utf-8")
    shop.load().raise_for_problems()
    assert len(shop.landed("order_id")) == 5
    assert json.loads(shop.landed("lines")[0]) == [{"id": "0a"}, {"id": "0b"}]


LONG = """
query Orders($first: Int!, $after: String) { orders }
"""
REST_OF_LINES = "query Rest($id: ID!, $after: String) { node }"


def connection(order: int, start: int) -> dict[str, Any]:
    """Two of the five lines of an order, from `start` on."""
    nodes = [{"id": f"{order}-{n}"} for n in range(start, min(start + 2, 5))]
    page = {"hasNextPage": start + 2 < 5, "endCursor": f"c{start + 2}"}
    return {"nodes": nodes, "pageInfo": page}


def long_answer(request: Request) -> Reply:
    variables = request.json["variables"]
    if request.json["query"] == REST_OF_LINES:
        start = int(variables["after"][1:])
        order = int(variables["id"].rpartition("/")[2])
        node = {"lines": connection(order, start)}
        return Reply(json.dumps({"data": {"node": node}}))
    nodes = [{"id": f"gid://o/{n}", "lines": connection(n, 0)} for n in (1, 2)]
    body = {"orders": {"nodes": nodes, "pageInfo": {"hasNextPage": False, "endCursor": "x"}}}
    return Reply(json.dumps({"data": body}))


def declare_long(shop: RestShop, **drain: Any) -> None:
    landing = {k: v for k, v in LANDING.items() if k != "incremental"} | {"query": LONG}
    columns, nested = LINES
    drain = {
        "query": REST_OF_LINES,
        "records": "data.node",
        "id": "id",
        "id_param": "id",
        "param": "after",
        "more": "lines.pageInfo.hasNextPage",
        "cursor": "lines.pageInfo.endCursor",
        **drain,
    }
    landing_of_lines = {**nested, "records": "data.orders.nodes.lines.nodes", "drain": drain}
    shop.api.routes["/graphql.json"] = long_answer
    shop.declare(
        {"orders": ([column("order_id", "id")], landing), "lines": (columns, landing_of_lines)}
    )


def test_nested_pages_are_drained(shop: RestShop) -> None:
    declare_long(shop)
    shop.load().raise_for_problems()
    assert sorted(shop.landed("order_id, line_id", "lines")) == [
        (f"gid://o/{order}", f"{order}-{line}") for order in (1, 2) for line in range(5)
    ]
    assert len(shop.api.requests) == 5


def test_a_nested_list_is_drained_by_a_path_as_well(shop: RestShop) -> None:
    """What stands for the order in the path is quoted."""
    declare_long(shop, path="/orders/{id}/lines", records="")

    def rest(request: Request) -> Reply:
        start = int(request.json["variables"]["after"][1:])
        return Reply(json.dumps({"lines": connection(int(request.path[-7]), start)}))

    for number in (1, 2):
        shop.api.routes[f"/orders/gid%3A%2F%2Fo%2F{number}/lines"] = rest
    shop.load().raise_for_problems()
    assert len(shop.landed("line_id", "lines")) == 10


def test_a_nested_list_that_goes_round_is_an_error(shop: RestShop) -> None:
    declare_long(shop)
    again = Reply(json.dumps({"data": {"node": {"lines": connection(1, 0)}}}))
    shop.api.faults = [None, *[again] * 10]
    (error,) = shop.load().errors
    assert "the nested list of gid://o/1 loops" in str(error)
    assert len(shop.api.requests) == 2


def test_the_cost_of_queries_is_waited_for(shop: RestShop) -> None:
    """A server that restores 100 points a second, and refuses who has none."""
    spent_at: list[float] = []

    def metered(request: Request) -> Reply:
        spent_at.append(time.monotonic())
        status = {"currentlyAvailable": 50, "restoreRate": 100}
        extensions = {"cost": {"throttleStatus": status}}
        if len(spent_at) == 2:
            throttled = [{"message": "Throttled", "extensions": {"code": "THROTTLED"}}]
            return Reply(json.dumps({"errors": throttled, "extensions": extensions}))
        body = json.loads(answer(request).body)
        return Reply(json.dumps({**body, "extensions": extensions}))

    shop.api.routes["/graphql.json"] = metered
    where = "extensions.cost.throttleStatus"
    cost = {
        "available": f"{where}.currentlyAvailable", "restored": f"{where}.restoreRate", "least": 100
    }  # fmt: skip
    shop.declare(
        {"orders": (COLUMNS, LANDING), "lines": LINES},
        errors="errors",
        retry_codes=["THROTTLED"],
        cost=cost,
    )
    shop.load().raise_for_problems()
    assert len(shop.landed("order_id")) == 5
    pauses = [after - before for before, after in pairwise(spent_at)]
    assert len(pauses) == 3
    assert all(pause >= 0.49 for pause in pauses)


def test_an_error_in_the_answer_is_an_error(shop: RestShop) -> None:
    shop.api.routes["/graphql.json"] = answer
    landing = {**LANDING, "variables": {"wrong": 1}}
    shop.declare({"orders": (COLUMNS, landing)}, errors="errors")
    (error,) = shop.load().errors
    assert "it answered with errors" in str(error)
    assert "unknown variable" in str(error)


NESTED = """
query Orders($first: Int!, $after: String, $filter: OrderFilter, $text: String) { orders }
"""


def filtered(shop: RestShop, query: str = NESTED, **incremental: Any) -> list[Any]:
    """The variables that two loads are asked with."""

    def answer(_: Request) -> Reply:
        nodes = [{"id": 1, "updatedAt": "2026-02-01T00:00:00Z"}]
        page = {"hasNextPage": False, "endCursor": None}
        return Reply(json.dumps({"data": {"orders": {"nodes": nodes, "pageInfo": page}}}))

    shop.api.routes["/graphql.json"] = answer
    declared = {"cursor": "updated_at", "start": "2026-01-01", **incremental}
    landing = {
        **LANDING,
        "query": query,
        "incremental": declared,
        "variables": {"filter": {"status": ["any"], "updatedAt": {"zone": None}}},
    }
    shop.declare({"orders": (COLUMNS[:2], landing)})
    for _ in range(2):
        shop.load().raise_for_problems()
    return [request.json["variables"] for request in shop.api.requests]


def test_a_filter_may_be_an_object(shop: RestShop) -> None:
    template = {"updatedAt": {"gte": "{since}"}, "tags": ["{since}", 1], "text": "from {since}"}
    first, _ = filtered(shop, filter_param="filter", filter=template)
    assert first["filter"] == {
        "status": ["any"],
        "updatedAt": {"zone": None, "gte": "2026-01-01T00:00:00Z"},
        "tags": ["2026-01-01T00:00:00Z", 1],
        "text": "from 2026-01-01T00:00:00Z",
    }


def test_a_moment_in_a_filter_that_is_a_number_stays_one(shop: RestShop) -> None:
    template = {"updatedAt": {"gte": "{since}"}}
    first, _ = filtered(shop, filter_param="filter", filter=template, format="unix")
    assert first["filter"]["updatedAt"] == {"zone": None, "gte": 1_767_225_600}


def test_a_moment_may_go_into_an_object_among_the_variables(shop: RestShop) -> None:
    first, second = filtered(shop, since_param="filter.updatedAt.gte")
    assert first["filter"] == {
        "status": ["any"], "updatedAt": {"zone": None, "gte": "2026-01-01T00:00:00Z"}
    }  # fmt: skip
    assert second["filter"]["updatedAt"]["gte"] > "2026-01-01"


def test_a_filter_that_is_a_text_of_json_stays_one_where_the_query_wants_a_text(
    shop: RestShop,
) -> None:
    first, _ = filtered(shop, filter_param="text", filter='{"updatedAt": {"gte": "{since}"}}')
    assert first["text"] == '{"updatedAt": {"gte": "2026-01-01T00:00:00Z"}}'


@pytest.mark.parametrize(
    ("incremental", "message"),
    [
        ({"filter_param": "filter", "filter": '{"updatedAt": {"gte": "{since}"}}'},
         "$filter is OrderFilter; write it as an object"),
        ({"filter_param": "text", "filter": '{"updatedAt": {"gte": {since}}}'},
         "is no JSON once it has a moment"),
        ({"filter_param": "text", "filter": '{"updatedAt": {"gte": "{since}"}'},
         "is no JSON once it has a moment"),
        ({"filter_param": "text", "filter": {"updatedAt": "{since}"}},
         "is an object for $text, which is String"),
        ({"filter_param": "filter", "filter": {"updatedAt": "{until}"}}, "has no {since}"),
        ({"filter_param": "fliter", "filter": {"updatedAt": "{since}"}},
         "the query declares no $fliter"),
        ({"since_param": "since"}, "the query declares no $since"),
        ({"since_param": "filters.updatedAt.gte"}, "the query declares no $filters"),
    ],
)  # fmt: skip
def test_a_filter_that_a_later_load_could_not_send_is_refused_when_declared(
    shop: RestShop, incremental: dict[str, Any], message: str
) -> None:
    with pytest.raises(ConfigError, match=re.escape(message)):
        filtered(shop, **incremental)
    assert shop.api.requests == []


def test_a_filter_that_is_an_object_needs_a_query(shop: RestShop) -> None:
    incremental = {"cursor": "updated_at", "filter_param": "q", "filter": {"a": "{since}"}}
    shop.declare({"orders": (["id", "updated_at"], {**ORDERS, "incremental": incremental})})
    with pytest.raises(ConfigError, match="is an object for the address"):
        shop.load()


def test_errors_of_a_query_are_errors_though_none_are_declared(shop: RestShop) -> None:
    shop.api.routes["/graphql.json"] = lambda _: Reply(
        '{"data": {"orders": {"nodes": [], "pageInfo": {}}}, "errors": [{"message": "no rights"}]}'
    )
    shop.declare({"orders": (COLUMNS, LANDING)})
    (error,) = shop.load().errors
    assert "no rights" in str(error)
