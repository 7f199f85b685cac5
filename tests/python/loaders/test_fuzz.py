"""Inputs made up by fuzzers that see which code they reach; `make prove` runs many more."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from fuzz.shares import INPUTS

FUZZERS = Path(__file__).parents[1] / "fuzz"


@pytest.mark.skipif(find_spec("atheris") is None, reason="atheris has no package for this system")
@pytest.mark.parametrize("fuzzer", INPUTS)
def test_whatever_arrives_lands_whole_and_right_or_is_refused_with_a_reason(
    fuzzer: str, tmp_path: Path
) -> None:
    share, _ = INPUTS[fuzzer]
    ran = subprocess.run(
        [sys.executable, str(FUZZERS / f"{fuzzer}.py"), f"-runs={share}", "-seed=7"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout[-4000:]
    # What a fuzzer found on its way may be run again.
    (done,) = re.findall(r"^Done (\d+) runs", ran.stdout, re.MULTILINE)
    assert int(done) >= share
