from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from storehouse.sample import write_sample
from warehouse.shop import Home


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
