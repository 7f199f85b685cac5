"""kill -9 at any moment of an incremental build, then one more: as if nothing had happened."""

from __future__ import annotations

import random
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from warehouse.shop import Home

KILLS = 6
HELD_BACK = "2025-12-2"  # the days from the 20th on come later


@pytest.fixture
def delivered(tmp_path: Path, sample_shop: Callable[..., Path]) -> Home:
    """A shop built to the 19th, with ten more days landed."""
    home = Home(tmp_path / "home", inbox=tmp_path / "inbox")
    shutil.copytree(sample_shop(200, 30), tmp_path / "inbox")
    later = [file for file in (tmp_path / "inbox" / "shop").rglob("*") if HELD_BACK in file.name]
    for file in later:
        file.rename(file.with_name("." + file.name))
    home.storehouse("load")
    home.models()
    for file in later:
        file.with_name("." + file.name).rename(file)
    landed = home.storehouse("load")["tables"]
    assert sum(table["loaded"] for table in landed) == len(later) > 10
    return home


def test_killed_builds_and_one_more_give_what_a_full_refresh_gives(delivered: Home) -> None:
    chance = random.Random(1)
    before = delivered.query("select * from ops.change_feeds_read order by all")
    for _ in range(KILLS):
        build = delivered.start("python", "-m", "storehouse.building.dbt_process", "run")
        begun = 0
        dies_at = chance.randrange(30, 75)
        for line in build.stdout or ():
            begun += '"node": "sql ' in line
            if begun == dies_at:
                time.sleep(chance.random() * 0.05)
                build.kill()
                break
        build.communicate()
        assert build.returncode == -9
    assert delivered.query("select * from ops.change_feeds_read order by all") != before

    delivered.models()
    found = delivered.fingerprints()
    delivered.models("--full-refresh")
    assert found == delivered.fingerprints()
