"""Incremental runs over random deliveries give, row for row, what a full refresh gives."""

from __future__ import annotations

import gzip
import random
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from warehouse.invoices import write_invoices
from warehouse.shop import Home


def _deliver(home: Home, origin: Path, files: list[Path]) -> None:
    for file in files:
        target = home.path / "inbox" / file.relative_to(origin)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(file, target)
    home.storehouse("load")


def _correct(file: Path, chance: random.Random) -> None:
    """Deliver the file again under its name, without some or all of its rows, in another order."""
    packed = file.suffix == ".gz"
    text = gzip.decompress(file.read_bytes()).decode() if packed else file.read_text()
    header, *rows = text.splitlines(keepends=True)
    kept = [row for row in rows if chance.random() < 0.9] if chance.random() < 0.8 else []
    chance.shuffle(kept)
    corrected = "".join([header, *kept]).encode()
    file.write_bytes(gzip.compress(corrected) if packed else corrected)


@pytest.mark.parametrize("seed", [1])
def test_random_slices_late_corrected_and_repeated_give_what_a_full_refresh_gives(
    tmp_path: Path, sample_shop: Callable[..., Path], seed: int
) -> None:
    chance = random.Random(seed)
    origin = tmp_path / "origin"
    shutil.copytree(sample_shop(1500, 120) / "shop", origin / "shop")
    write_invoices(origin / "online_retail", days=30, seed=seed)
    files = sorted(file for file in origin.rglob("*.csv*"))
    chance.shuffle(files)
    home = Home(tmp_path / "home", sources="shop,online_retail")
    third = len(files) // 3

    _deliver(home, origin, files[:third])
    home.models()
    _deliver(home, origin, files[third : 2 * third])
    home.dbt("run", "--quiet", "-s", "fct_ledger_entries")  # out of turn, as someone may
    home.models()
    _deliver(home, origin, files[2 * third :])
    home.models()
    landed = sorted((home.path / "inbox").rglob("*.csv*"))
    for file in chance.sample(landed, 40):
        _correct(file, chance)
    for file in chance.sample(landed, 20):
        shutil.copy(file, file.with_name(f"again-{file.name}"))
    home.storehouse("load")
    home.models()
    incremental = home.fingerprints()

    home.models()
    assert home.fingerprints() == incremental, "a run without new data changed something"

    home.models("--full-refresh")
    assert home.fingerprints() == incremental
    counts = dict(home.query("select source_name, count(*) from marts.fct_orders group by all"))
    assert set(counts) == {"shop", "online_retail"}
    assert min(counts.values()) > 100


def test_a_source_switched_on_late_is_built_whole_and_switched_off_is_gone(
    tmp_path: Path, sample_shop: Callable[..., Path]
) -> None:
    write_invoices(tmp_path / "home" / "inbox" / "online_retail", days=5, seed=3)
    shutil.copytree(sample_shop(1500, 120) / "shop", tmp_path / "home" / "inbox" / "shop")
    both = Home(tmp_path / "home", sources="shop,online_retail")
    shop_only = Home(tmp_path / "home", sources="shop")
    both.storehouse("load")

    shop_only.models()
    alone = shop_only.fingerprints()
    both.models()
    together = both.fingerprints()
    both.models("--full-refresh")
    assert both.fingerprints() == together
    assert together != alone
    shop_only.models()
    assert shop_only.fingerprints() == alone
