"""Lists inside records that go on: at any depth, with what their records hold."""

from __future__ import annotations

import json
import signal
import subprocess
from queue import SimpleQueue
from typing import Any

import pytest

from loaders.rest.server import Reply, Request
from loaders.rest.shop import RestShop, column

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
