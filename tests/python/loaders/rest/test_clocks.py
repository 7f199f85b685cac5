"""A load whose own clock is wrong, or jumps while it runs, hides nothing from the next."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from loaders.clocks import JUMPS, YEAR, TurnedLoad, years_between
from loaders.rest.server import Request
from loaders.rest.shop import INCREMENTAL, ORDERS, RestShop


def iso(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


@pytest.mark.parametrize(("begin", "turn"), JUMPS)
def test_what_changes_after_a_load_with_a_wrong_clock_is_seen(
    shop: RestShop, monkeypatch: pytest.MonkeyPatch, begin: int, turn: int
) -> None:
    shop.declare({"orders": (["id", "updated_at"], {**ORDERS, "incremental": INCREMENTAL})})
    now = datetime.now(UTC)
    for number in range(1, 8):
        shop.orders.add(number, iso(now - timedelta(hours=8 - number)))
    loading: list[TurnedLoad] = []

    def turned(_: Request) -> None:
        loading[0].turn()

    shop.api.faults = [None, turned]
    monkeypatch.setenv("S_URL", shop.api.address)
    loading.append(TurnedLoad.begin(shop.project, begin, turn))
    loading[0].end()
    assert (begin + turn) // YEAR in years_between(shop.project)
    assert shop.ids() == list(range(1, 8))

    changed = iso(datetime.now(UTC))
    for number in (3, 8):
        shop.orders.add(number, changed)
    shop.load().raise_for_problems()
    newest = shop.project.query(
        "select id::int, updated_at from raw_s.orders"
        " qualify row_number() over (partition by id order by _loaded_at desc) = 1 order by 1"
    )
    assert newest == sorted((one["id"], one["updated_at"]) for one in shop.orders.records)
