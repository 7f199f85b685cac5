"""Sending what there is to tell to each target, by Apprise."""

from __future__ import annotations

import importlib
import logging
import os
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from threading import Thread
from typing import Any
from urllib.parse import quote

from storehouse.alerts.declaration import AlertSettings, Target
from storehouse.alerts.notices import Message, due_messages, mark_sent, waiting_count
from storehouse.alerts.state import opened
from storehouse.core.config import Settings
from storehouse.core.errors import LockedError
from storehouse.core.lock import hold_soon

# What Apprise calls the kinds of messages; a target may show them in colour.
_KINDS = {"critical": "failure", "warning": "warning", "info": "info", "cleared": "success"}

_TOO_LONG = (
    "It took too long for its messages (timeout_seconds in alerts.yml). What it did not take is "
    "sent again after the next run, or by live within a minute."
)
_SENT_BY_ANOTHER = (
    "Another process is sending to it. What that leaves is sent after the next run, or by live "
    "within a minute."
)


@dataclass(frozen=True)
class Delivered:
    """What a target was sent: `sent` alerts and cleared notices; `waiting` are for later.

    `problem` is why the rest could not be sent; it holds no address.
    """

    target: str
    sent: int
    waiting: int
    problem: str | None = None


def deliver(
    settings: Settings,
    alert_settings: AlertSettings,
    *,
    time_zones: Mapping[str, str],
    now: Callable[[], datetime],
    environ: Mapping[str, str] = os.environ,
) -> tuple[Delivered, ...]:
    """Send each target what is due for it, and remember message by message what it was sent.

    `time_zones` are those of the sources that are on, the shop's own first.

    What a target refuses, or has no time for within timeout_seconds, is left for the next
    evaluation; it holds up neither the target's other messages nor other targets.
    """
    return tuple(
        deliver_to(
            settings, alert_settings, target, time_zones=time_zones, now=now, environ=environ
        )
        for target in alert_settings.targets
    )


def deliver_to(
    settings: Settings,
    alert_settings: AlertSettings,
    target: Target,
    *,
    time_zones: Mapping[str, str],
    now: Callable[[], datetime],
    environ: Mapping[str, str] = os.environ,
) -> Delivered:
    """As `deliver`, to one target.

    One process at a time sends to a target, so that none is sent what another is about to
    remember. Raises LockedError if the state can't be opened.
    """
    lock = f"alerts/targets/{quote(target.name, safe='')}.lock"
    sent, problem = 0, None
    with ExitStack() as stack:
        try:
            stack.enter_context(hold_soon(settings, lock, seconds=alert_settings.timeout_seconds))
        except LockedError:
            problem = _SENT_BY_ANOTHER
        else:
            with opened(settings) as con:
                due = due_messages(con, alert_settings, target, time_zones=time_zones, now=now())
            until = time.monotonic() + alert_settings.timeout_seconds
            for message in due:
                left = until - time.monotonic()
                failed = send(target, message, left, environ) if left > 0 else _TOO_LONG
                problem = problem or failed
                if failed == _TOO_LONG:
                    break
                if not failed:
                    with opened(settings) as con:
                        mark_sent(con, target, message, now())
                    sent += len(message.notices)
    with opened(settings) as con:
        return Delivered(target.name, sent, waiting_count(con, target, now()), problem)


def send(
    target: Target,
    message: Message,
    timeout_seconds: float,
    environ: Mapping[str, str] = os.environ,
) -> str | None:
    """Send one message; returns what went wrong and what to do, without the address."""
    address = environ.get(target.url_variable)
    if not address:
        return f"{target.url_variable} is not set. Set it to the address of {target.name}."
    outcome: list[bool | str] = []
    sending = Thread(target=_notify, args=(address, message, outcome), daemon=True)
    sending.start()
    sending.join(timeout_seconds)
    match [*outcome]:
        case [True]:
            return None
        case [str() as reason]:
            return f"{reason} (its address is in {target.url_variable})."
        case []:
            return _TOO_LONG
        case _:
            return (
                f"It did not take the message. See that {target.url_variable} has the right "
                "address, and that the target is up. It is sent again after the next run, or by "
                "live within a minute."
            )


def _notify(address: str, message: Message, outcome: list[bool | str]) -> None:
    """Hand the message to Apprise. What it logs or raises may hold the address."""
    try:
        apprise: Any = importlib.import_module("apprise")
    except ModuleNotFoundError:
        outcome.append("Apprise is not installed: run `pip install 'storehouse[alerts]'`")
        return
    log = logging.getLogger("apprise")
    log.propagate = False
    log.handlers = [logging.NullHandler()]
    try:
        sender = apprise.Apprise()
        if not sender.add(address):
            outcome.append("Apprise does not know this kind of address")
            return
        for service in sender.services:
            if service.overflow_mode == apprise.OverflowMode.UPSTREAM:
                # Sent whole, a message over the service's limit would be refused in each run.
                service.overflow_mode = apprise.OverflowMode.SPLIT
        outcome.append(
            bool(
                sender.notify(
                    title=message.title,
                    body=message.body,
                    notify_type=_KINDS[message.kind],
                    body_format="text",  # names of products are no markup
                )
            )
        )
    except Exception:  # noqa: BLE001  # of whatever library serves this kind of target
        outcome.append(False)


def problems(delivered: Sequence[Delivered]) -> list[str]:
    """What went wrong, one line a target."""
    return [f"Target {one.target}: {one.problem}" for one in delivered if one.problem]
