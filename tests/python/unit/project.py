"""The project itself, and dbt run on it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import yaml

PROJECT = Path(__file__).parents[3]
SOURCES = yaml.safe_load((PROJECT / "dbt_project.yml").read_text())["vars"]["shops"]


def dbt(home: Path, *arguments: str) -> str:
    """What dbt prints with all sources on. Only `parse` writes a manifest."""
    ended = subprocess.run(
        [str(Path(sys.executable).with_name("dbt")), *arguments],
        cwd=PROJECT,
        env=os.environ
        | {
            "STOREHOUSE_HOME": str(home),
            "STOREHOUSE_SOURCES": ",".join(SOURCES),
            "DBT_TARGET_PATH": str(home / "target"),
            "DBT_LOG_PATH": str(home / "logs"),
            "DBT_WRITE_JSON": str(arguments[0] == "parse").lower(),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout
    return ended.stdout
