"""The examples run as they stand."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from warehouse.shop import PROJECT, Home

_NOTEBOOK = PROJECT / "examples" / "published.ipynb"


def test_the_notebook_is_kept_without_outputs() -> None:
    cells = json.loads(_NOTEBOOK.read_text(encoding="utf-8"))["cells"]
    assert all(not cell.get("outputs") for cell in cells)
    assert all(cell.get("execution_count") is None for cell in cells)


def test_the_notebook_runs_and_shows_the_published_figures(shop_home: Home, tmp_path: Path) -> None:
    ran = tmp_path / "ran.ipynb"
    jupyter = str(Path(sys.executable).with_name("jupyter-execute"))
    said = subprocess.run(
        [jupyter, str(_NOTEBOOK), f"--output={ran}"],
        env={**shop_home.variables, "HOME": str(tmp_path), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        check=False,
        text=True,
    )
    assert said.returncode == 0, said.stderr
    cells = json.loads(ran.read_text(encoding="utf-8"))["cells"]
    shown = [output["data"] for cell in cells for output in cell.get("outputs", [])]
    build, tables, months, entries = shown[-4:]
    assert shop_home.storehouse("status")["current"] in "".join(build["text/plain"])
    assert "fct_ledger_entries" in "".join(tables["text/html"])
    assert "marketplace" in "".join(months["text/plain"])
    assert "gross_sales" in "".join(entries["text/plain"])
