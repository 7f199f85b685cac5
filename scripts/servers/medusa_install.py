"""Installing Medusa from npm, by the lock beside: no more than medusa.py needs."""

from __future__ import annotations

import shutil
from pathlib import Path

from servers.postgresql import ServerError
from servers.programs import installing, run

_DECLARED = Path(__file__).with_name("medusa")
DEFAULT_APP = Path(__file__).parents[2] / "var" / "medusa"


def install(app: Path) -> None:
    """Install what package-lock.json names into `app`, unless it is there already."""
    lock = (_DECLARED / "package-lock.json").read_bytes()
    with installing(app, lock) as is_missing:
        shutil.copy(_DECLARED / "medusa-config.js", app)
        shutil.copytree(_DECLARED / "src", app / "src", dirs_exist_ok=True)
        if is_missing:
            for name in ("package.json", "package-lock.json"):
                shutil.copy(_DECLARED / name, app)
            options = ("--legacy-peer-deps", "--no-audit", "--no-fund")
            run([program("npm"), "ci", *options], app / "install.log", cwd=app)


def program(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        raise ServerError(
            f"{name} is not installed. Install Node 20 or later with npm "
            "(Debian: `apt-get install nodejs npm`) and try again."
        )
    return found
