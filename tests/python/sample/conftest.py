"""A sample shop with all troubles of its trade."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from sample.shop import read
from sample_shop import SampleSummary, write_sample
from sample_shop.troubles import IN_THE_SHOP


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, SampleSummary]:
    out = tmp_path_factory.mktemp("sample") / "out"
    return out, write_sample(out, orders=5000, days=365, seed=7, troubles=IN_THE_SHOP)


@pytest.fixture(scope="session")
def shop(sample: tuple[Path, SampleSummary]) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        read(connection, sample[0])
        yield connection
