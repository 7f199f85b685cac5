"""How long events took from being answered to being shown."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus

from storehouse.live.player.plan import Sending
from storehouse.log.event_log import EventLog
from storehouse.log.events import Event
from storehouse.prove.live.watch import Shown

# Where a kind of event of the sample shop is seen first; the others change several lanes.
_LANE_OF = {"order": "trade", "payment": "trade", "refund": "trade", "stock_movement": "stock"}
_LANE_OF["web_event"] = "web"
_EVENTS = 10_000
_LEAST = 2  # that have percentiles
_RISES_BY, _RISES_MS = 1.5, 1000


@dataclass(frozen=True)
class Latency:
    """Milliseconds of the events of a lane, from the answer 200 to the first file that has them."""

    lane: str
    events: int
    p50_ms: float
    p99_ms: float


class Acknowledged:
    """Events that a receiver has answered with 200, by id, and when by time.monotonic."""

    def __init__(self, moments: Mapping[str, float] | None = None) -> None:
        self.moments = dict(moments or {})

    def hear(self, sending: Sending, status: int) -> None:
        if status == HTTPStatus.OK:
            self.moments.setdefault(sending.event.id, time.monotonic())

    def lost(self, log: EventLog) -> set[str]:
        """Those that are not in the log."""
        return self.moments.keys() - {event.id for _, event in events_of(log)}

    def waits(self, log: EventLog, lanes: Mapping[str, Shown]) -> dict[str, list[float]]:
        """Milliseconds of the events of each lane, in the log's order."""
        found: dict[str, list[float]] = {lane: [] for lane in lanes}
        for number, event in events_of(log):
            answered = self.moments.get(event.id)
            lane = _LANE_OF.get(event.type.rpartition(".")[2], "")
            if answered and lane in lanes and (seen := lanes[lane].seen_at(number)):
                found[lane].append(max(seen - answered, 0.0) * 1000)
        return found

    def latencies(self, log: EventLog, lanes: Mapping[str, Shown]) -> Iterator[Latency]:
        for lane, each in self.waits(log, lanes).items():
            if len(each) >= _LEAST:
                yield Latency(lane, len(each), *percentiles(each))


def percentiles(each: Sequence[float]) -> tuple[float, float]:
    """The 50th and the 99th of at least two."""
    found = statistics.quantiles(each, n=100, method="inclusive")
    return found[49], found[98]


def is_rising(each: Sequence[float]) -> bool:
    """Whether milliseconds grow: by medians, from the second quarter to the last.

    By half and by a second, at least; the first quarter may be faster as all begins.
    """
    quarter = len(each) // 4
    if not quarter:
        return False
    second, last = (
        statistics.median(some) for some in (each[quarter : 2 * quarter], each[-quarter:])
    )
    return last > second * _RISES_BY and last > second + _RISES_MS


def events_of(log: EventLog) -> Iterator[tuple[int, Event]]:
    """All that is in a log, with its numbers."""
    offset = log.oldest()
    while found := log.read(offset, _EVENTS):
        yield from found
        offset = found[-1][0]
