"""A scan of all keys finds what is gone, and is not trusted too far."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from loaders.rest.server import Reply, Request
from loaders.rest.shop import BY_CURSOR, INCREMENTAL, ORDERS, RestShop
from storehouse.core.errors import ConfigError, SourceContractError

DELETIONS: tuple[list[Any], dict[str, Any]] = (["entity", "entity_id", "deleted_at"], {})
SWEEP = {"into": "deletions", "entity": "order", "params": {"fields": "id"}}
OFFSET = {"kind": "offset", "param": "offset", "size_param": "limit", "size": 3, "total": "count"}
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def declare(shop: RestShop, paging: dict[str, Any] = BY_CURSOR, **sweep: Any) -> None:
    landing = {**ORDERS, "paging": paging, "incremental": INCREMENTAL, "sweep": {**SWEEP, **sweep}}
    shop.declare({"orders": (["id", "updated_at"], landing), "deletions": DELETIONS})


def gone(shop: RestShop) -> list[tuple[Any, ...]]:
    return shop.project.query("select entity, entity_id from raw_s.deletions order by all")


def remove(shop: RestShop, *numbers: int) -> None:
    shop.orders.records = [r for r in shop.orders.records if r["id"] not in numbers]


def test_what_is_gone_is_marked_once_and_lives_again_when_it_comes_back(shop: RestShop) -> None:
    declare(shop)
    shop.load().raise_for_problems()
    assert gone(shop) == []
    remove(shop, 2, 5)
    report = shop.load(now=lambda: NOON)
    report.raise_for_problems()
    assert gone(shop) == [("order", "2"), ("order", "5")]
    assert shop.landed("deleted_at", "deletions")[0] == "2026-03-01T12:00:00.000000Z"
    assert "s.orders: 2 are gone." in report.notes
    shop.load().raise_for_problems()
    assert len(gone(shop)) == 2
    shop.orders.add(2, "2099-01-01T00:00:00Z")
    shop.load().raise_for_problems()
    remove(shop, 2)
    shop.load().raise_for_problems()
    assert gone(shop) == [("order", "2"), ("order", "2"), ("order", "5")]


def test_a_key_scan_that_finds_nothing_is_not_trusted(shop: RestShop) -> None:
    declare(shop)
    shop.load().raise_for_problems()
    remove(shop, *range(1, 8))
    (error,) = shop.load().errors
    assert isinstance(error, SourceContractError)
    assert "its key scan found nothing, while 7 have landed" in str(error)
    assert gone(shop) == []
    declare(shop, may_be_empty=True)
    shop.load().raise_for_problems()
    assert len(gone(shop)) == 7


def test_a_key_scan_that_lacks_records_is_not_trusted(shop: RestShop) -> None:
    declare(shop, OFFSET)
    shop.load().raise_for_problems()
    shop.api.faults = [None, *[Reply('{"orders": [{"id": 1}], "count": 7}')] * 4]
    (error,) = shop.load().errors
    assert "says that it has 7 records, and gave 1" in str(error)
    assert gone(shop) == []


@pytest.mark.parametrize("kind", ["offset", "page", "keyset"])
def test_a_sweep_reads_all_that_a_capped_server_has(shop: RestShop, kind: str) -> None:
    by = {"kind": kind, "param": "since_id" if kind == "keyset" else kind, "size": 5}
    by |= {"field": "id"} if kind == "keyset" else {"total": "count"}
    declare(shop, {**by, "size_param": "limit"})
    shop.load().raise_for_problems()
    shop.orders.most = 2
    remove(shop, 2)
    shop.load().raise_for_problems()
    assert gone(shop) == [("order", "2")]


def test_a_sweep_does_not_believe_a_total(shop: RestShop) -> None:
    declare(shop, OFFSET)
    shop.load().raise_for_problems()
    listing = shop.orders

    def understates(request: Request) -> Reply:
        return Reply(str(listing(request).body).replace('"count": 7', '"count": 1'))

    listing.most = 2
    shop.api.routes["/orders"] = understates
    shop.load().raise_for_problems()
    assert gone(shop) == []


def test_what_moved_out_of_sight_while_a_sweep_read_is_not_gone(shop: RestShop) -> None:
    """Pages without a count: 4 moves from page two to page one, which has been read."""
    paging = {"kind": "page", "param": "page"}
    declare(shop, paging)
    shop.load().raise_for_problems()
    before = len(shop.api.requests)

    def moves(request: Request) -> Reply | None:
        del request
        if len(shop.api.requests) == before + 3:
            remove(shop, 1)
        return None

    shop.api.faults = [moves] * 20
    shop.load().raise_for_problems()
    assert gone(shop) == []
    shop.load().raise_for_problems()
    assert gone(shop) == [("order", "1")]


@pytest.mark.parametrize("is_sized", [True, False])
@pytest.mark.parametrize("kind", ["link", "cursor"])
def test_what_is_gone_of_a_list_that_fits_one_page_is_found(
    shop: RestShop, kind: str, is_sized: bool
) -> None:
    """No answer ever names a next page, which is no doubt where the page is not full."""
    paging: dict[str, Any] = {"kind": "link"}
    if kind == "cursor":
        paging = {"kind": "cursor", "param": "after", "cursor": "next_page"}
    declare(shop, {**paging, **({"size": 50} if is_sized else {})})
    shop.orders.records = shop.orders.records[:3]
    shop.load().raise_for_problems()
    remove(shop, 2)
    shop.load().raise_for_problems()
    assert gone(shop) == [("order", "2")]


@pytest.mark.parametrize("is_sized", [True, False])
def test_a_full_page_that_names_no_next_is_not_trusted_to_be_the_whole_list(
    shop: RestShop, is_sized: bool
) -> None:
    """The list goes on by a cursor that was declared by a wrong name; 1 has left the first page."""
    paging = {"kind": "cursor", "param": "after", "cursor": "token"}
    declare(shop, {**paging, **({"size": 3} if is_sized else {})})
    shop.load().raise_for_problems()
    shop.orders.add(1, "2026-06-01T00:00:00Z")
    (error,) = shop.load().errors
    assert "Nothing is marked as deleted" in str(error)
    assert "say by `size`" in str(error)
    assert gone(shop) == []


def test_a_path_that_the_tables_own_list_has_matched_is_right_for_its_keys(
    shop: RestShop,
) -> None:
    """Where all records are left on one page, the server leaves the cursor out."""
    paging = {"kind": "cursor", "param": "after", "cursor": "meta.next"}
    declare(shop, paging)
    shop.load().raise_for_problems()
    remove(shop, 1, 2, 3, 4)
    listing = shop.orders

    def lean(request: Request) -> Reply:
        return Reply(str(listing(request).body).replace('"next": null, ', ""))

    shop.api.routes["/orders"] = lean
    shop.load().raise_for_problems()
    assert [number for _, number in gone(shop)] == ["1", "2", "3", "4"]


def test_a_sweep_waits_for_its_time(shop: RestShop) -> None:
    declare(shop, every_hours=24)
    for hours in (0, 23, 25, 26):
        moment = NOON + timedelta(hours=hours)
        shop.load(now=lambda moment=moment: moment).raise_for_problems()  # type: ignore[misc]
    assert sum(value == "id" for value in shop.requested("fields")) == 6


def test_a_sweep_without_keys_marks_nothing(shop: RestShop) -> None:
    declare(shop, key="no.such.member")
    shop.load()
    (error,) = shop.load().errors
    assert "a record has no key" in str(error)


def test_the_table_of_deletions_has_the_columns_of_deletions(shop: RestShop) -> None:
    landing = {**ORDERS, "sweep": SWEEP}
    shop.declare({"orders": (["id", "updated_at"], landing), "deletions": (["id"], {})})
    with pytest.raises(ConfigError, match="declare entity, entity_id, deleted_at"):
        shop.load()
