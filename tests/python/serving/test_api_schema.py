"""Requests that schemathesis makes from the API's description, valid and invalid.

Names, conditions and page tokens select from what a build has, so that a request may fit the
description and still name nothing (check positive_data_acceptance); builds are given.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from serving.served import EARLIER, add_earlier_build, serving
from storehouse.serving.published import kept_builds
from warehouse.homes import copy_of
from warehouse.shop import Home


@pytest.mark.parametrize("seconds", [30, pytest.param(600, marks=pytest.mark.long)])
def test_no_request_breaks_the_api_or_is_answered_beside_its_description(
    shop_home: Home, tmp_path: Path, seconds: int
) -> None:
    home = copy_of(shop_home, tmp_path / "home")
    add_earlier_build(home.settings)
    current = kept_builds(home.settings)[-1]
    config = tmp_path / "schemathesis.toml"
    given = {"build": current, "newer": current, "older": EARLIER}
    lines = (f'"query.{name}" = "{build_id}"' for name, build_id in given.items())
    config.write_text("\n".join(["[parameters]", *lines]), encoding="utf-8")
    with serving(home, "serve") as address:
        ended = subprocess.run(
            [
                str(Path(sys.executable).with_name("schemathesis")),
                *("--config-file", str(config), "run", f"{address}/openapi.json"),
                *("--phases", "examples,coverage,fuzzing", "--max-time", str(seconds)),
                *("--exclude-checks", "positive_data_acceptance", "--seed", "1", "--no-color"),
            ],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
            timeout=2 * seconds + 60,
        )
    assert ended.returncode == 0, ended.stdout
    assert "Tested: 11" in ended.stdout
