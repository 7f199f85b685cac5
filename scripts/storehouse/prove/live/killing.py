"""Processes of a home that are killed at random moments, and started again."""

from __future__ import annotations

import math
import os
import signal
import socket
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import httpx

from storehouse.core.errors import ProofError
from storehouse.live.player.shop_events import SOURCE
from storehouse.prove.live.home import LiveHome

RECEIVER, LIVE, LANE, RUN = "receiver", "live", "lane", "run"
API, DASHBOARD = "API", "dashboard"
ALL = (RECEIVER, LIVE, LANE, RUN, API, DASHBOARD)
# By server: its command, and what it answers once it is ready.
_SERVERS = {
    RECEIVER: ("receive", "/healthz"),
    API: ("serve", "/healthz"),
    DASHBOARD: ("dashboard", "/_stcore/health"),
}
_WAIT_SECONDS = 300
_LOOK_SECONDS = 0.05


@dataclass
class Processes:
    """Servers and live of a home, and its runs; `killed` counts by what they were.

    `ports` are those of the servers; `away` says when they were killed and when ready again.
    """

    home: LiveHome
    ports: Mapping[str, int]
    rng: Random
    killed: Counter[str] = field(default_factory=Counter)
    away: dict[str, list[tuple[float, float]]] = field(default_factory=dict)
    _running: dict[str, subprocess.Popen[str]] = field(default_factory=dict)

    @property
    def webhooks(self) -> str:
        return f"{self.address(RECEIVER)}/webhooks/{SOURCE}"

    def address(self, server: str) -> str:
        return f"http://127.0.0.1:{self.ports[server]}"

    def start(self, name: str) -> None:
        """Start it, and wait until a server answers, or live has begun its lanes."""
        arguments = ["live"]
        if name in _SERVERS:
            arguments = [_SERVERS[name][0], "--port", str(self.ports[name])]
        process = self._running[name] = self.home.started(*arguments)

        def is_ready() -> bool:
            return self._answers(name) if name in _SERVERS else bool(self._lanes())

        _wait_until(
            lambda: is_ready() or process.poll() is not None,
            f"`storehouse {arguments[0]}` is ready",
        )
        self._raise_if_ended(name)

    def kill(self, name: str) -> None:
        """Kill a process, or with LANE any one of live's lanes, and start it again.

        Live starts a lane again by itself. Raises ProofError if a process has ended by itself.
        """
        if name == LANE:
            lanes = self._lanes()
            if lanes:
                with suppress(ProcessLookupError):
                    os.kill(self.rng.choice(lanes), signal.SIGKILL)
                    self.killed[LANE] += 1
            return
        self._raise_if_ended(name)
        process = self._running.pop(name)
        away = self.away.setdefault(name, [])
        away.append((time.monotonic(), math.inf))
        process.kill()
        process.communicate()
        self.killed[name] += 1
        self.start(name)
        away[-1] = (away[-1][0], time.monotonic())

    def was_away(self, name: str, since: float, until: float) -> bool:
        """Whether it was killed, or not ready again, within a time by time.monotonic."""
        return any(killed <= until and since <= back for killed, back in self.away.get(name, ()))

    def kill_run(self, seconds: float) -> None:
        """Start a run, and kill it with its dbt at any moment within so many seconds."""
        while True:
            process = self.home.started("run", own_group=True)
            try:
                process.communicate(timeout=self.rng.uniform(0.2, seconds))
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.communicate()
            if process.returncode == -signal.SIGKILL:
                self.killed[RUN] += 1
                return
            seconds /= 2  # it ended before

    def stop(self) -> None:
        for process in self._running.values():
            process.terminate()
        for process in self._running.values():
            process.communicate()
        self._running.clear()

    def _raise_if_ended(self, name: str) -> None:
        process = self._running[name]
        if process.poll() is not None:
            command = _SERVERS[name][0] if name in _SERVERS else "live"
            raise ProofError(
                f"`storehouse {command}` ended with code {process.returncode}. Look at "
                f"{self.home.logs / f'{command}.log'}: repeat with --keep."
            )

    def _answers(self, server: str) -> bool:
        try:
            return httpx.get(f"{self.address(server)}{_SERVERS[server][1]}").is_success
        except httpx.TransportError:
            return False

    def _lanes(self) -> list[int]:
        """The processes of live's lanes."""
        return lanes_of(self._running[LIVE].pid)


@contextmanager
def processes_of(home: LiveHome, rng: Random) -> Iterator[Processes]:
    """Live and all servers of a home, as long as the block. Raises ProofError."""
    with ExitStack() as stack:
        taken = [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in _SERVERS]
        free = [int(one.getsockname()[1]) for one in taken]
    processes = Processes(home, dict(zip(_SERVERS, free, strict=True)), rng)
    try:
        for name in (*_SERVERS, LIVE):
            processes.start(name)
        yield processes
    finally:
        processes.stop()


def lanes_of(pid: int) -> list[int]:
    """The processes of the lanes of a `storehouse live`; without those that are ending."""
    found = []
    with suppress(FileNotFoundError, ProcessLookupError):
        for one in Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii").split():
            with suppress(FileNotFoundError, ProcessLookupError):
                if "spawn_main" in Path(f"/proc/{one}/cmdline").read_text("utf-8"):
                    found.append(int(one))
    return found


def _wait_until(condition: Callable[[], bool], what: str) -> None:
    """Raises ProofError after five minutes."""
    until = time.monotonic() + _WAIT_SECONDS
    while not condition():
        if time.monotonic() > until:
            raise ProofError(f"It did not come true in {_WAIT_SECONDS} s that {what}.")
        time.sleep(_LOOK_SECONDS)
