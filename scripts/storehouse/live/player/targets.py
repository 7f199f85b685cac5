"""Where events are sent: a receiver, as its source sends them, or the log itself."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Sequence

import httpx

from storehouse.core.errors import SourceUnavailable
from storehouse.live.player.plan import FORGED, Sending
from storehouse.live.receiver.signatures import sign
from storehouse.log.event_log import EventLog
from storehouse.log.events import as_json
from storehouse.sources.events.declaration import Signature

_AT_ONCE = 16
# How long a receiver may be away: one that was never there, and one that has answered before.
_START_SECONDS, _RETURN_SECONDS = 10.0, 60.0
_AGAIN = (429, 503)

# Called with what was answered, and the status.
Hear = Callable[[Sending, int], None]


class ToLog:
    """Appends to the log, all that are due in one commit."""

    def __init__(self, log: EventLog) -> None:
        self._log = log
        self.answers: Counter[str] = Counter()

    async def send(self, sendings: Sequence[Sending]) -> None:
        """Raises SourceUnavailable."""
        await asyncio.to_thread(self._log.append, [one.event for one in sendings])
        self.answers["appended"] += len(sendings)


class ToReceiver:
    """Posts to a receiver's URL, several at once; what it can't take now is sent again.

    `answers` counts the last answer to each event by its status, and `again` repeated requests.
    """

    def __init__(
        self,
        client: httpx.AsyncClient,
        url: str,
        signature: Signature,
        secret: bytes,
        hear: Hear,
    ) -> None:
        self._client, self._url, self._hear = client, url, hear
        self._signature, self._secret = signature, secret
        self._room = asyncio.Semaphore(_AT_ONCE)
        self.answers: Counter[str] = Counter()

    async def send(self, sendings: Sequence[Sending]) -> None:
        """Raises SourceUnavailable if the receiver stays away."""
        async with asyncio.TaskGroup() as group:
            for one in sendings:
                await self._room.acquire()
                group.create_task(self._post(one))

    async def _post(self, sending: Sending) -> None:
        try:
            status = await self._status(sending)
            self.answers[str(status)] += 1
            self._hear(sending, status)
        finally:
            self._room.release()

    @property
    def _patience(self) -> float:
        was_there = any(answer.isdigit() for answer in self.answers)
        return _RETURN_SECONDS if was_there else _START_SECONDS

    async def _status(self, sending: Sending) -> int:
        event = sending.event
        body = as_json(event).encode()
        secret = b"forged" if sending.kind == FORGED else self._secret
        reason = ""
        begun = time.monotonic()
        while not reason or time.monotonic() < begun + self._patience:
            headers = sign(self._signature, secret, body, event.id, time.time())
            headers["content-type"] = "application/cloudevents+json"
            wait = 0.5
            try:
                answer = await self._client.post(self._url, content=body, headers=headers)
                if answer.status_code not in _AGAIN:
                    return answer.status_code
                reason = f"it answers {answer.status_code}"
                wait = float(answer.headers.get("retry-after", wait))
            except httpx.TransportError as error:
                reason = str(error) or type(error).__name__
            self.answers["sent again"] += 1
            await asyncio.sleep(wait)
        raise SourceUnavailable(
            f"The receiver at {self._url} takes no events: {reason}. Start `storehouse receive`, "
            "and run again."
        )
