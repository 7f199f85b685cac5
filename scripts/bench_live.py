"""How soon an event is shown, and an alert received, from the receiver's answer on.

    python scripts/bench_live.py [--orders 200000] [--rate 100 2000 4000] [--seconds 30]

Builds a sample shop but for its last days, starts `storehouse receive` and `storehouse live`, and
has a process send these days' events, signed, at each rate over 16 connections, with two large
orders a second among them. An event waits from the receiver's answer 200, which says that it is
durable, until a reader has opened a file of now with it; a large order, until a local target has
its alert. Then the lanes are stopped, events are appended to the log, and the lanes begin again
from their base. All processes share the machine: what each takes of it is printed.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from storehouse.core.config import load_settings
from storehouse.core.errors import StorehouseError
from storehouse.live.player.shop_events import SOURCE
from storehouse.log.events import Event
from storehouse.log.sqlite import SqliteLog
from storehouse.prove.live.alert_target import AlertTarget, taking
from storehouse.prove.live.home import LiveHome, hook_of, prepared
from storehouse.prove.live.killing import lanes_of
from storehouse.prove.live.large_orders import RULE, alerts_of, with_large_orders
from storehouse.prove.live.latency import Acknowledged, is_rising, percentiles
from storehouse.prove.live.sender import Sender, sender
from storehouse.prove.live.usage import Usage, memory_mib
from storehouse.prove.live.watch import Watch, watching
from storehouse.prove.served import started

_CONNECTIONS = 16
_LARGE_A_SECOND = 2
_LONGEST_WAIT_SECONDS = 300
# How long alerts may come after all events are shown.
_ALERT_SECONDS, _ALERT_LOOK_SECONDS = 15, 0.1


@dataclass(frozen=True)
class Bench:
    """What is running; `processes` are ids by name, `layer` those of live and its lanes."""

    home: LiveHome
    log: SqliteLog
    watch: Watch
    sender: Sender
    target: AlertTarget
    processes: Mapping[str, int]
    layer: Sequence[str]

    def play(self, events: Sequence[Event], rate: float) -> None:
        """Send events at a rate, and say how long they and their alerts took."""
        self.sender.prepare(events, rate)
        before = Usage.of(self.processes)
        sent, moments = self.sender.send()
        shares = before.shares_until(Usage.of(self.processes))
        end = self.log.end()
        self.watch.wait_for(end, seconds=_LONGEST_WAIT_SECONDS)
        answered = sent.begun + sent.seconds
        last = {
            name: max((one.seen_at(end) or answered) - answered, 0.0)
            for name, one in self.watch.lanes.items()
        }
        _row(rate, "receiver, until its answer", sent.waits)
        for lane, each in Acknowledged(moments).waits(self.log, self.watch.lanes).items():
            grows = ", and lag grows" if is_rising(each) else ""
            _row(rate, lane, each, f"{last[lane]:.1f}{grows}")
        self._alerts(rate, alerts_of(events), moments)
        taken = ", ".join(f"{name} {share:.0%}" for name, share in shares.items())
        print(
            f"\n{sent.a_second:,.0f} events a second were answered. Processor until the last "
            f"answer, of one core: {taken}; in all {sum(shares.values()):.1f} of "
            f"{os.cpu_count()} cores. {self._memory()}\n",
            flush=True,
        )

    def _memory(self) -> str:
        each = {name: memory_mib(self.processes[name]) for name in self.layer}
        listed = ", ".join(f"{name} {mib:,.0f}" for name, mib in each.items())
        return f"Memory of live and its lanes: {sum(each.values()):,.0f} MiB; {listed}."

    def _alerts(self, rate: float, keys: Mapping[str, str], moments: Mapping[str, float]) -> None:
        until = time.monotonic() + _ALERT_SECONDS
        wanted = set(keys.values())
        while wanted - (raised := self.target.raised_at(RULE)).keys() and time.monotonic() < until:
            time.sleep(_ALERT_LOOK_SECONDS)
        each = [(raised[key] - moments[one]) * 1000 for one, key in keys.items() if key in raised]
        left = len(keys) - len(each)
        _row(rate, "alerts", each, f"{left} not raised" if left else "")


def _row(rate: float, what: str, each: Sequence[float], after: str = "") -> None:
    enough = len(each) > 1
    p50, p99 = (f"{one:,.0f}" for one in percentiles(each)) if enough else ("", "")
    longest = f"{max(each):,.0f}" if each else ""
    print(f"| {rate:,.0f} | {what} | {len(each):,} | {p50} | {p99} | {longest} | {after} |")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--orders", type=int, default=200_000, help="size of the shop")
    parser.add_argument("--days", type=int, default=365, help="over how many days")
    parser.add_argument(
        "--rate", type=float, nargs="*", default=[100, 2000], help="events a second, one by one"
    )
    parser.add_argument("--seconds", type=float, default=30, help="for how long each")
    parser.add_argument("--catch-up", type=int, default=20_000, help="events that wait at last")
    parser.add_argument("--memory", default="1GB", help="of `storehouse live`")
    asked = parser.parse_args()
    try:
        with (
            tempfile.TemporaryDirectory(prefix="storehouse-bench-") as folder,
            taking(AlertTarget()) as target,
        ):
            _measure(asked, Path(folder), target)
    except StorehouseError as error:
        raise SystemExit(str(error)) from None


def _measure(asked: argparse.Namespace, folder: Path, target: AlertTarget) -> None:
    wanted = [int(rate * asked.seconds) for rate in asked.rate]
    total = sum(wanted) + asked.catch_up
    home = prepared(
        load_settings(),
        folder,
        orders=asked.orders,
        days=asked.days,
        events=total,
        seed=1,
        target=target,
    )
    # Sorted by their moments, all late ones would come first.
    events = sorted(home.events, key=lambda event: event.time < home.first_day)[:total]
    log = SqliteLog(Path(home.environ["STOREHOUSE_EVENT_LOG"]))
    print(
        f"{asked.orders:,} orders over {asked.days:,} days; {len(events):,} events after the base; "
        f"{_CONNECTIONS} connections"
    )
    print(
        "| events a second | what | events | p50, ms | p99, ms | longest, ms | s after the last |"
    )
    print("|--:|---|--:|--:|--:|--:|---|")
    memory = ("--memory", asked.memory)
    with started("live", home.environ, arguments=memory):
        pass  # the first start writes the base
    with ExitStack() as stack:
        receiver, said = stack.enter_context(started("receive", home.environ))
        begun = time.monotonic()
        live, layer = stack.enter_context(started("live", home.environ, arguments=memory))
        starting = time.monotonic() - begun
        posting = stack.enter_context(
            sender(hook_of(home, f"{said['address']}/webhooks/{SOURCE}"), _CONNECTIONS)
        )
        watch = stack.enter_context(watching(home.settings))
        lanes = dict(zip(layer["lanes"], lanes_of(live.pid), strict=True))
        processes = {"receiver": receiver.pid, "live": live.pid, **lanes}
        processes |= {"sender": posting.pid, "reader and target": os.getpid()}
        bench = Bench(home, log, watch, posting, target, processes, ("live", *lanes))
        large = 0
        for rate, count in zip(asked.rate, wanted, strict=True):
            some, events = events[:count], events[count:]
            every = max(int(rate / _LARGE_A_SECOND), 1)
            played = [*with_large_orders(some, every, first_day=home.first_day, number=large)]
            bench.play(played, rate)
            large += len(played) - count
    log.append(events)
    begun = time.monotonic()
    with started("live", home.environ, arguments=memory):
        seconds = time.monotonic() - begun
    print(
        f"Begun again: {log.end():,} events in {seconds:,.1f} s, {log.end() / seconds:,.0f} a "
        f"second. Where no events waited, it started in {starting:,.1f} s."
    )
    log.close()


if __name__ == "__main__":
    main()
