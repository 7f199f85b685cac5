"""Playing a plan at a rate, and the account of what was sent."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Protocol

import httpx

from sample_shop import Trouble, write_sample
from storehouse.core.config import Settings
from storehouse.core.errors import ConfigError, StorehouseError
from storehouse.core.progress import Progress
from storehouse.live.player.plan import KINDS, Sending, due, plan
from storehouse.live.player.shop_events import SOURCE, shop_events
from storehouse.live.player.targets import Hear, ToLog, ToReceiver
from storehouse.live.receiver.signatures import secrets_in
from storehouse.log.events import Event
from storehouse.log.opening import log_address
from storehouse.sources.declarations.entry import read_source_entry
from storehouse.sources.events.declaration import read_webhook

_PAUSE_SECONDS = 0.005


@dataclass(frozen=True)
class Pace:
    """Events a second on average, and when to stop before all are played.

    That is after so many seconds, or once `is_over()`.
    """

    rate: float
    seconds: float | None = None
    is_over: Callable[[], bool] = lambda: False


@dataclass(frozen=True)
class Account:
    """What was sent: `sent` by kind, `answers` by the receiver's status or `appended`.

    `planned` is how many there were; fewer are sent if time was limited.
    """

    target: str
    planned: int
    sent: Mapping[str, int]
    answers: Mapping[str, int]
    seconds: float

    @property
    def total(self) -> int:
        return sum(self.sent.values())


class Target(Protocol):
    """Takes events; returns when all of them are answered."""

    answers: Counter[str]

    async def send(self, sendings: Sequence[Sending]) -> None: ...


def play_sample(
    settings: Settings,
    environ: Mapping[str, str],
    *,
    orders: int,
    days: int,
    seed: int,
    troubles: frozenset[Trouble],
    currency: str,
    time_zone: str,
    url: str | None,
    pace: Pace,
    progress: Progress,
) -> Account:
    """Send a sample shop's events to a receiver's URL, or into the log.

    Raises ConfigError, and SourceUnavailable if the target is.
    """
    with TemporaryDirectory(prefix="storehouse-live-") as folder:
        export = Path(folder, "sample")
        write_sample(
            export, orders=orders, days=days, seed=seed, troubles=troubles, currency=currency,
            time_zone=time_zone, progress=progress,
        )  # fmt: skip
        events = shop_events(export / SOURCE)
    return play(settings, environ, events, seed=seed, url=url, pace=pace, progress=progress)


def play(
    settings: Settings,
    environ: Mapping[str, str],
    events: Sequence[Event],
    *,
    seed: int,
    url: str | None,
    pace: Pace,
    progress: Progress,
    hear: Hear = lambda _sending, _status: None,
) -> Account:
    """Send a shop's events with troubles of their own, as play_sample does.

    `hear` is called with each event that a receiver has answered, and its status.
    """
    sendings = plan(events, Random(seed), with_forged=url is not None)  # noqa: S311  for play
    progress.start("Play the sample shop", len(sendings))

    async def run() -> Account:
        async with AsyncExitStack() as stack:
            if url is None:
                log = stack.enter_context(log_address(settings, environ).opened())
                return await _play(ToLog(log), log.name, sendings, pace, progress)
            client = await stack.enter_async_context(httpx.AsyncClient(timeout=30))
            receiver = _receiver(settings, environ, client, url, hear)
            return await _play(receiver, url, sendings, pace, progress)

    return asyncio.run(run())


async def _play(
    target: Target, name: str, sendings: Sequence[Sending], pace: Pace, progress: Progress
) -> Account:
    begun = time.monotonic()
    try:
        sent = await _send(target, sendings, pace, progress)
    except ExceptionGroup as group:
        errors = [one for one in group.exceptions if isinstance(one, StorehouseError)]
        raise (errors or group.exceptions)[0] from None
    return Account(
        name,
        len(sendings),
        {kind: sent[kind] for kind in KINDS},
        dict(target.answers),
        time.monotonic() - begun,
    )


async def _send(
    target: Target, sendings: Sequence[Sending], pace: Pace, progress: Progress
) -> Counter[str]:
    sent: Counter[str] = Counter()
    begun = time.monotonic()
    done = 0
    while done < len(sendings):
        elapsed = time.monotonic() - begun
        if pace.is_over() or (pace.seconds is not None and elapsed > pace.seconds):
            break
        upto = min(due(elapsed, pace.rate), len(sendings))
        if upto == done:
            await asyncio.sleep(_PAUSE_SECONDS)
            continue
        batch = sendings[done:upto]
        await target.send(batch)
        sent.update(one.kind for one in batch)
        progress.advance(len(batch))
        done = upto
    return sent


def _receiver(
    settings: Settings,
    environ: Mapping[str, str],
    client: httpx.AsyncClient,
    url: str,
    hear: Hear,
) -> ToReceiver:
    webhook = read_webhook(read_source_entry(settings, SOURCE))
    if webhook is None:
        raise ConfigError(f"Source {SOURCE} declares no webhook: declare `events` in its yml.")
    variable = webhook.signature.secret_variable
    secrets = secrets_in(webhook.signature, environ.get(variable, ""))
    if not secrets:
        raise ConfigError(
            f"{variable} is not set. Set it to the secret that `storehouse receive` has."
        )
    return ToReceiver(client, url, webhook.signature, secrets[0], hear)
