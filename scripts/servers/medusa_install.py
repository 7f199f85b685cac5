"""Installing Medusa from npm, by the lock beside: no more than medusa.py needs."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from servers.postgresql import ServerError

_DECLARED = Path(__file__).with_name("medusa")
DEFAULT_APP = Path(__file__).parents[2] / "var" / "medusa"


def install(app: Path) -> None:
    """Install what package-lock.json names into `app`, unless it is there already."""
    app.mkdir(parents=True, exist_ok=True)
    marker = app / "installed"
    lock = (_DECLARED / "package-lock.json").read_bytes()
    with (app / "lock").open("w") as one_at_a_time:
        fcntl.flock(one_at_a_time, fcntl.LOCK_EX)
        shutil.copy(_DECLARED / "medusa-config.js", app)
        if marker.exists() and marker.read_bytes() == lock:
            return
        marker.unlink(missing_ok=True)
        for name in ("package.json", "package-lock.json"):
            shutil.copy(_DECLARED / name, app)
        options = ("--legacy-peer-deps", "--no-audit", "--no-fund")
        run([program("npm"), "ci", *options], app, app / "install.log", {})
        marker.write_bytes(lock)


def run(command: list[str], cwd: Path, log: Path, environ: Mapping[str, str]) -> None:
    with log.open("ab") as out:
        ended = subprocess.run(
            command,
            cwd=cwd,
            env={**os.environ, **environ},
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            check=False,
        )
    if ended.returncode != 0:
        said = " ".join(Path(word).name for word in command[:3])
        raise ServerError(f"`{said}` ended with {ended.returncode}. {log} says why.")


def program(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        raise ServerError(
            f"{name} is not installed. Install Node 20 or later with npm "
            "(Debian: `apt-get install nodejs npm`) and try again."
        )
    return found
