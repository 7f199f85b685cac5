"""Superset's own data below STOREHOUSE_HOME, and its process."""

from __future__ import annotations

import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import httpx

from servers.postgresql import ServerError
from servers.programs import installed_lock, run
from storehouse.core.config import Settings
from storehouse.serving.published_files import current_file

USER = "admin"
_START_SECONDS = 600
_STOP_SECONDS = 20
# Variables of ours, of which some are secret, and those that would lead it to other modules.
_OURS = ("STOREHOUSE_", "PYTHON")


@dataclass(frozen=True)
class Instance:
    """`environment` is the folder of Superset's programs, `folder` that of its data."""

    environment: Path
    folder: Path
    config: Path

    @property
    def log(self) -> Path:
        return self.folder / "superset.log"

    @property
    def password(self) -> str:
        return _secret(self.folder / "admin_password", 18)

    def prepare(self) -> None:
        """Make the database, the administrator and the roles, once for each lock file.

        Raises ServerError.
        """
        done = self.folder / "prepared"
        lock = installed_lock(self.environment)
        _secret(self.folder / "secret_key", 42)
        if done.exists() and done.read_bytes() == lock:
            return
        sys.stderr.write(f"Setting Superset up in {self.folder} …\n")
        superset = str(self.environment / "bin" / "superset")
        run([superset, "db", "upgrade"], self.log, self._environ)
        person = ("--username", USER, "--firstname", "Shop", "--lastname", "Admin")
        run(
            [superset, "fab", "create-admin", *person, "--email", "admin@example.com"],
            self.log,
            self._environ,
            typed=f"{self.password}\n{self.password}\n",
        )
        run([superset, "init"], self.log, self._environ)
        done.write_bytes(lock)

    @contextmanager
    def serving(self, port: int) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
        """The address and the process of the server, as long as the block runs."""
        address = f"http://127.0.0.1:{port}"
        sys.stderr.write("Starting Superset …\n")
        with self.log.open("ab") as log:
            process = subprocess.Popen(
                [
                    str(self.environment / "bin" / "gunicorn"),
                    *("--bind", address.removeprefix("http://"), "--timeout", "120"),
                    *("--graceful-timeout", "5"),
                    *("--worker-class", "gthread", "--threads", "8", "--no-control-socket"),
                    "superset.app:create_app()",
                ],
                env=self._environ,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        try:
            self._wait(process, address)
            yield address, process
        finally:
            process.terminate()
            try:
                process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)

    def _wait(self, process: subprocess.Popen[bytes], address: str) -> None:
        end = time.monotonic() + _START_SECONDS
        while process.poll() is None and time.monotonic() < end:
            with suppress(httpx.HTTPError):
                if httpx.get(f"{address}/health", timeout=5).status_code == httpx.codes.OK:
                    return
            time.sleep(0.2)
        raise ServerError(f"Superset did not start at {address}. {self.log} says why.")

    @property
    def _environ(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(_OURS)}
        return kept | {
            "SUPERSET_HOME": str(self.folder),
            "SUPERSET_CONFIG_PATH": str(self.config),
            "FLASK_APP": "superset",
        }


def instance(settings: Settings, environment: Path, folder: Path) -> Instance:
    return Instance(
        environment, folder, settings.project_dir / "bi" / "superset" / "superset_config.py"
    )


def data_folder(settings: Settings) -> Path:
    """Where Superset keeps its data. Raises ServerError while nothing is published."""
    if current_file(settings) is None:
        raise ServerError("Nothing is published yet. Run `storehouse run` first.")
    folder = settings.home / "superset"
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder


def _secret(file: Path, size: int) -> str:
    """A secret that is made up when it is first needed, and that only this user can read."""
    with suppress(FileExistsError):
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as stream:
            stream.write(secrets.token_urlsafe(size))
    return file.read_text("utf-8")
