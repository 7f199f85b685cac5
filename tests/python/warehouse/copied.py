"""A copy of the project, for tests that change its settings or models."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import yaml

from warehouse.shop import PROJECT


class Copy:
    """A project of its own, whose settings are written into its dbt_project.yml."""

    def __init__(self, folder: Path) -> None:
        self.path = folder
        for name in ("macros", "models", "seeds", "snapshots", "tests/generic", "tests/singular"):
            shutil.copytree(PROJECT / name, folder / name)
        shutil.copy(PROJECT / "profiles.yml", folder)
        self.set()

    def set(self, **settings: Any) -> None:
        """The project's own settings, but for these."""
        content = yaml.safe_load((PROJECT / "dbt_project.yml").read_text())
        content["vars"] |= settings
        (self.path / "dbt_project.yml").write_text(yaml.safe_dump(content, sort_keys=False))
