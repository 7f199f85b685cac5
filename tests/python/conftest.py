from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from loaders.project import Project
from warehouse.homes import (
    empty_home,
    known_code,
    real_home,
    sample_shop,
    shop_home,
    small_home,
    small_run,
    yen_home,
)
from warehouse.live_homes import live_home, live_run

__all__ = [
    "empty_home",
    "known_code",
    "live_home",
    "live_run",
    "real_home",
    "sample_shop",
    "shop_home",
    "small_home",
    "small_run",
    "yen_home",
]


def pytest_configure() -> None:
    """Background jobs of a shell, and their children, ignore Ctrl-C."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_xdist_auto_num_workers() -> int:
    """One more than cores: tests of live, servers and kills wait a third of their time."""
    return (os.cpu_count() or 1) + 1


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Long files first, so that no worker is left with one when the others have ended."""
    items.sort(
        key=lambda item: (
            not {"warehouse", "serving"} & set(item.path.parts),
            "unit" not in item.path.parts,
        )
    )


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """One source `s` with a table `t` of columns a, b, c, delivered as UTF-8 CSV."""
    made = Project(tmp_path / "project")
    made.declare("s", t={"columns": ["a", "b", "c"]})
    return made
