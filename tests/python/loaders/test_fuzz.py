"""Bytes made up by a fuzzer that sees which code they reach; `make prove` runs many more."""

from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

FUZZER = Path(__file__).parents[1] / "fuzz" / "files.py"


@pytest.mark.skipif(find_spec("atheris") is None, reason="atheris has no package for this system")
def test_whatever_a_file_holds_it_lands_whole_or_is_refused_with_a_reason(tmp_path: Path) -> None:
    ran = subprocess.run(
        [sys.executable, str(FUZZER), "-runs=150", "-seed=7"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout[-4000:]
    assert "Done 150 runs" in ran.stdout
