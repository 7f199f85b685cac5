"""Metrics for Prometheus: requests by route and status, durations, how recent the data are."""

from __future__ import annotations

import time
from datetime import UTC

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from storehouse.serving.answers import Answers, freshness

_BUCKETS = (0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 60, 120)


class Monitor:
    """Counts the requests of one server."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "storehouse_requests",
            "Requests by route and status.",
            ("route", "status"),
            registry=self._registry,
        )
        self._seconds = Histogram(
            "storehouse_request_seconds",
            "How long requests took.",
            ("route",),
            registry=self._registry,
            buckets=_BUCKETS,
        )
        self._published = Gauge(
            "storehouse_published_timestamp_seconds",
            "When the current build was published.",
            registry=self._registry,
        )
        self._loaded = Gauge(
            "storehouse_loaded_timestamp_seconds",
            "The newest load that the current build has.",
            registry=self._registry,
        )

    def counted(self, route: str, status: int, seconds: float) -> None:
        self._requests.labels(route, status).inc()
        self._seconds.labels(route).observe(seconds)

    def exposition(self, answers: Answers) -> bytes:
        if answers.current:
            with answers.build() as build:
                published_at, loaded_at = freshness(build)
            self._published.set(published_at.replace(tzinfo=UTC).timestamp())
            if loaded_at is not None:
                self._loaded.set(loaded_at.replace(tzinfo=UTC).timestamp())
        return generate_latest(self._registry)


class Counting:
    """Notes when each request arrives, and counts it when its response is complete."""

    def __init__(self, app: ASGIApp, monitor: Monitor) -> None:
        self._app, self._monitor = app, monitor

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status, arrived = 500, time.monotonic()
        scope["storehouse.arrived"] = arrived

        async def send_noting_status(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, send_noting_status)
        finally:
            route = getattr(scope.get("route"), "path", "other")
            self._monitor.counted(route, status, time.monotonic() - arrived)
