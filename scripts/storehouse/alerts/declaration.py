"""alerts.yml: where alerts are sent, and when."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from storehouse.core.config import Settings
from storehouse.core.errors import ConfigError
from storehouse.sources.declarations.entry import Entry
from storehouse.sources.declarations.yml import read_yml

# The most urgent first.
SEVERITIES = ("critical", "warning", "info")

_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d")
_NO_HOURS = "00:00"


@dataclass(frozen=True)
class Target:
    """Who gets alerts of which severities; `url_variable` names the variable with its address."""

    name: str
    url_variable: str
    severities: tuple[str, ...]


@dataclass(frozen=True)
class AlertSettings:
    """Times are local to a shop, as `HH:MM`; quiet hours with equal ends are none.

    `raise_after` and `clear_after` count evaluations in a row; what live evaluates, as often as
    once a second, must have been over for `clear_seconds`, too.
    """

    targets: tuple[Target, ...] = ()
    quiet_from: str = _NO_HOURS
    quiet_until: str = _NO_HOURS
    digest_at: str = "08:00"
    raise_after: int = 1
    clear_after: int = 2
    clear_seconds: float = 60
    send_cleared: bool = True
    timeout_seconds: float = 10


def read_alert_settings(settings: Settings) -> AlertSettings:
    """The settings in alerts.yml; the defaults if there is none.

    Raises ConfigError, with file and key, for what can't be used.
    """
    try:
        content = read_yml(settings.alerts_file)
    except FileNotFoundError:
        return AlertSettings()
    if not isinstance(content, dict | None):
        raise ConfigError(f"{settings.alerts_file} is not a mapping; write keys, as `targets:`.")
    entry = Entry(f"{settings.alerts_file}:", content or {})
    entry.only(
        "targets", "quiet_hours", "digest_at", "raise_after", "clear_after", "clear_seconds",
        "send_cleared", "timeout_seconds",
    )  # fmt: skip
    quiet = entry.below("quiet_hours")
    quiet.only("from", "until")
    usual = AlertSettings()
    found = AlertSettings(
        targets=tuple(_target(entry.below("targets"), name) for name in _names(entry, "targets")),
        quiet_from=_time(quiet, "from", usual.quiet_from),
        quiet_until=_time(quiet, "until", usual.quiet_until),
        digest_at=_time(entry, "digest_at", usual.digest_at),
        raise_after=entry.whole("raise_after", usual.raise_after, least=1),
        clear_after=entry.whole("clear_after", usual.clear_after, least=1),
        clear_seconds=entry.number("clear_seconds", usual.clear_seconds),
        send_cleared=entry.flag("send_cleared", usual.send_cleared),
        timeout_seconds=entry.number("timeout_seconds", usual.timeout_seconds),
    )
    if _is_quiet(found, found.digest_at):
        raise entry.error(
            "digest_at",
            f"is {found.digest_at}, within the quiet hours",
            f"set it to {found.quiet_until} or later",
        )
    return found


def target_variables(settings: Settings) -> frozenset[str]:
    """Environment variables with addresses of targets, which are secrets.

    Raises ConfigError for an alerts.yml that can't be used.
    """
    return frozenset(one.url_variable for one in read_alert_settings(settings).targets)


def _names(entry: Entry, key: str) -> tuple[str, ...]:
    return tuple(str(name) for name in entry.below(key).values)


def _target(targets: Entry, name: str) -> Target:
    one = targets.below(name)
    one.only("url_variable", "severities")
    severities = one.texts("severities") or SEVERITIES
    for severity in severities:
        if severity not in SEVERITIES:
            raise one.error(
                "severities", f"names {severity!r}", f"use only {', '.join(SEVERITIES)}"
            )
    return Target(name, one.text("url_variable"), severities)


def _time(entry: Entry, key: str, default: str) -> str:
    """YAML 1.1 reads 22:00 without quotes as a number of minutes."""
    value: Any = entry.values.get(key, default)
    if not isinstance(value, str) or not _TIME.fullmatch(value):
        raise entry.error(key, f"is {value!r}", 'write a time of day in quotes, as "22:00"')
    return value


def _is_quiet(found: AlertSettings, time: str) -> bool:
    start, end = found.quiet_from, found.quiet_until
    return start <= time < end if start <= end else not end <= time < start
