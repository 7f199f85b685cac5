"""Ends that are only taken for one: they delete nothing and lose nothing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from loaders.rest.server import Reply, Request
from loaders.rest.shop import INCREMENTAL, ORDERS, RestShop
from loaders.rest.test_ends import ENDS, PLAIN, ending
from loaders.rest.test_paging import PAGING, declare
from storehouse.landing.report import LoadReport

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
    assert "the watermark was not moved" in notes[1]
    assert shop.ids() == [1, 2, 3, 4]
    shop.api.routes["/orders"] = shop.orders
    assert loaded(shop, 1).notes == ()
    assert shop.ids() == list(range(1, 8))
    before = len(shop.api.requests)
    loaded(shop, 2)
    assert shop.requested("since")[before:] == ["2026-03-01T13:00:00Z"]


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
    assert shop.requested("since")[before] == ("2026-03-01T13:00:00Z" if is_moved else None)
    before = len(shop.api.requests)
    loaded(shop, 3)
    assert shop.requested("since")[before] == "2026-03-01T14:00:00Z"


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


def test_an_error_beside_no_records_may_be_the_end_of_a_list(shop: RestShop) -> None:
    """Not surely: the watermark waits until the next load sees it as well."""
    end = Reply('{"orders": [], "success": false, "message": "no such page"}')
    shop.orders.records = shop.orders.records[:4]
    shop.api.routes["/orders"] = ending(shop, end)
    declare(shop, STABLE["page"], incremental=INCREMENTAL)
    notes = loaded(shop, 0).notes
    assert "says success: false" in notes[0]
    assert "the watermark was not moved" in notes[1]
    loaded(shop, 1)
    assert shop.landed() == ["1", "2", "3", "4"] * 2
    before = len(shop.api.requests)
    shop.orders.add(5, "2027-01-01T00:00:00Z")
    loaded(shop, 2)
    assert shop.requested("since")[before] == "2026-03-01T12:50:00Z"
