"""A sample shop in a home of its own: most of it built, its last days to be sent as events."""

from __future__ import annotations

import base64
import json
import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from secrets import token_bytes
from typing import Any

from sample_shop import write_sample
from storehouse.core.config import Settings
from storehouse.core.errors import ConfigError, ProofError
from storehouse.live.player.last_days import hold_back
from storehouse.live.player.shop_events import SOURCE
from storehouse.live.receiver.signatures import secrets_in
from storehouse.log.bases import newest_base
from storehouse.log.events import Event
from storehouse.log.opening import EVENT_LOG, LogAddress, log_address
from storehouse.prove.live.alert_target import AlertTarget
from storehouse.prove.live.sender import Hook
from storehouse.prove.served import begun
from storehouse.sources.declarations.entry import read_source_entry
from storehouse.sources.events.declaration import read_webhook

_SECRET_VARIABLE = "SHOP_WEBHOOK_SECRET"  # noqa: S105  its name
_TARGET_VARIABLE = "ALERTS_TARGET_URL"
_ALERTS = (
    f"targets: {{target: {{url_variable: {_TARGET_VARIABLE}, severities: [critical, warning]}}}}\n"
)


@dataclass(frozen=True)
class LiveHome:
    """`environ` is added to that of a process; `logs` is where processes report.

    `events` are of `first_day` on, but for some that are late. The first run took `run_seconds`.
    """

    settings: Settings
    environ: Mapping[str, str]
    events: Sequence[Event]
    logs: Path
    first_day: str
    run_seconds: float = 0.0

    @property
    def build_id(self) -> str:
        """The build of the newest base."""
        base = newest_base(self.settings.home)
        return base.name if base else ""

    @property
    def log(self) -> LogAddress:
        return log_address(self.settings, {**os.environ, **self.environ})

    def storehouse(self, *arguments: str) -> dict[str, Any]:
        """Run `storehouse ARGUMENTS --json`; its document. Raises ProofError if it fails.

        If this process is interrupted, it is ended with all that it has started.
        """
        with self.started(*arguments, own_group=True) as process:
            try:
                said, _ = process.communicate()
            except BaseException:
                os.killpg(process.pid, signal.SIGTERM)
                raise
        if process.returncode:
            raise ProofError(
                f"`storehouse {' '.join(arguments)}` ended with code {process.returncode}: "
                f"{said.strip() or (self.logs / f'{arguments[0]}.log').read_text('utf-8').strip()}"
            )
        return dict(json.loads(said))

    def started(self, *arguments: str, own_group: bool = False) -> subprocess.Popen[str]:
        """`storehouse ARGUMENTS --json`, whose reports go to its log.

        With `own_group`, it and what it starts can be killed together.
        """
        log = self.logs / f"{arguments[0]}.log"
        return begun(
            *arguments,
            environ=self.environ,
            log=log,
            cwd=self.settings.project_dir,
            own_group=own_group,
        )

    def silent(self) -> LiveHome:
        """The same, whose alerts are sent to no one."""
        return replace(self, environ={**self.environ, "STOREHOUSE_ALERTS": f"{self.logs}/none.yml"})

    def beside(self, folder: Path) -> LiveHome:
        """A new home with the same files and log."""
        return replace(
            self,
            settings=replace(self.settings, home=folder),
            environ={**self.environ, "STOREHOUSE_HOME": str(folder)},
        )


def prepared(
    settings: Settings,
    folder: Path,
    *,
    orders: int,
    days: int,
    events: int,
    seed: int,
    target: AlertTarget | None = None,
    log: str | None = None,
) -> LiveHome:
    """Write a shop into `folder` and build it but for its last weeks, about so many events.

    A target gets its critical alerts and warnings, those of the build in this first run. The event
    log is a SQLite file, or at the address `log`. Raises ConfigError if that has events already.
    """
    sample = folder / "inbox"
    write_sample(sample, orders=orders, days=days, seed=seed)
    rest = hold_back(sample / SOURCE, folder / "rest", events)
    home = replace(settings, home=folder / "home", inbox=sample, sources=(SOURCE,))
    environ = {
        "STOREHOUSE_HOME": str(home.home),
        "STOREHOUSE_INBOX": str(sample),
        "STOREHOUSE_SOURCES": SOURCE,
        "STOREHOUSE_ALERTS": str(folder / "alerts.yml"),  # else no one is sent anything
        EVENT_LOG: log or str(home.home / "live" / "log.sqlite"),
        _SECRET_VARIABLE: f"whsec_{base64.b64encode(token_bytes(32)).decode()}",
    }
    if target is not None:
        (folder / "alerts.yml").write_text(_ALERTS, "utf-8")
        environ[_TARGET_VARIABLE] = target.url
    logs = folder / "logs"
    logs.mkdir()
    first_day = min(file.name[:10] for file in (folder / "rest").rglob("*.csv"))
    live = LiveHome(home, environ, rest, logs, first_day)
    if log is not None:
        _refuse_a_used_log(live.log)
    begun = time.monotonic()
    live.storehouse("run")
    return replace(live, run_seconds=time.monotonic() - begun)


def _refuse_a_used_log(address: LogAddress) -> None:
    with address.opened() as log:
        if log.end():
            raise ConfigError(
                f"{log.name} is not empty: its last event is number {log.end():,}. Use one without "
                "events, since this one's are of no sample shop."
            )


def hook_of(home: LiveHome, url: str) -> Hook:
    """How webhooks of the home's source are signed, and where they go. Raises ConfigError."""
    webhook = read_webhook(read_source_entry(home.settings, SOURCE))
    if webhook is None:
        raise ConfigError(f"Source {SOURCE} declares no webhook: declare `events` in its yml.")
    secret, *_ = secrets_in(webhook.signature, home.environ[webhook.signature.secret_variable])
    return Hook(url, webhook.signature, secret)
