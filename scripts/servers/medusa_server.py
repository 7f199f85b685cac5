"""The process of a Medusa, its account and its log, for medusa.py."""

from __future__ import annotations

import json
import os
import secrets
import signal
import subprocess
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

import httpx

from servers.medusa_events import RECEIVER
from servers.medusa_install import program
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


@dataclass(frozen=True)
class Server:
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
