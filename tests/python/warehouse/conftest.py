from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from storehouse.sample import write_sample
from warehouse.shop import REAL_DATA, Home


@pytest.fixture(scope="session")
def sample_shop(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Writes a sample shop once a size; its folder is an inbox beside its truth."""
    written: dict[tuple[int, int], Path] = {}

    def write(orders: int, days: int) -> Path:
        if (orders, days) not in written:
            folder = tmp_path_factory.mktemp("sample") / "shop"
            write_sample(folder, orders=orders, days=days, seed=7, end=date(2025, 12, 31))
            written[orders, days] = folder
        return written[orders, days]

    return write


@pytest.fixture(scope="session")
def shop_home(tmp_path_factory: pytest.TempPathFactory, sample_shop: Callable[..., Path]) -> Home:
    """The sample shop of 5,000 orders, loaded, built and published by one `storehouse run`."""
    home = Home(tmp_path_factory.mktemp("home"), inbox=sample_shop(5000, 365))
    home.storehouse("run")
    return home


@pytest.fixture(scope="session")
def _small_run(tmp_path_factory: pytest.TempPathFactory, sample_shop: Callable[..., Path]) -> Path:
    folder = tmp_path_factory.mktemp("small")
    home = Home(folder / "home")
    shutil.copytree(sample_shop(200, 30) / "shop", home.path / "inbox" / "shop")
    home.storehouse("run")
    home.path.rename(folder / "kept")
    return folder


@pytest.fixture
def small_home(_small_run: Path) -> Home:
    """A shop of 200 orders, loaded, built and published by one `storehouse run`, to be changed.

    Each test has it anew and in the same place, so that dbt need not parse the project again.
    """
    home = Home(_small_run / "home")
    shutil.rmtree(home.path, ignore_errors=True)
    shutil.copytree(_small_run / "kept", home.path, symlinks=True)
    return home


@pytest.fixture(scope="session")
def real_home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """Online Retail, loaded, built and published by one `storehouse run`, once for all workers."""
    if not (REAL_DATA / "online_retail").is_dir():
        pytest.skip("the daily files of Online Retail are not at ../shared/data/online_retail")
    folder = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent  # a worker has a folder of its own within the session's
    home = Home(folder / "real", sources="online_retail", inbox=REAL_DATA)
    built = folder / "real-built"
    with (folder / "real-lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not built.exists():
            loaded = home.storehouse("run")["load"]["tables"]
            assert [(table["loaded"], table["rows"]) for table in loaded] == [(305, 541_909)]
            built.touch()
    return home
