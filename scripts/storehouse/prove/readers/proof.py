"""Readers of all kinds while builds are published and removed."""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from multiprocessing.connection import Connection, wait
from pathlib import Path
from threading import Thread
from typing import Any

from sample_shop import write_sample
from storehouse.building.build import build
from storehouse.core.config import Settings
from storehouse.core.errors import ProofError
from storehouse.core.progress import Progress, Silent
from storehouse.landing.load import load
from storehouse.prove.homes import scratch_folder
from storehouse.prove.readers.builds import last_build, next_build
from storehouse.prove.readers.kinds import KINDS, LIVE_KINDS, OF_NOW, Served
from storehouse.prove.readers.tally import (
    Failed,
    ReadersProof,
    Tally,
    blind,
    consistent,
    not_compared,
)
from storehouse.prove.served import serving
from storehouse.serving.publish import publish

_DAYS = 60
_PAUSE = 0.05  # seconds between two readings, at least
# Readers start slowly on a busy machine; a kind that lacks a second build, or a reading to compare,
# may have it yet.
_FIRST_READING_SECONDS = 120
_SECOND_BUILD_SECONDS = 30


def prove_readers(
    settings: Settings,
    *,
    builds: int,
    readers: int,
    orders: int,
    keep: bool,
    progress: Progress,
    now: Callable[[], datetime],
) -> ReadersProof:
    """Prove it for a sample shop in a home of its own, with the API and the dashboard of it."""
    with scratch_folder(keep, progress) as folder:
        home = replace(settings, home=folder / "home", inbox=folder / "inbox", sources=("shop",))
        progress.start("A sample shop", None)
        write_sample(home.inbox, orders=orders, days=_DAYS, seed=1)
        load(home, progress=Silent(), now=now).raise_for_problems()
        build(home, progress=Silent(), now=now).raise_for_problems()
        publish(home, now=now)
        with servers(home, folder) as served:
            return read_while_publishing(
                home,
                served,
                builds=builds,
                readers=readers,
                progress=progress,
                publisher=lambda: publish(home, now=now),
            )


def read_while_publishing(
    home: Settings,
    served: Served,
    *,
    builds: int,
    readers: int,
    progress: Progress,
    publisher: Callable[[], object],
    kinds: Sequence[str] = tuple(KINDS),
    rest: float = 1.0,
) -> ReadersProof:
    """Publish builds while so many readers of each kind read; what they saw.

    The figures of a build are recorded in the warehouse before it is published, so that a publisher
    that mixes builds can't confirm itself. More builds are published until each kind has read
    as often as there are `builds`. The home's last build must be the published one. `rest` is as
    of `reading`.
    """
    started = time.monotonic()
    by_kind = consistent(OF_NOW)
    tallies = {kind: by_kind.get(kind, Tally(kind)) for kind in kinds}
    recorded = dict([last_build(home)])
    published = 0
    with reading(served, readers, tallies, recorded, rest=rest) as all_live:
        wait_while(
            all_live,
            lambda: any(not one.readings for one in tallies.values()),
            seconds=_FIRST_READING_SECONDS,
        )
        progress.start("Builds", builds)
        while all_live() and (
            published < builds or any(one.readings < builds for one in tallies.values())
        ):
            build_id, figures = next_build(home)
            recorded[build_id] = figures
            publisher()
            published += 1
            if published <= builds:
                total = sum(one.readings for one in tallies.values())
                progress.advance(1, f"{total:,} readings")
        wait_while(
            all_live,
            lambda: blind(tallies.values()) or not_compared(tallies.values()),
            seconds=_SECOND_BUILD_SECONDS,
        )
    return ReadersProof(published, tuple(tallies.values()), time.monotonic() - started)


def wait_while(
    all_live: Callable[[], bool], is_lacking: Callable[[], object], *, seconds: float
) -> None:
    """Wait while readers lack something, for so long at most, and while all of them live."""
    until = time.monotonic() + seconds
    while all_live() and is_lacking() and time.monotonic() < until:
        time.sleep(_PAUSE)


@contextmanager
def servers(home: Settings, folder: Path) -> Iterator[Served]:
    """The API and the dashboard of a home, as a user starts them; their logs are in the folder."""
    environ = {"STOREHOUSE_HOME": str(home.home), "STOREHOUSE_SOURCES": "shop"}
    with (
        serving("serve", environ, log=folder / "serve.log") as api,
        serving("dashboard", environ, log=folder / "dashboard.log") as dashboard,
    ):
        yield Served(home.current, api, dashboard)


@contextmanager
def reading(
    served: Served,
    readers: int,
    tallies: dict[str, Tally],
    recorded: Mapping[str, Mapping[str, Any]],
    *,
    rest: float = 1.0,
    is_excused: Callable[[str, Failed], bool] = lambda _kind, _failed: False,
) -> Iterator[Callable[[], bool]]:
    """Readers of each kind, each a process, as long as the block; tells whether all still live.

    After a reading each of ten pauses for ten times as long, times `rest`: dozens that never rest
    leave the publisher no processor, and a build takes minutes. A reading of a kind that failed may
    be excused. Raises ProofError if a reader ended early. Readers stop when a pipe closes: setting
    an Event waits for ever for a reader that was killed while it waited for it.
    """
    spawn = multiprocessing.get_context("spawn")
    stop, held = spawn.Pipe(duplex=False)
    ends: dict[Connection, str] = {}
    processes = []
    for kind in tallies:
        for _ in range(readers):
            end, other = spawn.Pipe(duplex=False)
            process = spawn.Process(
                target=_keep_reading, args=(kind, served, readers * rest, stop, other)
            )
            process.start()
            other.close()
            ends[end] = kind
            processes.append(process)
    counting = Thread(target=_count, args=(ends, tallies, recorded, is_excused))
    counting.start()
    try:
        yield lambda: all(process.exitcode is None for process in processes)
    finally:
        held.close()
        for process in processes:
            process.join()
        counting.join()
    died = sum(process.exitcode != 0 for process in processes)
    if died:
        raise ProofError(f"{died} readers ended early. Repeat with fewer --readers.")


def _count(
    ends: dict[Connection, str],
    tallies: dict[str, Tally],
    recorded: Mapping[str, Mapping[str, Any]],
    is_excused: Callable[[str, Failed], bool],
) -> None:
    """Count what readers send until the last of them has ended."""
    while ends:
        for end in wait([*ends]):
            if not isinstance(end, Connection):
                raise TypeError("only connections are waited for")
            kind = ends[end]
            try:
                seen = end.recv()
            except EOFError:
                del ends[end]
                continue
            if isinstance(seen, Failed) and is_excused(kind, seen):
                tallies[kind].excused += 1
            else:
                tallies[kind].count(seen, recorded)


def _keep_reading(
    kind: str, served: Served, rest: float, stop: Connection, tell: Connection
) -> None:
    """Read until `stop` closes, and send each reading; rest so many times as long as it took."""
    while not stop.poll():
        opened = begun = time.monotonic()
        try:
            for seen in LIVE_KINDS[kind](served):
                tell.send(seen)
                if stop.poll(max(_PAUSE, rest * (time.monotonic() - begun))):
                    return
                begun = time.monotonic()
        except Exception as error:  # noqa: BLE001  whatever stopped a reader
            tell.send(Failed.by(error, opened, time.monotonic()))
            stop.poll(_PAUSE)
