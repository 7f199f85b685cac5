from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from unit.project import dbt
from warehouse.homes import made_once


@pytest.fixture(scope="session")
def parsed_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home where dbt has parsed the project and built nothing; test_compiled.py works in it."""
    return made_once(tmp_path_factory, "parsed", lambda folder: dbt(folder, "parse"))


@pytest.fixture(scope="session")
def parsed(parsed_home: Path) -> dict[str, Any]:
    """dbt's manifest of the project."""
    manifest: dict[str, Any] = json.loads((parsed_home / "target" / "manifest.json").read_text())
    return manifest
