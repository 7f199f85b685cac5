"""Paths that match nothing, and answers, lists and records that are empty or only seem so."""

from __future__ import annotations

from typing import Any

import pytest

from loaders.rest.server import Reply
from loaders.rest.shop import INCREMENTAL, ORDERS, RestShop
from loaders.rest.test_ends import PLAIN
from loaders.rest.test_paging import PAGING, declare

ABSENT: list[tuple[dict[str, Any], str, str]] = [
    ({**PLAIN["page"], "total": "meta.total"}, "`paging.total` is 'meta.total'", ""),
    ({**PLAIN["page"], "total": "Count"}, "there is 'count'", ""),
    ({**PLAIN["page"], "more": "has_more"}, "`paging.more` is 'has_more'", ""),
    ({**PLAIN["page"], "total": "meta.more"}, "is not a count", ""),
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
        (text,) = report.notes
        assert note in text
        assert text.startswith("s.orders: GET /orders")


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
    ("body", "reason"),
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
        ('{"orders": [{"id": 1, "updated_at": ""}, "x"]}', "record 2 of 2 is not an object"),
        ('{"orders": [[{"id": 1}]]}', "record 1 of 1 is not an object"),
        ('{"orders": "none"}', "record 1 of 1 is not an object"),
        ('{"orders": [{"ID": 1, "updated_at": ""}]}', "has id; it has ID, updated_at"),
    ],
)
def test_an_answer_that_only_looks_empty_is_an_error(
    shop: RestShop, body: str, reason: str
) -> None:
    shop.api.faults = [Reply(body)]
    (error,) = shop.load().errors
    assert reason in str(error)
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


def test_a_name_like_that_of_the_cursor_is_none_where_no_more_follows(shop: RestShop) -> None:
    shop.api.faults = [
        Reply('{"orders": [{"id": 1, "updated_at": "2"}], "nextPage": 1, "has_more": false}')
    ]
    paging = {"kind": "cursor", "param": "page", "cursor": "next_page", "more": "has_more"}
    declare(shop, paging)
    shop.load().raise_for_problems()
    assert shop.landed() == ["1"]


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
