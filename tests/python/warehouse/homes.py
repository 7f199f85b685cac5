"""Homes that are loaded, built and published once, for all tests of all workers.

They are shared, so no test changes one; a test that would takes a copy (`copy_of`).
"""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from sample_shop import write_sample
from storehouse.building.build import build
from storehouse.core.config import shop_in
from storehouse.core.progress import Silent
from storehouse.landing.load import load
from storehouse.serving.publish import publish
from warehouse.shop import KNOWN_CODE, REAL_DATA, Home

_END = date(2025, 12, 31)


def made_once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], object]) -> Path:
    """A folder of the test session, made by whoever needs it first."""
    base = factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        base = base.parent  # a worker has a folder of its own within the session's
    folder = base / name
    made = base / f"{name}-made"
    with (base / f"{name}-lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not made.exists():
            make(folder)
            made.touch()
    return folder


@pytest.fixture(scope="session", autouse=True)
def known_code(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """New homes start with the unit tests that their code has passed; see known_code.py."""
    folder = made_once(tmp_path_factory, "known-code", Path.mkdir)
    with pytest.MonkeyPatch.context() as environ:
        environ.setenv(KNOWN_CODE, str(folder))
        yield


def copy_of(home: Home, path: Path) -> Home:
    """The same home in another place, for a test that changes it."""
    shutil.copytree(home.path, path, symlinks=True)
    return replace(home, path=path)


@pytest.fixture(scope="session")
def sample_shop(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Writes a sample shop once a size; its folder is an inbox beside its truth."""

    def write(orders: int, days: int) -> Path:
        return made_once(
            tmp_path_factory,
            f"sample-{orders}-{days}",
            lambda folder: write_sample(folder, orders=orders, days=days, seed=7, end=_END),
        )

    return write


@pytest.fixture(scope="session")
def shop_home(tmp_path_factory: pytest.TempPathFactory, sample_shop: Callable[..., Path]) -> Home:
    """The sample shop of 5,000 orders, loaded, built and published by one `storehouse run`."""
    inbox = sample_shop(5000, 365)
    path = made_once(
        tmp_path_factory, "shop", lambda folder: Home(folder, inbox=inbox).storehouse("run")
    )
    return Home(path, inbox=inbox)


@pytest.fixture(scope="session")
def small_run(tmp_path_factory: pytest.TempPathFactory, sample_shop: Callable[..., Path]) -> Path:
    """A home with the run of a shop of 200 orders, to be copied."""
    inbox = sample_shop(200, 30) / "shop"

    def run(folder: Path) -> None:
        shutil.copytree(inbox, folder / "inbox" / "shop")
        Home(folder).storehouse("run")

    return made_once(tmp_path_factory, "small", run)


@pytest.fixture
def small_home(small_run: Path, tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A shop of 200 orders, loaded, built and published by one `storehouse run`, to be changed."""
    path = tmp_path_factory.getbasetemp() / "small-home"
    shutil.rmtree(path, ignore_errors=True)
    return copy_of(Home(small_run), path)


@pytest.fixture(scope="session")
def real_home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """Online Retail, loaded, built and published by one `storehouse run`."""
    if not (REAL_DATA / "online_retail").is_dir():
        pytest.skip("the daily files of Online Retail are not at ../shared/data/online_retail")

    def run(folder: Path) -> None:
        home = Home(folder, sources="online_retail", inbox=REAL_DATA)
        loaded = home.storehouse("run")["load"]["tables"]
        assert [(table["loaded"], table["rows"]) for table in loaded] == [(305, 541_909)]

    path = made_once(tmp_path_factory, "real", run)
    return Home(path, sources="online_retail", inbox=REAL_DATA)


@pytest.fixture(scope="session")
def empty_home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A shop whose only file was refused, built and published."""
    return Home(made_once(tmp_path_factory, "empty", _publish_nothing))


@pytest.fixture(scope="session")
def yen_home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A sample shop of 600 orders that keeps its books in yen, published."""
    return Home(made_once(tmp_path_factory, "yen", _publish_in_yen))


def _publish_nothing(folder: Path) -> None:
    home = Home(folder)
    file = folder / "inbox" / "shop" / "orders" / "2025-01-01.csv"
    file.parent.mkdir(parents=True)
    file.write_text("no,column,of,an,order\n1,2,3,4,5\n")
    home.storehouse("load", code=3)
    home.storehouse("build")
    (folder / "target" / "semantic_manifest.json").unlink()  # another run of dbt may write its own
    home.storehouse("publish")


def _publish_in_yen(folder: Path) -> None:
    currency, zone = "JPY", "Asia/Tokyo"
    settings = shop_in(Home(folder).settings, currency, zone)
    write_sample(
        settings.inbox, orders=600, days=90, seed=7, end=_END, currency=currency, time_zone=zone
    )
    load(settings, progress=Silent(), now=_now).raise_for_problems()
    build(settings, progress=Silent(), now=_now).raise_for_problems()
    publish(settings, now=_now)


def _now() -> datetime:
    return datetime.now(UTC)
