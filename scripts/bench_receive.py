"""How fast the receiver takes signed events: events a second, and how long each waits.

    python scripts/bench_receive.py [--events 20000] [--connections 16]

Starts `storehouse receive` with an empty log in a home of its own, sends events of the sample shop
over connections that stay open, one after the other on each, and checks that the log holds them
all. Beside it: how fast the log alone appends groups of as many events as there are connections.
Fails below the goal. Senders and receiver share the machine.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from sample_shop import write_sample
from storehouse.live.player.shop_events import shop_events
from storehouse.live.receiver.signatures import secrets_in
from storehouse.log.events import Event, as_json
from storehouse.log.sqlite import SqliteLog
from storehouse.prove.live.latency import percentiles
from storehouse.prove.live.sender import Hook, Sent, send
from storehouse.prove.served import serving
from storehouse.sources.events.declaration import Signature

_EVENTS, _CONNECTIONS = 20_000, 16
_GOAL_A_SECOND, _GOAL_P99_MS = 3_000, 50
_WARM_UP = 500
_VARIABLE = "SHOP_WEBHOOK_SECRET"
_SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"  # noqa: S105  for this run only
_SIGNATURE = Signature("standard_webhooks", _VARIABLE, "", timedelta(minutes=5))


def _received(events: Sequence[Event], connections: int) -> Sent:
    with tempfile.TemporaryDirectory(prefix="storehouse-bench-") as home:
        with serving("receive", {"STOREHOUSE_HOME": home, _VARIABLE: _SECRET}) as address:
            (secret,) = secrets_in(_SIGNATURE, _SECRET)
            hook = Hook(f"{address}/webhooks/shop", _SIGNATURE, secret)
            requests = hook.requests(events)
            send(hook.url, requests[:_WARM_UP], connections)
            sent = send(hook.url, requests[_WARM_UP:], connections)
        log = SqliteLog(Path(home, "live", "log.sqlite"))
        found, offset = 0, 0
        while some := log.read(offset, 10_000):
            found, offset = found + len(some), some[-1][0]
        log.close()
        if found != len(events):
            raise SystemExit(f"The log holds {found:,} of {len(events):,} events.")
        return sent


def _appended(events: Sequence[Event], group: int) -> Sent:
    """The log alone."""
    with tempfile.TemporaryDirectory(prefix="storehouse-bench-") as folder:
        log = SqliteLog(Path(folder, "log.sqlite"))
        sent: list[float] = []
        answered: list[float] = []
        begun = time.monotonic()
        for start in range(0, len(events), group):
            some = events[start : start + group]
            sent += [time.monotonic()] * len(some)
            log.append(some)
            answered += [time.monotonic()] * len(some)
        log.close()
        return Sent(begun, sent, answered)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--events", type=int, default=_EVENTS)
    parser.add_argument("--connections", type=int, default=_CONNECTIONS)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="storehouse-bench-") as folder:
        write_sample(Path(folder, "sample"), orders=asked.events // 8, days=90, seed=1)
        events = shop_events(Path(folder, "sample", "shop"))[: asked.events]
    log_alone = _appended(events, asked.connections)
    received = _received(events, asked.connections)
    size = sum(len(as_json(event)) for event in events) / len(events)
    print(f"{len(events):,} events of {size:,.0f} bytes, {asked.connections} connections")
    print("| what | events a second | p50, ms | p99, ms |\n|---|--:|--:|--:|")
    for name, one in (("receiver", received), ("log alone, in groups", log_alone)):
        p50, p99 = percentiles(one.waits)
        print(f"| {name} | {one.a_second:,.0f} | {p50:.1f} | {p99:.1f} |")
    if received.a_second < _GOAL_A_SECOND or percentiles(received.waits)[1] > _GOAL_P99_MS:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
