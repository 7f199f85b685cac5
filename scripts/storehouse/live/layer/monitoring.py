"""Metrics of lanes for Prometheus, on this machine only."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime

from prometheus_client import CollectorRegistry, start_http_server
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from storehouse.core.config import Settings
from storehouse.core.errors import ConfigError
from storehouse.serving.lane_status import LaneStatus, lane_statuses

_HOST = "127.0.0.1"
# What each gauge is of; one that is None is left out.
_GAUGES: Mapping[str, tuple[str, Callable[[LaneStatus], float | None]]] = {
    "offset": ("Number of the last event that the lane's file shows.", lambda one: one.log_offset),
    "behind_events": (
        "Events of the log that the lane's file does not show yet.",
        lambda one: one.behind,
    ),
    "waiting_seconds": (
        "How long the oldest event that is not shown has been in the log.",
        lambda one: None if one.waiting_seconds is None else float(one.waiting_seconds),
    ),
    "events_per_second": (
        "Events that the lane took a second, lately.",
        lambda one: float(one.events_per_second),
    ),
    "quarantined_events": (
        "Events that the lane left out since it began.",
        lambda one: one.quarantined_count,
    ),
    "written_seconds": (
        "How long ago the lane's file was written.",
        lambda one: float(one.written_seconds),
    ),
}


class Lanes(Collector):
    """The lanes as they are when asked: no figure is kept. `now` returns an aware datetime."""

    def __init__(
        self, settings: Settings, environ: Mapping[str, str], now: Callable[[], datetime]
    ) -> None:
        self._settings, self._environ, self._now = settings, environ, now

    def describe(self) -> Iterable[Metric]:
        """Nothing is read to register it."""
        return ()

    def collect(self) -> Iterator[Metric]:
        lanes = lane_statuses(self._settings, self._environ, self._now())
        for name, (text, value_of) in _GAUGES.items():
            gauge = GaugeMetricFamily(f"storehouse_live_{name}", text, labels=["lane"])
            for one in lanes:
                if (value := value_of(one)) is not None:
                    gauge.add_metric([one.lane], value)
            yield gauge
        builds = GaugeMetricFamily(
            "storehouse_live_build", "The build that a lane rests on.", labels=["lane", "build_id"]
        )
        for one in lanes:
            builds.add_metric([one.lane, one.build_id], 1)
        yield builds


@contextmanager
def metrics_at(port: int, lanes: Lanes) -> Iterator[str]:
    """Serve them as long as the block; gives the address. Raises ConfigError."""
    registry = CollectorRegistry()
    registry.register(lanes)
    try:
        server, thread = start_http_server(port, _HOST, registry)
    except OSError as error:
        raise ConfigError(
            f"{_HOST}, port {port}, can't be used: {error.strerror}. Name another with --metrics."
        ) from error
    try:
        yield f"http://{_HOST}:{port}/metrics"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
