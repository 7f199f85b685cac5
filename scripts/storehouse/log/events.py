"""Events in the form of CloudEvents 1.0, and what could not become one."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

SPEC_VERSION = "1.0"
_TEXTS = ("id", "source", "type", "time")
# How the reason of a dead letter begins that live made of an event of the log.
OF_LIVE = "live:"


@dataclass(frozen=True, slots=True)
class Event:
    """A CloudEvent. `source` is a source of the warehouse, within which `id` is unique.

    `data` is a JSON object, as text: rows of the source's raw tables, by table, each an object of
    texts and nulls. `time` is when it happened, RFC 3339.
    """

    id: str
    source: str
    type: str
    time: str
    data: str

    @property
    def size(self) -> int:
        """About how many bytes it takes."""
        return len(self.data) + len(self.id) + len(self.source) + len(self.type) + len(self.time)


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """What a source sent and the log could not take, as received, and why. `id` may be empty.

    `headers` are those that the source's envelope names, as a JSON object of texts, or null for
    one that was not sent.
    """

    source: str
    id: str
    reason: str
    received_at: str
    body: str
    headers: str = "{}"

    @property
    def is_in_the_log(self) -> bool:
        """Whether it is an event of the log, with which live's models failed."""
        return self.reason.startswith(OF_LIVE)

    @property
    def size(self) -> int:
        """About how many bytes it takes."""
        return len(self.body) + len(self.reason) + len(self.id)


def as_json(event: Event) -> str:
    """The event in CloudEvents' structured mode."""
    texts = {name: getattr(event, name) for name in _TEXTS}
    head = json.dumps({"specversion": SPEC_VERSION, **texts}, ensure_ascii=False)
    return f'{head[:-1]}, "datacontenttype": "application/json", "data": {event.data}}}'


def from_json(text: str, source: str, number: int) -> Event:
    """The event of a message of `source`.

    What is no event keeps its text as data, which no table takes: so it is quarantined, not lost.
    """
    try:
        found: Any = json.loads(text)
        texts = {name: found[name] for name in _TEXTS}
        if all(isinstance(one, str) for one in texts.values()) and texts["source"] == source:
            return Event(**texts, data=json.dumps(found["data"], ensure_ascii=False))
    except (ValueError, KeyError, TypeError, RecursionError):
        pass
    return Event(f"message {number}", source, "unreadable", "", text)
