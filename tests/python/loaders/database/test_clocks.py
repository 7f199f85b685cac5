"""A load whose own clock is wrong, or jumps while it runs, hides nothing from the next."""

from __future__ import annotations

import time

import pytest

from loaders.clocks import JUMPS, YEAR, TurnedLoad, years_between
from loaders.database.live import VARIABLE, LiveShop

WAITING = "select count(*) from pg_locks where not granted and relation = 'orders'::regclass"


@pytest.mark.parametrize(("begin", "turn"), JUMPS)
def test_what_changes_after_a_load_with_a_wrong_clock_is_seen(
    shop: LiveShop, monkeypatch: pytest.MonkeyPatch, begin: int, turn: int
) -> None:
    shop.sql(
        "create table orders (id int primary key, updated_at timestamptz not null)",
        "insert into orders select i, now() - i * interval '1 hour' from generate_series(1, 7) i",
    )
    shop.declare("orders", ["id", "updated_at"], key="id", incremental={"cursor": "updated_at"})
    monkeypatch.setenv(VARIABLE, shop.url)
    with shop.transaction("lock table orders in access exclusive mode"):
        loading = TurnedLoad.begin(shop.project, begin, turn)
        until = time.monotonic() + 30
        while shop.ask(WAITING) == [(0,)] and time.monotonic() < until:
            time.sleep(0.02)
        loading.turn()
    loading.end()
    assert (begin + turn) // YEAR in years_between(shop.project)

    shop.sql(
        "update orders set updated_at = now() where id = 3",
        "insert into orders values (8, now())",
    )
    shop.load()
    there = shop.ask(
        "select id::text, (updated_at at time zone 'UTC')::text || '+00' from orders order by id"
    )
    assert shop.current("orders", "id") == there
    shop.load()
    assert shop.count("orders") < 7 * 3
