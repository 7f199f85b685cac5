"""`storehouse live`: reports of this moment, from the last build and the events after it."""

from __future__ import annotations

import os
import re
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from storehouse.cli import render
from storehouse.cli.listening import need_extra
from storehouse.cli.terminal import AsJson, emit, err
from storehouse.core.config import Settings, load_settings
from storehouse.core.errors import ConfigError
from storehouse.core.lock import hold

if TYPE_CHECKING:
    from types import FrameType

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0}
_SHORTEST_SECONDS, _LONGEST_SECONDS = 0.01, 3600


def live(
    *,
    every: Annotated[
        str | None,
        typer.Option(
            help="Time between micro-batches, such as 50ms, 2s or 15m. "
            "Default: what a lane's reports declare, or 50ms."
        ),
    ] = None,
    lane: Annotated[
        list[str] | None, typer.Option("--lane", help="Only this lane; may be repeated.")
    ] = None,
    replay_from: Annotated[
        int | None,
        typer.Option("--from", help="0: replay the whole log on nothing.", min=0, max=0),
    ] = None,
    memory: Annotated[
        str, typer.Option(help="Most memory that DuckDB takes in each lane; then it spills.")
    ] = "1GB",
    seconds: Annotated[
        float | None, typer.Option(help="Stop after so many seconds; default: go on.", min=0.1)
    ] = None,
    off: Annotated[
        bool, typer.Option("--off", help="Turn live off: remove its bases and files.")
    ] = False,
    metrics: Annotated[
        int | None,
        typer.Option(help="Serve metrics for Prometheus at this port.", min=1, max=65535),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Keep reports of this moment up to date with the event log.

    Writes published/now_LANE.duckdb, a micro-batch a file; raises and sends alerts of the lanes.
    Each run then writes a base, to which the lanes are handed over; --off ends that. Ctrl-C stops
    it.
    """
    from storehouse.live.alerts.notifier import notifying
    from storehouse.live.layer.bases import is_on, read_base, turn_off, write_base
    from storehouse.live.layer.hand_over import LiveLayer
    from storehouse.live.layer.process import Pace
    from storehouse.serving.now_files import lanes as now_lanes

    settings = load_settings()
    if off:
        if every or lane or replay_from is not None or seconds or metrics:
            raise ConfigError("--off takes no other option: leave them out, or --off.")
        was_on, base = is_on(settings), read_base(settings)
        lanes = {*now_lanes(settings), *(base.program.lanes if base else ())}
        with hold(settings, "storehouse live --off"), _lanes_held(settings, sorted(lanes)):
            turn_off(settings)
        emit({"live": False}, as_json, lambda: f"Live is {'now' if was_on else 'already'} off.")
        return
    pace = Pace(_seconds(every) if every else None, memory=_memory(memory))
    if read_base(settings) is None:
        with hold(settings, "storehouse live"), render.listener(err) as progress:
            write_base(settings, progress)
    replayed = replay_from is not None
    layer = LiveLayer(
        settings, os.environ, lanes=lane or (), pace=pace, replayed=replayed, note=_note
    )

    def tell() -> None:
        emit(
            {"lanes": layer.lanes, "build_id": layer.build_id, "metrics": address},
            as_json,
            lambda: (
                f"Live: {', '.join(layer.lanes)}, from build {layer.build_id} on (Ctrl-C stops it)."
                f"{f' Metrics: {address}' if address else ''}"
            ),
        )
        sys.stdout.flush()

    with (
        _metrics(settings, metrics) as address,
        _ended(seconds) as is_over,
        layer.held(),
        notifying(settings, lambda: layer.lanes, os.environ, note=_note, replayed=replayed),
    ):
        has_started = layer.run(is_over, tell)
    if not has_started:
        emit(
            {"lanes": (), "build_id": layer.build_id, "metrics": None},
            as_json,
            lambda: "Stopped before the lanes had started.",
        )


def _note(text: str) -> None:
    err.print(text, markup=False, highlight=False)


def keep_base(settings: Settings) -> None:
    """After a build is published: write its base where live is on."""
    from storehouse.live.layer.bases import is_on, write_base

    if is_on(settings):
        with render.listener(err) as progress:
            write_base(settings, progress)


@contextmanager
def _lanes_held(settings: Settings, lanes: Sequence[str]) -> Iterator[None]:
    """No process may write their files while they are removed."""
    with ExitStack() as stack:
        for lane in lanes:
            stack.enter_context(hold(settings, "storehouse live", lane=lane))
        yield


@contextmanager
def _metrics(settings: Settings, port: int | None) -> Iterator[str | None]:
    """Where metrics are served, as long as the block."""
    if port is None:
        yield None
        return
    need_extra("--metrics needs", "live", "prometheus_client")
    from storehouse.live.layer.monitoring import Lanes, metrics_at

    lanes = Lanes(settings, os.environ, lambda: datetime.now(UTC))
    with metrics_at(port, lanes) as address:
        yield address


def _seconds(text: str) -> float:
    found = re.fullmatch(r"(\d+(?:\.\d+)?)(ms|s|m)", text)
    length = float(found[1]) * _UNITS[found[2]] if found else 0.0
    if not _SHORTEST_SECONDS <= length <= _LONGEST_SECONDS:
        raise ConfigError(
            f"--every is {text!r}. Give a time from 10ms to 60m, such as 50ms, 2s or 15m."
        )
    return length


def _memory(text: str) -> str:
    if not re.fullmatch(r"\d+(?:\.\d+)?\s*[KMGT]i?B", text):
        raise ConfigError(f"--memory is {text!r}. Give an amount such as 512MB or 2GB.")
    return text


@contextmanager
def _ended(seconds: float | None) -> Iterator[Callable[[], bool]]:
    """Whether it is time to stop: after so many seconds, at Ctrl-C or SIGTERM."""
    stopped = False

    def stop(_number: int, _frame: FrameType | None) -> None:
        nonlocal stopped
        stopped = True

    before = {one: signal.signal(one, stop) for one in (signal.SIGINT, signal.SIGTERM)}
    until = time.monotonic() + seconds if seconds else None
    try:
        yield lambda: stopped or (until is not None and time.monotonic() >= until)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
