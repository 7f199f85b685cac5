"""What live shows is what the batch builds from the same events."""

from __future__ import annotations

import json
import os
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from subprocess import Popen

import duckdb
import pytest

from storehouse.core.progress import Silent
from storehouse.live.layer.bases import read_base, write_base
from storehouse.live.layer.lane import Lane
from storehouse.live.player.shop_events import rows_in
from storehouse.log.bases import bases_dir, newest_base
from storehouse.log.event_log import Retention
from storehouse.log.events import Event
from storehouse.log.opening import log_address
from storehouse.prove.live import prove_live
from warehouse.homes import copy_of
from warehouse.shop import Home, parsed_dbt

LANES = ("stock", "trade", "web")
WAIT_SECONDS = 90


def test_live_is_the_batch_at_every_checkpoint_and_so_is_a_replay() -> None:
    """Events out of order and twice; lanes killed and handed over; a replay on nothing."""
    settings = Home(Path("unused")).settings
    proof = prove_live(
        settings,
        parsed_dbt(),
        seeds=(2,),
        orders=60,
        days=15,
        keep=False,
        progress=Silent(),
        now=lambda: datetime.now(UTC),
    )
    assert proof.failures == ()
    assert proof.unequal == ()
    assert {one.against for one in proof.comparisons} >= {"a replay from the log's beginning"}
    reports = {one.table for one in proof.comparisons if one.rows}
    assert reports >= {
        "marts.fct_ledger_entries",
        "marts.fct_payments",
        "marts.fct_sessions",
        "reports.rpt_sales_now",
        "reports.rpt_orders_now",
        "reports.rpt_stock_now",
        "reports.rpt_funnel_now",
    }


@pytest.fixture(scope="session")
def live_run(tmp_path_factory: pytest.TempPathFactory, small_run: Path) -> Home:
    """The small shop, published, with its base for live."""
    home = copy_of(Home(small_run / "kept"), tmp_path_factory.mktemp("live") / "home")
    assert write_base(home.settings, Silent()) is not None
    return home


@pytest.fixture
def live_home(live_run: Home, tmp_path: Path) -> Home:
    """The same, to be changed."""
    return copy_of(live_run, tmp_path / "home")
