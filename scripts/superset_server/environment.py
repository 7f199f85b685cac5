"""Superset's Python environment: what bi/superset/requirements.lock names, and nothing of ours."""

from __future__ import annotations

import sys
from pathlib import Path

from servers.programs import installing, run
from storehouse.core.errors import ConfigError

_VERSIONS = ((3, 11), (3, 12))  # what Superset 6.1 runs on


def installed(project: Path, log: Path) -> Path:
    """The folder of the environment; installs it first where it is missing or old."""
    lock = project / "bi" / "superset" / "requirements.lock"
    folder = project / "var" / "superset-venv"
    with installing(folder, lock.read_bytes()) as is_missing:
        if is_missing:
            if sys.version_info[:2] not in _VERSIONS:
                raise ConfigError(
                    f"Superset does not run on Python {sys.version.split()[0]}. Make the "
                    "environment of storehouse with Python 3.11 or 3.12: "
                    "`make PYTHON=python3.11 env`."
                )
            sys.stderr.write(f"Installing Superset into {folder}, which takes minutes …\n")
            run([sys.executable, "-m", "venv", "--clear", str(folder)], log)
            pip = [str(folder / "bin" / "pip"), "install", "--disable-pip-version-check"]
            run([*pip, "--require-hashes", "--no-deps", "-r", str(lock)], log)
    return folder
