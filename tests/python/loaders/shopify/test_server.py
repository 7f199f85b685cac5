"""The local server refuses what Shopify refuses."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from loaders.rest.server import Api
from loaders.shopify.server import PATH, VERSION, Bucket, Shopify

NAMES = "query($n: Int!) { orders(first: $n, sortKey: UPDATED_AT) { nodes { name } } }"


def ask(api: Api, query: str, token: str = "", path: str = PATH, **variables: Any) -> Any:
    token = token or "shpat_0123456789abcdef"
    body = {"query": query, "variables": variables}
    headers = {"X-Shopify-Access-Token": token}
    with httpx.Client(trust_env=False) as client:
        answer = client.post(api.address + path, json=body, headers=headers)
    return answer.json() if answer.status_code == 200 else answer.status_code


def code(answer: Any) -> str:
    (error,) = answer["errors"]
    return str(error.get("extensions", {}).get("code") or error["message"])


def test_a_connection_is_paged_by_the_place_of_its_last_record(api: Api, server: Shopify) -> None:
    query = (
        "query($a: String) { orders(first: 3, after: $a, sortKey: UPDATED_AT) "
        "{ edges { cursor node { name } } pageInfo { hasNextPage endCursor } } }"
    )
    first = ask(api, query)["data"]["orders"]
    assert [one["node"]["name"] for one in first["edges"]] == ["#1003", "#1005", "#1004"]
    server.shop["orders"][2]["updatedAt"] = "2026-04-01T00:00:00Z"  # moves behind all others
    second = ask(api, query, a=first["pageInfo"]["endCursor"])["data"]["orders"]
    assert [one["node"]["name"] for one in second["edges"]] == ["#1006", "#1001", "#1002"]
    assert second["pageInfo"]["hasNextPage"]


def test_amounts_are_decimal_texts_in_both_currencies(api: Api) -> None:
    money = "{ shopMoney { amount currencyCode } presentmentMoney { amount currencyCode } }"
    answer = ask(api, '{ order(id: "gid://shopify/Order/1") { totalPriceSet ' + money + " } }")
    assert answer["data"]["order"]["totalPriceSet"] == {
        "shopMoney": {"amount": "58.38", "currencyCode": "GBP"},
        "presentmentMoney": {"amount": "72.98", "currencyCode": "EUR"},
    }


def test_a_filter_finds_what_changed_since(api: Api) -> None:
    query = (
        "{ orders(first: 9, query: \"updated_at:>='2026-03-12T09:00:01Z'\") { nodes { name } } }"
    )
    assert [one["name"] for one in ask(api, query)["data"]["orders"]["nodes"]] == [
        "#1002", "#1007",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("query", "refusal"),
    [
        ("{ orders(first: 1) { nodes { colour } } }", "Cannot query field 'colour'"),
        ("{ orders(first: 1, size: 2) { nodes { id } } }", "Unknown argument 'size'"),
        ("{ orders { nodes { id } } }", "one of first or last"),
        ("{ orders(first: 251) { nodes { id } } }", "cannot exceed 250"),
        ('{ orders(first: 1, query: "colour:red") { nodes { id } } }', "no such filter"),
        ('{ orders(first: 1, after: "x") { nodes { id } } }', "invalid cursor"),
        ("{ orders(first: 1) { nodes { totalPriceSet } } }", "must have a selection"),
        ("{ orders(first: 1", "Syntax Error"),
    ],
)
def test_what_is_not_documented_is_refused(api: Api, query: str, refusal: str) -> None:
    assert refusal in ask(api, query)["errors"][0]["message"]


def test_a_wrong_token_and_another_version_are_refused(api: Api) -> None:
    assert ask(api, NAMES, token="shpat_wrong", n=1) == 401  # noqa: S106
    assert ask(api, NAMES, path=PATH.replace(VERSION, "2019-01"), n=1) == 404


def test_the_cost_of_a_query_is_told_and_bounded(api: Api) -> None:
    lines = (
        "query($n: Int!) { orders(first: $n) { nodes { lineItems(first: 10) "
        "{ nodes { originalUnitPriceSet { shopMoney { amount } } } } } } }"
    )
    cost = ask(api, lines, n=5)["extensions"]["cost"]
    # 2 + 5 orders x (1 + 2 + 10 lines x (1 + 1 + 1)); what was found is less.
    assert cost["requestedQueryCost"] == 2 + 5 * (3 + 10 * 3)
    assert cost["actualQueryCost"] < cost["requestedQueryCost"]
    assert code(ask(api, lines, n=100)) == "MAX_COST_EXCEEDED"


def test_who_has_no_points_left_is_throttled_until_they_come_back(
    api: Api, server: Shopify
) -> None:
    moment = [0.0]
    server.bucket = Bucket(maximum=20, restore_rate=5, clock=lambda: moment[0])
    assert "data" in ask(api, NAMES, n=7)
    answer = ask(api, NAMES, n=15)
    assert code(answer) == "THROTTLED"
    status = answer["extensions"]["cost"]["throttleStatus"]
    assert status["currentlyAvailable"] < 17
    assert status["restoreRate"] == 5
    moment[0] = 10
    assert "data" in ask(api, NAMES, n=15)
