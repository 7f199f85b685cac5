"""Event logs to test, each in a process or file of its own, and events to put into them."""

from __future__ import annotations

from storehouse.log.events import DeadLetter, Event

SOURCE = "s"


def event(number: int, source: str = SOURCE, data: str = '{"t": [{"a": "1"}]}') -> Event:
    return Event(f"e{number}", source, "made", "2026-01-01T00:00:00Z", data)


def events(first: int, count: int) -> list[Event]:
    return [event(number) for number in range(first, first + count)]


def letter(body: str, reason: str = "it can't be read") -> DeadLetter:
    return DeadLetter(SOURCE, "d1", reason, "2026-01-01T00:00:00Z", body)
