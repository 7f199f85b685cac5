"""A copy of the project, with settings of its own."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import yaml

_PROJECT = "dbt_project.yml"
_FOLDERS = ("macros", "models", "seeds", "snapshots", "tests/generic", "tests/singular")


def copy_project(project: Path, folder: Path) -> Path:
    """Copy what dbt and storehouse read of a project; returns the folder."""
    for name in _FOLDERS:
        shutil.copytree(project / name, folder / name)
    for name in ("profiles.yml", _PROJECT):
        shutil.copy(project / name, folder)
    return folder


def set_vars(project: Path, folder: Path, **settings: Any) -> None:
    """Give a copy the vars of its project, but for these."""
    content = yaml.safe_load((project / _PROJECT).read_text("utf-8"))
    content["vars"] |= settings
    (folder / _PROJECT).write_text(yaml.safe_dump(content, sort_keys=False), "utf-8")
