"""Inputs made up by fuzzers that see which code they reach; `make prove` runs many more."""

from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

FUZZERS = Path(__file__).parents[1] / "fuzz"

# How many inputs of each the suite tries.
SHARES = {
    "answers": 2000,
    "bodies": 2000,
    "csv_files": 6,
    "csv_rows": 1500,
    "cursor_values": 1000,
    "encodings": 1000,
    "files": 150,
    "links": 5000,
    "names": 500,
    "pagings": 400,
    "parquet_files": 150,
}


@pytest.mark.skipif(find_spec("atheris") is None, reason="atheris has no package for this system")
@pytest.mark.parametrize("fuzzer", SHARES)
def test_whatever_arrives_lands_whole_and_right_or_is_refused_with_a_reason(
    fuzzer: str, tmp_path: Path
) -> None:
    ran = subprocess.run(
        [sys.executable, str(FUZZERS / f"{fuzzer}.py"), f"-runs={SHARES[fuzzer]}", "-seed=7"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout[-4000:]
    assert f"Done {SHARES[fuzzer]} runs" in ran.stdout
