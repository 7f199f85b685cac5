"""Which event log a home has: the setting STOREHOUSE_EVENT_LOG."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from storehouse.core.config import Settings
from storehouse.core.errors import ConfigError
from storehouse.log.event_log import EventLog, Retention
from storehouse.log.kafka_address import KAFKA, KafkaAccess
from storehouse.log.sqlite import SqliteLog

# A NATS server's URL may hold a password: it reaches neither dbt nor any message.
EVENT_LOG = "STOREHOUSE_EVENT_LOG"
_DAYS = "STOREHOUSE_EVENT_LOG_DAYS"
_GIGABYTES = "STOREHOUSE_EVENT_LOG_GB"
_DEFAULT_DAYS = 7
_DEFAULT_GIGABYTES = 2
_NATS = ("nats://", "tls://")


@dataclass(frozen=True)
class LogAddress:
    """Where the log is: a file, or the URL of a server if `path` is None.

    `folder` is where this machine keeps what it knows of a server's log.
    """

    path: Path | None
    url: str
    retention: Retention
    folder: Path | None = None
    access: KafkaAccess = field(default_factory=KafkaAccess)

    @property
    def exists(self) -> bool:
        """Whether there may be events in it; a file is created by the first to write."""
        return self.path is None or self.path.exists()

    @contextmanager
    def opened(self, *, prepared: bool = True) -> Iterator[EventLog]:
        """The log, created if it is missing. Raises SourceUnavailable.

        Without `prepared` nothing is created or changed on a server.
        """
        log = self._open(prepared)
        try:
            yield log
        finally:
            log.close()

    def _open(self, prepared: bool) -> EventLog:
        if self.path is not None:
            return SqliteLog(self.path)
        # Their libraries are extras, and only imported if they are used.
        if self.url.startswith(KAFKA):
            from storehouse.log.kafka import KafkaLog  # noqa: PLC0415

            return KafkaLog(self.url, self.folder, self.access, prepared=prepared)
        from storehouse.log.jetstream import JetStreamLog  # noqa: PLC0415

        return JetStreamLog(self.url, self.retention.age, prepared=prepared)


def log_address(settings: Settings, environ: Mapping[str, str] | None = None) -> LogAddress:
    """The address and retention that the environment names. Raises ConfigError.

    The default is the file live/log.sqlite below STOREHOUSE_HOME. STOREHOUSE_EVENT_LOG may be
    another file, relative to the project's folder, `nats://…`, `kafka://…` or `kafkas://…`.
    """
    environ = os.environ if environ is None else environ
    given = environ.get(EVENT_LOG, "")
    retention = Retention(
        timedelta(days=_number(environ, _DAYS, _DEFAULT_DAYS)),
        int(_number(environ, _GIGABYTES, _DEFAULT_GIGABYTES) * 10**9),
    )
    if given.startswith((*_NATS, *KAFKA)):
        access = KafkaAccess.of(environ)
        return LogAddress(None, given, retention, settings.home / "live", access)
    if "://" in given:
        raise ConfigError(
            f"{EVENT_LOG} begins with {given.partition('://')[0]!r}. Use a file, or the URL of "
            f"a NATS server ({' or '.join(_NATS)}) or of Kafka ({' or '.join(KAFKA)})."
        )
    path = settings.project_dir / given if given else settings.home / "live" / "log.sqlite"
    return LogAddress(path.resolve(), "", retention)


def _number(environ: Mapping[str, str], name: str, default: float) -> float:
    given = environ.get(name) or str(default)
    try:
        number = float(given)
    except ValueError:
        number = -1
    if not 0 < number < 10**6:
        raise ConfigError(f"{name} is {given!r}. It must be a number above 0.")
    return number
