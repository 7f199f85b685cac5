"""A Medusa shop of one's own, for tests and trials: medusa.py start|stop|install FOLDER.

`start` installs Medusa and makes its database, an administrator and a secret API key
where they are missing, starts it on a free port of 127.0.0.1, waits until it answers and
prints {"url": …, "key": …, "receiver": …}; where it runs already it only prints. Medusa
needs Node 20 and npm; its PostgreSQL is servers/postgresql.py's, in FOLDER/postgresql. With
`--orders` the first start also fills it with an invented shop (medusa_seed.py). With
STOREHOUSE_RECEIVER and MEDUSA_WEBHOOK_SECRET set it posts its orders and customers to that
receiver as they change (medusa_events.py); it is started again if they have changed. `stop` stops
both; their data stay. `install` installs only, which takes minutes and needs the registry.
"""

from __future__ import annotations

import argparse
import json
import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from hashlib import sha256
from pathlib import Path

import httpx

from servers import postgresql
from servers.medusa_events import RECEIVER, subscriber_variables
from servers.medusa_install import DEFAULT_APP, install, program
from servers.medusa_seed import seed
from servers.medusa_shop import signed_in
from servers.postgresql import ServerError, free_port
from servers.programs import run

_EMAIL = "admin@example.com"
_START_SECONDS = 300
_STOP_SECONDS = 20
# Servers that this process started. They outlive it unless it stops them.
_started: dict[int, subprocess.Popen[bytes]] = {}


@dataclass(frozen=True)
class Address:
    """Where it is, and a secret key of its administration (user name of HTTP Basic).

    `receiver` is where it posts events, or None.
    """

    url: str
    key: str
    receiver: str | None = None


def start(
    folder: Path, app: Path = DEFAULT_APP, environ: Mapping[str, str] = os.environ
) -> Address:
    """Install, make and start; where it is and its key. Raises ServerError."""
    server = _Server(folder.resolve(), app.resolve(), subscriber_variables(environ))
    install(server.app)
    server.folder.mkdir(parents=True, exist_ok=True)
    database = postgresql.start(server.folder / "postgresql")
    if server.is_running():
        if server.posts_as_asked():
            return server.address()
        server.stop()
    server.make(database)
    server.start(database)
    return server.address()


def stop(folder: Path, app: Path = DEFAULT_APP) -> None:
    _Server(folder.resolve(), app.resolve()).stop()
    postgresql.stop(folder.resolve() / "postgresql")


@contextmanager
def running(
    folder: Path, app: Path = DEFAULT_APP, environ: Mapping[str, str] = os.environ
) -> Iterator[Address]:
    """A server that runs as long as the block."""
    try:
        yield start(folder, app, environ)
    finally:
        stop(folder, app)


@dataclass(frozen=True)
class _Server:
    """`events` are the variables of its subscriber."""

    folder: Path
    app: Path
    events: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def _account(self) -> Path:
        return self.folder / "account.json"

    @property
    def _process(self) -> Path:
        return self.folder / "process.json"

    @property
    def log(self) -> Path:
        return self.folder / "medusa.log"

    def address(self) -> Address:
        process, account = json.loads(self._process.read_text()), self._read_account()
        url = f"http://127.0.0.1:{process['port']}"
        return Address(url, account["key"], self.events.get(RECEIVER))

    def posts_as_asked(self) -> bool:
        """Whether the process that was noted was started with these `events`."""
        return bool(json.loads(self._process.read_text()).get("events") == self._events_hash)

    @property
    def _events_hash(self) -> str:
        return sha256(json.dumps(dict(self.events)).encode()).hexdigest()

    def make(self, database: str) -> None:
        """Secrets, tables and an administrator; again from where it was, if it was stopped."""
        if not self._account.exists():
            words = ("password", "JWT_SECRET", "COOKIE_SECRET")
            self._keep_account({word: secrets.token_hex(32) for word in words})
        account = self._read_account()
        if "user" not in account:
            self._medusa(database, "db:migrate", "--skip-scripts")
            with suppress(ServerError):  # there is one from a start that was stopped
                user = ("--email", _EMAIL, "--password", account["password"])
                self._medusa(database, "user", *user)
            self._keep_account({**account, "user": _EMAIL})

    def start(self, database: str) -> None:
        port = free_port()
        with self.log.open("ab") as log:
            process = subprocess.Popen(
                [*self._command(), "start", "--host", "127.0.0.1", "--port", str(port)],
                cwd=self.app,
                env=self._environ(database),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        _started[process.pid] = process
        said = {"pid": process.pid, "born": _born(process.pid), "port": port}
        self._process.write_text(json.dumps({**said, "events": self._events_hash}))
        self._wait(process, f"http://127.0.0.1:{port}")
        account = self._read_account()
        if "key" not in account:
            key = _secret_key(f"http://127.0.0.1:{port}", account["password"])
            self._keep_account({**account, "key": key})

    def stop(self) -> None:
        if not self.is_running():
            return
        group = json.loads(self._process.read_text())["pid"]
        for word in (signal.SIGTERM, signal.SIGKILL):
            with suppress(ProcessLookupError):
                os.killpg(group, word)
            for _ in range(_STOP_SECONDS * 10):
                if group in _started:
                    _started[group].poll()
                if not self.is_running():
                    return
                time.sleep(0.1)

    def is_running(self) -> bool:
        """Whether the process that was noted lives; another may have its number by now."""
        if not self._process.exists():
            return False
        said = json.loads(self._process.read_text())
        return bool(_born(said["pid"]) == said["born"])

    def _wait(self, process: subprocess.Popen[bytes], url: str) -> None:
        for _ in range(_START_SECONDS * 5):
            if process.poll() is not None:
                break
            with suppress(httpx.HTTPError):
                if httpx.get(f"{url}/health", timeout=5).status_code == httpx.codes.OK:
                    return
            time.sleep(0.2)
        self.stop()
        raise ServerError(f"Medusa did not start at {url}. {self.log} says why.")

    def _medusa(self, database: str, *arguments: str) -> None:
        command = [*self._command(), *arguments]
        run(command, self.log, self._environ(database), cwd=self.app)

    def _command(self) -> list[str]:
        return [program("node"), str(self.app / "node_modules" / "@medusajs" / "cli" / "cli.js")]

    def _environ(self, database: str) -> dict[str, str]:
        account = self._read_account()
        words = {name: word for name, word in account.items() if name.isupper()}
        return {
            **os.environ,
            "DATABASE_URL": database,
            "NODE_ENV": "production",
            "MEDUSA_DISABLE_TELEMETRY": "true",
            RECEIVER: "",
            **self.events,
            **words,
        }

    def _read_account(self) -> dict[str, str]:
        account: dict[str, str] = json.loads(self._account.read_text())
        return account

    def _keep_account(self, account: Mapping[str, str]) -> None:
        new = self._account.with_suffix(".new")
        new.touch(mode=0o600)
        new.write_text(json.dumps(account))
        new.replace(self._account)


def _secret_key(url: str, password: str) -> str:
    user = {"email": _EMAIL, "password": password}
    wanted = {"title": "storehouse", "type": "secret"}
    try:
        with httpx.Client(base_url=url, timeout=60) as http:
            signed_in = http.post("/auth/user/emailpass", json=user).raise_for_status()
            bearer = {"authorization": f"Bearer {signed_in.json()['token']}"}
            made = http.post("/admin/api-keys", json=wanted, headers=bearer).raise_for_status()
            return str(made.json()["api_key"]["token"])
    except httpx.HTTPError as error:
        raise ServerError(
            f"Medusa returned no key: {error}. Remove its folder and start it again."
        ) from error


def _born(pid: int) -> str | None:
    """When a process began, in the kernel's ticks; None where it is none, or only its end."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] == "Z" else fields[19]


def _fill(note: Path, address: Address, orders: int) -> None:
    """Invent a shop unless there is one; the note says which orders it has."""
    if note.exists():
        return
    try:
        with signed_in(address.url, address.key) as admin:
            seeded = seed(admin, orders)
    except (httpx.HTTPError, RuntimeError) as error:
        raise ServerError(
            f"Medusa refused a part of the generated shop: {error}. Stop it, remove "
            f"{note.parent} and start it again."
        ) from error
    note.write_text(json.dumps(seeded.orders))


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("command", choices=("install", "start", "stop"))
    parser.add_argument("folder", type=Path, help="its data; of install: the programs")
    parser.add_argument("--app", type=Path, default=DEFAULT_APP, help="the programs (var/medusa)")
    parser.add_argument("--orders", type=int, default=0, help="of a generated shop; default: none")
    given = parser.parse_args()
    try:
        if given.command == "install":
            install(given.folder.resolve())
        elif given.command == "stop":
            stop(given.folder, given.app)
        else:
            address = start(given.folder, given.app)
            if given.orders:
                _fill(given.folder / "seeded.json", address, given.orders)
            print(json.dumps(asdict(address)))
            if address.receiver is None:
                print(
                    f"It posts no events: set {RECEIVER} to have it do so (docs/live.md).",
                    file=sys.stderr,
                )
    except ServerError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
