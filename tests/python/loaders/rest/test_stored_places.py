"""A place that a stopped load has stored, and that can not be read any more."""

from __future__ import annotations

import pytest

from loaders.rest.server import Reply
from loaders.rest.shop import INCREMENTAL, ORDERS, RestShop
from loaders.rest.test_paging import PAGING, declare
from storehouse.core.warehouse import connect

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
    assert "can't resume there" in note
    assert "expired" in note
    assert shop.requested("since")[before + 1] == "2025-01-01T00:00:00Z"
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
    assert [note for note in report.notes if "the list is read again" in note] == (
        list(report.notes) if is_elsewhere else []
    )
