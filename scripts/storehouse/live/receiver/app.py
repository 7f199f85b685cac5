"""The receiver: POST /webhooks/SOURCE, /healthz and /metrics."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from http import HTTPStatus

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from storehouse.core.errors import SourceUnavailable, StorehouseError
from storehouse.live.receiver.admission import Admission, Limits
from storehouse.live.receiver.commits import GroupCommit
from storehouse.live.receiver.monitoring import Monitor
from storehouse.live.receiver.senders import Sender
from storehouse.live.receiver.signatures import Unsigned
from storehouse.log.event_log import EventLog
from storehouse.log.events import DeadLetter
from storehouse.sources.events.contract import Refused

_RETRY_SECONDS = "1"
_ACCEPTED = b'{"status":"in the log"}'


class _Refusal(Exception):
    """A request that is answered with an error."""

    def __init__(self, status: HTTPStatus, detail: str) -> None:
        super().__init__(detail)
        self.status, self.detail = status, detail


class Receiver:
    """The requests of one server. `now` returns an aware datetime."""

    def __init__(
        self,
        log: EventLog,
        senders: Mapping[str, Sender],
        limits: Limits,
        now: Callable[[], datetime],
    ) -> None:
        self._log = log
        self._senders = senders
        self._now = now
        self._largest = min(limits.body, log.largest or limits.body)
        self._limits = limits
        self._admission = Admission(limits)
        self._commits = GroupCommit(log)
        self._monitor = Monitor()

    def app(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/webhooks/{source}", self._webhook, methods=["POST"]),
                Route("/healthz", self._health),
                Route("/metrics", self._metrics),
            ],
            exception_handlers={HTTPException: _http_error},
            lifespan=self._lifespan,
        )

    @asynccontextmanager
    async def _lifespan(self, _: Starlette) -> AsyncIterator[None]:
        self._commits.start()
        yield
        await self._commits.stop()

    async def _webhook(self, request: Request) -> Response:
        begun = time.perf_counter()
        source = request.path_params["source"]
        sender = self._senders.get(source)
        if sender is None:
            known = ", ".join(sorted(self._senders))
            answer = _refused(
                HTTPStatus.NOT_FOUND, f"No webhooks of {source!r} are received. Known: {known}."
            )
            source = "unknown"
        else:
            answer = await self._answered(request, sender)
        self._monitor.counted(source, answer.status_code, time.perf_counter() - begun)
        return answer

    async def _answered(self, request: Request, sender: Sender) -> Response:
        try:
            return await self._admitted(request, sender)
        except _Refusal as refusal:
            return _refused(refusal.status, refusal.detail)
        except TimeoutError:
            return _refused(
                HTTPStatus.REQUEST_TIMEOUT,
                f"The body did not arrive within {self._limits.seconds:g} seconds. Send it again.",
            )
        except ClientDisconnect:
            return _refused(HTTPStatus.BAD_REQUEST, "The client went away.")
        except StorehouseError as error:
            return _refused(HTTPStatus.SERVICE_UNAVAILABLE, str(error))

    async def _admitted(self, request: Request, sender: Sender) -> Response:
        stated = request.headers.get("content-length", "")
        size = int(stated) if stated.isdecimal() else self._largest
        if size > self._largest:
            raise self._too_large()
        if not self._admission.enter(size):
            raise _Refusal(
                HTTPStatus.TOO_MANY_REQUESTS, "Too many events are waiting. Send it again."
            )
        try:
            async with asyncio.timeout(self._limits.seconds):
                body = await self._body(request)
            return await self._taken(request, sender, body)
        finally:
            self._admission.leave(size)

    async def _body(self, request: Request) -> bytes:
        parts: list[bytes] = []
        size = 0
        async for part in request.stream():
            size += len(part)
            if size > self._largest:
                raise self._too_large()
            parts.append(part)
        return b"".join(parts)

    async def _taken(self, request: Request, sender: Sender, body: bytes) -> Response:
        """Answer once the event, or a dead letter of it, is durable."""
        headers, now = request.headers, self._now()
        try:
            signed_id = sender.verified(headers, body, now.timestamp())
        except Unsigned as unsigned:
            raise _Refusal(HTTPStatus.UNAUTHORIZED, f"Not taken: {unsigned}.") from None
        received_at = now.astimezone(UTC).isoformat(timespec="milliseconds")
        try:
            event = sender.payload.event(body, headers, signed_id, received_at)
        except Refused as refused:
            letter = DeadLetter(
                source=sender.source,
                id=signed_id,
                reason=str(refused),
                received_at=received_at,
                body=body.decode(errors="backslashreplace"),
                headers=json.dumps(
                    {name: headers.get(name) for name in sender.payload.header_names}
                ),
            )
            await self._commits.write(letter)
            detail = f"Kept as a dead letter, and in no table: {refused}."
            return _refused(HTTPStatus.ACCEPTED, detail)
        await self._commits.write(event)
        return Response(_ACCEPTED, media_type="application/json")

    def _too_large(self) -> _Refusal:
        return _Refusal(
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
            f"An event has at most {self._largest:,} bytes here.",
        )

    async def _health(self, _: Request) -> Response:
        try:
            end = await asyncio.to_thread(self._log.end)
        except SourceUnavailable as error:
            return _refused(HTTPStatus.SERVICE_UNAVAILABLE, str(error))
        if self._commits.is_failing:
            return _refused(HTTPStatus.SERVICE_UNAVAILABLE, "The event log can't be written.")
        return JSONResponse({"status": "ok", "end": end, "sources": sorted(self._senders)})

    async def _metrics(self, _: Request) -> Response:
        try:
            end = await asyncio.to_thread(self._log.end)
            dead = await asyncio.to_thread(self._log.dead_count)
        except SourceUnavailable as error:
            return _refused(HTTPStatus.SERVICE_UNAVAILABLE, str(error))
        text = self._monitor.exposition(
            groups=self._commits.groups, is_open=self._admission.open, end=end, dead=dead
        )
        return Response(text, media_type="text/plain; version=0.0.4")


def _refused(status: HTTPStatus, detail: str) -> Response:
    """Why, as RFC 9457 problem details; a sender may try again where that helps."""
    again = status in (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE)
    document = {"title": status.phrase, "status": int(status), "detail": detail}
    return Response(
        json.dumps(document),
        int(status),
        {"Retry-After": _RETRY_SECONDS} if again else None,
        "application/problem+json",
    )


async def _http_error(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101  it is registered for nothing else
    return _refused(HTTPStatus(error.status_code), "Send webhooks as POST to /webhooks/SOURCE.")
