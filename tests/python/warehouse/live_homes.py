"""Homes in which live is on, orders as events, and what lanes show."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from subprocess import Popen
from typing import Any

import duckdb
import pytest

from storehouse.core.progress import Silent
from storehouse.live.layer.bases import write_base
from storehouse.log.events import Event
from storehouse.prove.live.killing import lanes_of
from warehouse.homes import copy_of, made_once
from warehouse.shop import Home

LANES = ("stock", "trade", "web")
WAIT_SECONDS = 300  # on a busy machine; what comes true at all does so in seconds


@pytest.fixture(scope="session")
def live_run(tmp_path_factory: pytest.TempPathFactory, small_run: Path) -> Home:
    """The small shop, published, with its base for live."""

    def with_base(folder: Path) -> None:
        home = copy_of(Home(small_run), folder)
        assert write_base(home.settings, Silent()) is not None

    return Home(made_once(tmp_path_factory, "live", with_base))


@pytest.fixture
def live_home(live_run: Home, tmp_path: Path) -> Home:
    """The same, to be changed."""
    return copy_of(live_run, tmp_path / "home")


def order_event(number: int, *, amount: str = "10.00", lines: int = 1, day: str) -> Event:
    """An order of one product, that was placed and is not shipped."""
    order_id = f"L{number:06}"
    moment = f"{day}T10:00:{number % 60:02}Z"
    total = f"{float(amount) * lines:.2f}"
    order = {
        "order_id": order_id, "customer_id": None, "channel": "web", "order_status": "open",
        "currency_code": "GBP", "placed_at": moment, "cancelled_at": None, "shipped_at": None,
        "delivered_at": None, "ship_country_code": "GB", "subtotal_amount": total,
        "discount_amount": "0.00", "shipping_amount": "0.00", "tax_amount": "0.00",
        "total_amount": total, "is_tax_included": "false", "updated_at": moment,
    }  # fmt: skip
    listed = [
        {
            "order_line_id": f"{order_id}-{line}", "order_id": order_id, "line_number": str(line),
            "product_id": "P000001", "line_type": "goods", "quantity": "1",
            "unit_price_amount": amount, "discount_amount": "0.00", "tax_amount": "0.00",
            "updated_at": moment,
        }
        for line in range(1, lines + 1)
    ]  # fmt: skip
    data = json.dumps({"orders": [order], "order_lines": listed})
    return Event(f"order/{order_id}", "shop", "shop.order", moment, data)


def last_day(home: Home) -> str:
    ((day,),) = home.query("select max(entry_date)::varchar from marts.fct_ledger_entries")
    return str(day)


def shown(
    home: Home, lane: str, sql: str = "select build_id, log_offset from meta.now"
) -> list[Any]:
    """Rows of a lane's file of now, opened as any reader does."""
    link = home.path / "published" / f"now_{lane}.duckdb"
    with duckdb.connect(str(link), read_only=True) as con:
        return con.execute(sql).fetchall()


def wait_for(condition: Callable[[], bool], what: str) -> None:
    until = time.monotonic() + WAIT_SECONDS
    while not condition():
        assert time.monotonic() < until, what
        time.sleep(0.05)


def children(process: Popen[str]) -> list[int]:
    """The processes of its lanes."""
    return lanes_of(process.pid)
