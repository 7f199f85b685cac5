"""One writer at a time: a lock on a file in STOREHOUSE_HOME that names its holder.

The lock is `flock`, so the kernel releases it however its holder ends. The JSON in the file is
only information: who holds it, and since when.
"""

from __future__ import annotations

import fcntl
import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime

from storehouse.core.config import Settings
from storehouse.core.errors import ConfigError, LockedError

# `holder` takes a shared lock for some microseconds to check whether the lock is free;
# a run that starts at that moment tries again instead of failing.
_TRIES = 5
_PAUSE_SECONDS = 0.01


@dataclass(frozen=True)
class Holder:
    """The process that holds the lock. `pid` is 0 until it has written its details."""

    pid: int
    command: str
    started: str


def _utc_now() -> datetime:
    return datetime.now(UTC)


@contextmanager
def hold(
    settings: Settings,
    command: str,
    now: Callable[[], datetime] = _utc_now,
    *,
    lane: str = "",
) -> Iterator[None]:
    """Hold the lock while the block runs; with `lane`, that of a lane of live instead.

    Raises LockedError, at once, while another process holds it.
    """
    descriptor = _open(settings, _name(lane))
    try:
        if not _take(descriptor, fcntl.LOCK_EX):
            raise LockedError(_held_by(_read(descriptor), lane))
        _write(descriptor, Holder(os.getpid(), command, f"{now():%Y-%m-%dT%H:%M:%SZ}"))
        yield
    finally:
        os.close(descriptor)


@contextmanager
def hold_soon(
    settings: Settings, name: str, *, seconds: float, shared: bool = False
) -> Iterator[None]:
    """Hold the lock file `name` of the home while the block runs, once it is free.

    `shared` holders exclude only others that are not; they need no write access. Raises
    LockedError if it is not free within `seconds`.
    """
    descriptor = _open_shared(settings, name) if shared else _open(settings, name)
    if descriptor is None:
        yield
        return
    try:
        until = time.monotonic() + seconds
        while not _try(descriptor, fcntl.LOCK_SH if shared else fcntl.LOCK_EX):
            if time.monotonic() >= until:
                raise LockedError(
                    f"{settings.home / name} was held by another process for {seconds:,.0f} s. "
                    "Wait until it has ended, or end it, and try again."
                )
            time.sleep(_PAUSE_SECONDS / 2)
        yield
    finally:
        os.close(descriptor)


def holder(settings: Settings, *, lane: str = "") -> Holder | None:
    """The holder of the lock, or of that of a lane, or None. Never waits and creates nothing."""
    try:
        descriptor = os.open(settings.home / _name(lane), os.O_RDONLY)
    except FileNotFoundError:
        return None
    try:
        free = _try(descriptor, fcntl.LOCK_SH)
        return None if free else _read(descriptor)
    finally:
        os.close(descriptor)


def _name(lane: str) -> str:
    return f"live/{lane}.lock" if lane else ".lock"


def _open(settings: Settings, name: str) -> int:
    file = settings.home / name
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        return os.open(file, os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        raise ConfigError(
            f"{settings.home} can't be written: {error.strerror}. Give this user write access "
            "to it, or set STOREHOUSE_HOME to another folder."
        ) from error


def _open_shared(settings: Settings, name: str) -> int | None:
    """None if the file is missing and can't be created: then no process holds it."""
    try:
        return os.open(settings.home / name, os.O_RDONLY)
    except FileNotFoundError:
        with suppress(ConfigError):
            return _open(settings, name)
        return None


def _take(descriptor: int, mode: int) -> bool:
    for attempt in range(_TRIES):
        if attempt:
            time.sleep(_PAUSE_SECONDS)
        if _try(descriptor, mode):
            return True
    return False


def _try(descriptor: int, mode: int) -> bool:
    try:
        fcntl.flock(descriptor, mode | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _write(descriptor: int, who: Holder) -> None:
    text = json.dumps({"pid": who.pid, "command": who.command, "started": who.started})
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, text.encode(), 0)


def _read(descriptor: int) -> Holder:
    try:
        content = json.loads(os.pread(descriptor, 65536, 0))
        return Holder(int(content["pid"]), str(content["command"]), str(content["started"]))
    except (ValueError, KeyError, TypeError):
        return Holder(0, "unknown", "a moment ago")


def _held_by(who: Holder, lane: str) -> str:
    held = f"live holds lane {lane}" if lane else "run holds the warehouse"
    return (
        f"Another {held}: process {who.pid} ({who.command}), "
        f"since {who.started}. Wait until it has ended, or end it, and run again."
    )
