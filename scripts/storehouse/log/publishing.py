"""Publishing many messages to JetStream at once, each acknowledged.

The library's own `publish_async` allows 4,000 messages at once, and keeps the place of each that it
could not send: after as many failures it waits for ever. Here nothing outlives a call.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import sha256

from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.js.api import Header
from nats.js.errors import APIError, Error, NoStreamResponseError

_NOBODY = "503"  # the status of the answer if no stream takes the subject


@dataclass(frozen=True)
class Message:
    """What to publish; of messages with one `number` a stream keeps the first."""

    subject: str
    body: bytes
    number: str


def number_of(*texts: str) -> str:
    """One for each list of texts."""
    return sha256("\0".join(texts).encode()).hexdigest()


async def publish_all(client: Client, messages: Sequence[Message], seconds: float) -> None:
    """Publish in order; returns once all are acknowledged.

    Raises what the server answers, and TimeoutError if it hasn't answered all after `seconds`.
    """
    if not messages:
        return
    answers = _Answers(len(messages))
    inbox = client.new_inbox()
    subscription = await client.subscribe(inbox, cb=answers.take)
    try:
        for one in messages:
            headers = {Header.MSG_ID.value: one.number}
            await client.publish(one.subject, one.body, reply=inbox, headers=headers)
        await asyncio.wait_for(answers.complete.wait(), seconds)
    finally:
        await subscription.unsubscribe()
    if answers.error is not None:
        raise answers.error


@dataclass
class _Answers:
    """Counts acknowledgements; complete with the last of `missing`, or the first error."""

    missing: int
    error: Error | None = None
    complete: asyncio.Event = field(default_factory=asyncio.Event)

    async def take(self, answer: Msg) -> None:
        try:
            _check(answer)
        except Error as error:
            self.error = self.error or error
        self.missing -= 1
        if self.error is not None or self.missing == 0:
            self.complete.set()


def _check(answer: Msg) -> None:
    """Raises nats.js.errors.Error if the message was not taken."""
    if answer.headers and answer.headers.get(Header.STATUS) == _NOBODY:
        raise NoStreamResponseError
    try:
        found = json.loads(answer.data)
    except ValueError:
        raise Error(f"the answer {answer.data[:80]!r} is no acknowledgement") from None
    if "error" in found:
        raise APIError.from_error(found["error"])
