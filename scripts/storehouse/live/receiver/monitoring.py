"""Metrics of the receiver for Prometheus."""

from __future__ import annotations

from functools import cache

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

_BUCKETS = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.3, 1, 3, 10)


class Monitor:
    """Counts the requests of one receiver."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        requests = Counter(
            "storehouse_webhooks",
            "Webhooks by source and status of the answer: 200 is in the log, 202 a dead letter.",
            ("source", "status"),
            registry=self._registry,
        )
        self._requests = cache(lambda source, status: requests.labels(source, str(status)))
        self._seconds = Histogram(
            "storehouse_webhook_seconds",
            "How long webhooks took, from their first byte to the answer.",
            registry=self._registry,
            buckets=_BUCKETS,
        )
        self._groups = Gauge(
            "storehouse_log_commits", "Commits to the event log.", registry=self._registry
        )
        self._open = Gauge(
            "storehouse_webhooks_open", "Webhooks being received.", registry=self._registry
        )
        self._end = Gauge(
            "storehouse_log_end", "Number of the last event in the log.", registry=self._registry
        )
        self._dead = Gauge(
            "storehouse_dead_letters", "Dead letters in the log.", registry=self._registry
        )

    def counted(self, source: str, status: int, seconds: float) -> None:
        self._requests(source, status).inc()
        self._seconds.observe(seconds)

    def exposition(self, *, groups: int, is_open: int, end: int, dead: int) -> bytes:
        self._groups.set(groups)
        self._open.set(is_open)
        self._end.set(end)
        self._dead.set(dead)
        return generate_latest(self._registry)
