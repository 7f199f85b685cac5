"""Superset's Python environment: what bi/superset/requirements.lock names, and nothing of ours."""

from __future__ import annotations

import fcntl
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from storehouse.core.errors import ConfigError, StorehouseError

_MARKER = "installed"
_VERSIONS = ((3, 11), (3, 12))  # what Superset 6.1 runs on


class SupersetError(StorehouseError):
    """Superset could not be installed, set up or started."""


def installed(project: Path, log: Path) -> Path:
    """The folder of the environment's commands; installs it first where it is missing or old."""
    lock = project / "bi" / "superset" / "requirements.lock"
    folder = project / "var" / "superset-venv"
    marker = folder / _MARKER
    folder.mkdir(parents=True, exist_ok=True)
    with (folder.parent / ".superset-venv.lock").open("w") as one_at_a_time:
        fcntl.flock(one_at_a_time, fcntl.LOCK_EX)
        if not (marker.exists() and marker.read_bytes() == lock.read_bytes()):
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
            marker.write_bytes(lock.read_bytes())
    return folder / "bin"


def installed_lock(commands: Path) -> bytes:
    """The lock file that an environment was installed by."""
    return (commands.parent / _MARKER).read_bytes()


def run(
    command: list[str], log: Path, environ: Mapping[str, str] | None = None, *, said: str = ""
) -> None:
    """Run a command whose output goes to the log; `said` is typed in. Raises SupersetError.

    It has no terminal, so what is typed in is read also where a password is asked for.
    """
    with log.open("ab") as out:
        ended = subprocess.run(
            command,
            env=environ,
            input=said.encode(),
            stdout=out,
            stderr=out,
            check=False,
            start_new_session=True,
        )
    if ended.returncode != 0:
        words = " ".join(Path(word).name for word in command[:3])
        raise SupersetError(f"`{words}` ended with {ended.returncode}. {log} says why.")
