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
import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from storehouse.core.config import load_settings
from storehouse.log.events import Event
from storehouse.log.sqlite import SqliteLog
from storehouse.prove.live.home import prepared
from storehouse.prove.live.latency import Acknowledged
from storehouse.prove.live.watch import watching
from storehouse.prove.served import started

_DAYS = 365
_APPEND_SECONDS = 0.01
_LONGEST_WAIT_SECONDS = 300


def _memory_mib(process: subprocess.Popen[str]) -> float:
    """The most that the process and its lanes have had, each at its own moment."""
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text("ascii")
    most = 0
    for pid in (process.pid, *children.split()):
        status = Path(f"/proc/{pid}/status").read_text("ascii").splitlines()
        most += next(int(line.split()[1]) for line in status if line.startswith("VmHWM"))
    return most / 1024


def _play(log: SqliteLog, events: Sequence[Event], rate: float) -> Acknowledged:
    """Append at a rate; the moment at which each event was durable."""
    begun = time.monotonic()
    found = Acknowledged()
    done = 0
    while done < len(events):
        due = min(int((time.monotonic() - begun) * rate) + 1, len(events))
        if due > done:
            log.append(events[done:due])
            found.moments.update((event.id, time.monotonic()) for event in events[done:due])
            done = due
        time.sleep(_APPEND_SECONDS)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--orders", type=int, default=200_000)
    parser.add_argument("--rate", type=float, nargs="*", default=[100, 2000])
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--catch-up", type=int, default=20_000)
    asked = parser.parse_args()
    wanted = [int(rate * asked.seconds) for rate in asked.rate]
    with tempfile.TemporaryDirectory(prefix="storehouse-bench-") as folder:
        home = prepared(
            load_settings(),
            Path(folder),
            orders=asked.orders,
            days=_DAYS,
            events=sum(wanted) + asked.catch_up,
            seed=1,
        )
        events = home.events[: sum(wanted) + asked.catch_up]
        log = SqliteLog(Path(home.environ["STOREHOUSE_EVENT_LOG"]))
        print(f"{asked.orders:,} orders, {len(events):,} events")
        print("| events a second | lane | events | p50, ms | p99, ms |")
        print("|--:|---|--:|--:|--:|")
        with (
            started("live", home.environ) as (process, _),
            watching(home.settings) as watch,
        ):
            for rate, count in zip(asked.rate, wanted, strict=True):
                some, events = events[:count], events[count:]
                appended = _play(log, some, rate)
                ended = time.monotonic()
                watch.wait_for(log.end(), seconds=_LONGEST_WAIT_SECONDS)
                lag = max(one.seen_at(log.end()) or 0.0 for one in watch.lanes.values()) - ended
                for one in appended.latencies(log, watch.lanes):
                    print(
                        f"| {rate:,.0f} | {one.lane} | {one.events:,} | {one.p50_ms:,.0f} | "
                        f"{one.p99_ms:,.0f} |",
                        flush=True,
                    )
                print(
                    f"| {rate:,.0f} | all, after the last | {len(some):,} | {lag * 1000:,.0f} | |"
                )
            memory = _memory_mib(process)
        log.append(events)
        begun = time.monotonic()
        with started("live", home.environ):
            seconds = time.monotonic() - begun
        print(
            f"\nMemory of all lanes: {memory:,.0f} MiB. Begun again: {log.end():,} events in "
            f"{seconds:,.1f} s, {log.end() / seconds:,.0f} a second."
        )
        log.close()


if __name__ == "__main__":
    main()
