"""How soon an event is shown: from its append to the file of now that has it.

    python scripts/bench_live.py [--orders 200000] [--rate 100 2000] [--seconds 30]

Builds a sample shop but for its last days, starts `storehouse live`, and appends these days' events
at each rate, one append each 10 ms. A reader opens each lane's file of now again and again, as
clients do. An event waits from the moment at which its append was durable, which is when the
receiver answers, until a reader has seen a file with it. Then the lanes are stopped, events
wait in the log, and the lanes begin again from their base. Writer, lanes and reader share the
machine.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event as Flag
from threading import Thread

from sample_shop import write_sample
from storehouse.core.config import Settings, load_settings
from storehouse.live.player.shop_events import SOURCE, shop_events
from storehouse.log.events import Event
from storehouse.log.sqlite import SqliteLog
from storehouse.prove.served import started
from storehouse.serving.now_files import states

_STOREHOUSE = str(Path(sys.executable).with_name("storehouse"))
_DAYS = 365
_LANE_OF = {"order": "trade", "payment": "trade", "refund": "trade", "stock_movement": "stock"}
_LANE_OF["web_event"] = "web"
_APPEND_SECONDS = 0.01
_LOOK_SECONDS = 0.05  # less would take a core from the lanes
_LONGEST_WAIT_SECONDS = 300


@dataclass
class Watched:
    """When each offset was first seen in a lane's file: parallel lists, both growing."""

    offsets: list[int] = field(default_factory=list)
    moments: list[float] = field(default_factory=list)

    def seen_at(self, offset: int) -> float | None:
        place = bisect_left(self.offsets, offset)
        return self.moments[place] if place < len(self.moments) else None


class Reader(Thread):
    """Opens the files of all lanes in turn."""

    def __init__(self, settings: Settings, lanes: Sequence[str]) -> None:
        super().__init__(daemon=True)
        self._settings = settings
        self.watched = {lane: Watched() for lane in lanes}
        self.stopped = Flag()

    def run(self) -> None:
        while not self.stopped.wait(_LOOK_SECONDS):
            for state in states(self._settings):
                watched = self.watched[state.lane]
                if state.log_offset != (watched.offsets or [-1])[-1]:
                    watched.moments.append(time.monotonic())
                    watched.offsets.append(state.log_offset)

    def wait_for(self, offset: int) -> float:
        """The moment at which the last lane showed it. Exits after five minutes."""
        until = time.monotonic() + _LONGEST_WAIT_SECONDS
        while any(one.seen_at(offset) is None for one in self.watched.values()):
            if time.monotonic() > until or not self.is_alive():
                raise SystemExit(f"Event {offset:,} was not shown in {_LONGEST_WAIT_SECONDS} s.")
            time.sleep(0.01)
        return max(one.seen_at(offset) or 0.0 for one in self.watched.values())


def _prepare(folder: Path, orders: int, wanted: int) -> tuple[dict[str, str], list[Event]]:
    """A home with a published build; its environment, and the events after it."""
    home, export = folder / "home", folder / "sample"
    write_sample(export, orders=orders, days=_DAYS, seed=1)
    files = sorted((export / SOURCE).rglob("*.csv"), key=lambda file: file.name)
    days = sorted({file.name[:10] for file in files})
    rest = folder / "rest"
    events: list[Event] = []
    while len(events) < wanted and len(days) > 1:
        days, last = days[:-7], set(days[-7:])
        for file in files:
            if file.name[:10] in last:
                (rest / file.parent.name).mkdir(parents=True, exist_ok=True)
                shutil.move(file, rest / file.parent.name / file.name)
        files = [file for file in files if file.exists()]
        events = shop_events(rest)
    inbox = {"STOREHOUSE_INBOX": str(export), "STOREHOUSE_SOURCES": SOURCE}
    environ = {**os.environ, **inbox, "STOREHOUSE_HOME": str(home)}
    _say(f"a build of all but {len(events):,} events")
    subprocess.run([_STOREHOUSE, "run", "--json"], env=environ, check=True, capture_output=True)
    return environ, events[:wanted]


def _memory_mib(process: subprocess.Popen[str]) -> float:
    """The most that the process and its lanes have had, each at its own moment."""
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text("ascii")
    most = 0
    for pid in (process.pid, *children.split()):
        status = Path(f"/proc/{pid}/status").read_text("ascii").splitlines()
        most += next(int(line.split()[1]) for line in status if line.startswith("VmHWM"))
    return most / 1024


def _play(log: SqliteLog, events: Sequence[Event], rate: float) -> list[float]:
    """Append at a rate; the moment at which each event was durable."""
    begun = time.monotonic()
    moments: list[float] = []
    while len(moments) < len(events):
        due = min(int((time.monotonic() - begun) * rate) + 1, len(events))
        if due > len(moments):
            log.append(events[len(moments) : due])
            moments += [time.monotonic()] * (due - len(moments))
        time.sleep(_APPEND_SECONDS)
    return moments


def _latencies(
    reader: Reader, events: Sequence[Event], moments: Sequence[float], first: int
) -> Iterator[tuple[str, list[float]]]:
    """Milliseconds of each event by its lane; deletions and the like are of no lane alone."""
    found: dict[str, list[float]] = {lane: [] for lane in reader.watched}
    for number, (event, appended) in enumerate(zip(events, moments, strict=True), first):
        lane = _LANE_OF.get(event.type.removeprefix("shop."))
        if lane in found and (seen := reader.watched[lane].seen_at(number)) is not None:
            found[lane].append((seen - appended) * 1000)
    yield from found.items()


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--orders", type=int, default=200_000)
    parser.add_argument("--rate", type=float, nargs="*", default=[100, 2000])
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--catch-up", type=int, default=20_000)
    asked = parser.parse_args()
    wanted = [int(rate * asked.seconds) for rate in asked.rate]
    with tempfile.TemporaryDirectory(prefix="storehouse-bench-") as folder:
        environ, events = _prepare(Path(folder), asked.orders, sum(wanted) + asked.catch_up)
        home = Path(environ["STOREHOUSE_HOME"])
        log = SqliteLog(home / "live" / "log.sqlite")
        print(f"{asked.orders:,} orders, {len(events):,} events")
        print("| events a second | lane | events | p50, ms | p99, ms | most, ms |")
        print("|--:|---|--:|--:|--:|--:|")
        with started("live", environ) as (process, said):
            reader = Reader(load_settings(environ), said["lanes"])
            reader.start()
            for rate, count in zip(asked.rate, wanted, strict=True):
                some, events = events[:count], events[count:]
                first = log.end() + 1
                moments = _play(log, some, rate)
                lag = reader.wait_for(log.end()) - moments[-1]
                for lane, each in _latencies(reader, some, moments, first):
                    p = statistics.quantiles(each, n=100)
                    print(
                        f"| {rate:,.0f} | {lane} | {len(each):,} | {p[49]:,.0f} | {p[98]:,.0f} | "
                        f"{max(each):,.0f} |",
                        flush=True,
                    )
                print(f"| {rate:,.0f} | all, at the end | {len(some):,} | {lag * 1000:,.0f} | | |")
            memory = _memory_mib(process)
            reader.stopped.set()
            reader.join()
        log.append(events)
        begun = time.monotonic()
        with started("live", environ):
            seconds = time.monotonic() - begun
        print(
            f"\nMemory of all lanes: {memory:,.0f} MiB. Begun again: {log.end():,} events in "
            f"{seconds:,.1f} s, {log.end() / seconds:,.0f} a second."
        )
        log.close()


if __name__ == "__main__":
    main()
