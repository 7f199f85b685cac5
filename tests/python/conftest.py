from __future__ import annotations

from pathlib import Path

import pytest

from loaders.project import Project


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """One source `s` with a table `t` of columns a, b, c, delivered as UTF-8 CSV."""
    made = Project(tmp_path / "project")
    made.declare("s", t={"columns": ["a", "b", "c"]})
    return made
