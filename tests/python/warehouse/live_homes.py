"""Homes in which live is on, orders as events, and what lanes show."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from subprocess import Popen
from typing import Any

import duckdb
import pytest

from storehouse.core.progress import Silent
from storehouse.live.layer.bases import write_base
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
