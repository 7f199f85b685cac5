"""A copy of the project, for tests that change its settings or models."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from storehouse.prove.projects import copy_project, set_vars
from warehouse.shop import PROJECT


class Copy:
    """A project of its own, whose settings are written into its dbt_project.yml."""

    def __init__(self, folder: Path) -> None:
        self.path = copy_project(PROJECT, folder)
        self.set()

    def set(self, **settings: Any) -> None:
        """The project's own settings, but for these."""
        set_vars(PROJECT, self.path, **settings)
