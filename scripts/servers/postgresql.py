"""A PostgreSQL of one's own, for tests and trials: postgresql.py start|stop FOLDER.

`start` makes the server in FOLDER where it is missing, starts it on a free port of
127.0.0.1 and prints its URL, password included; where it runs already it only prints.
A server that was stopped comes back on the port it had. `stop` stops it; its data stay.
PostgreSQL refuses to run as root: then the user `postgres`, or `nobody`, owns the folder.
The disk is not waited for (fsync=off): a power cut may cost the data.
"""

from __future__ import annotations

import argparse
import os
import pwd
import secrets
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from storehouse.core.errors import StorehouseError

NAME = "storehouse"
_ATTEMPTS = 3
_DEBIAN = Path("/usr/lib/postgresql")


class ServerError(StorehouseError):
    """Says what could not be done, and what to do about it."""


def start(folder: Path) -> str:
    """Make and start the server in `folder`; its URL. Raises ServerError."""
    server = _Server(folder.resolve(), binaries())
    server.make()
    if not server.is_running():
        server.start()
    return server.url()


def stop(folder: Path, mode: str = "fast") -> None:
    """Stop the server in `folder`, if it runs. `immediate` is as if it crashed."""
    server = _Server(folder.resolve(), binaries())
    if server.is_running():
        server.stop(mode)


@contextmanager
def running(folder: Path) -> Iterator[str]:
    """The URL of a server that runs as long as the block."""
    try:
        yield start(folder)
    finally:
        stop(folder, "immediate")


@dataclass(frozen=True)
class _Server:
    folder: Path
    binaries: Path

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def _url_file(self) -> Path:
        return self.folder / "url"

    def url(self) -> str:
        return self._url_file.read_text(encoding="utf-8").strip()

    def make(self) -> None:
        if self._url_file.exists():
            return
        # What a start that was killed left has no use.
        if self.is_running():
            self.stop("immediate")
        shutil.rmtree(self.data, ignore_errors=True)
        self.folder.mkdir(parents=True, exist_ok=True)
        password = secrets.token_hex(16)
        word = self.folder / "password"
        word.touch(mode=0o600)
        word.write_text(password, encoding="utf-8")
        user = _user()
        if user is not None:
            os.chown(self.folder, user.pw_uid, user.pw_gid)
            os.chown(word, user.pw_uid, user.pw_gid)
        self.run(
            "initdb",
            f"--pgdata={self.data}",
            f"--username={NAME}",
            f"--pwfile={word}",
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            "--locale=C",
            "--no-sync",
        )
        word.unlink()
        self._start_on(free_port())
        self.run(
            "createdb",
            "--host=127.0.0.1",
            f"--port={self._port()}",
            f"--username={NAME}",
            NAME,
            environ={"PGPASSWORD": password},
        )
        self._keep_url(password, self._port())

    def start(self) -> None:
        """Start on the port it had, or on another where that is taken by now."""
        url = urlsplit(self.url())
        self._start_on(url.port or free_port())
        self._keep_url(str(url.password), self._port())

    def stop(self, mode: str) -> None:
        self.run("pg_ctl", "stop", "--wait", f"--mode={mode}", f"--pgdata={self.data}")

    def is_running(self) -> bool:
        if not (self.data / "postmaster.pid").exists():
            return False
        try:
            self.run("pg_ctl", "status", f"--pgdata={self.data}")
        except ServerError:
            return False
        return True

    def _start_on(self, port: int) -> None:
        for attempt in range(1, _ATTEMPTS + 1):
            options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories= "
            try:
                self.run(
                    "pg_ctl",
                    "start",
                    "--wait",
                    "--silent",
                    f"--pgdata={self.data}",
                    f"--log={self.folder / 'log'}",
                    f"--options={options}-c fsync=off -c full_page_writes=off",
                )
            except ServerError:
                if attempt == _ATTEMPTS:
                    raise
                port = free_port()
            else:
                return

    def _port(self) -> int:
        """The port of the server that runs, the fourth line of its own note."""
        return int((self.data / "postmaster.pid").read_text(encoding="utf-8").splitlines()[3])

    def _keep_url(self, password: str, port: int) -> None:
        self._url_file.touch(mode=0o600)
        self._url_file.write_text(
            f"postgresql://{NAME}:{password}@127.0.0.1:{port}/{NAME}\n", encoding="utf-8"
        )

    def run(self, command: str, *arguments: str, environ: Mapping[str, str] = {}) -> None:
        user = _user()
        # The server inherits standard output: a pipe would stay open as long as it runs.
        with (self.folder / "commands.log").open("a+b") as log:
            begin = log.tell()
            process = subprocess.run(
                [str(self.binaries / command), *arguments],
                cwd="/",
                env={**os.environ, "LC_ALL": "C", **environ},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                check=False,
                user=user.pw_uid if user else None,
                group=user.pw_gid if user else None,
                extra_groups=[] if user else None,
            )
            log.seek(begin)
            said = log.read().decode(errors="replace").strip()
        if process.returncode != 0:
            owner = user.pw_name if user else pwd.getpwuid(os.geteuid()).pw_name
            raise ServerError(
                f"{command} failed in {self.folder} as user {owner}: {said or 'no reason given'}. "
                f"The folder must be one that {owner} can reach; {self.folder / 'log'} is the "
                "server's log."
            )


def _user() -> pwd.struct_passwd | None:
    """Whom to become; None: stay who we are."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise ServerError("PostgreSQL does not run as root, and there is no user nobody: create one.")


def binaries() -> Path:
    """The folder of PostgreSQL's programs: of the one in PATH, else Debian's newest.

    Raises ServerError where there is none.
    """
    found = shutil.which("pg_ctl")
    if found:
        return Path(found).resolve().parent
    debian = [p for p in _DEBIAN.glob("*/bin/pg_ctl") if p.parts[-3].isdigit()]
    if debian:
        return max(debian, key=lambda path: int(path.parts[-3])).parent
    raise ServerError(
        "PostgreSQL is not installed: there is no pg_ctl in PATH or in /usr/lib/postgresql. "
        "Install it (Debian: `apt-get install postgresql`) and try again."
    )


def free_port() -> int:
    """A port of 127.0.0.1 on which nobody listens at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("command", choices=("start", "stop"))
    parser.add_argument("folder", type=Path)
    arguments = parser.parse_args()
    try:
        if arguments.command == "start":
            print(start(arguments.folder))
        else:
            stop(arguments.folder)
    except ServerError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
