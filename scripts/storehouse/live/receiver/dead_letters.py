"""Dead letters sent again: through the receiver's door, as their source is declared now."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache

from storehouse.core.config import Settings
from storehouse.core.errors import ConfigError, LoadError
from storehouse.live.receiver.payloads import Payload
from storehouse.live.receiver.senders import payload_of
from storehouse.log.event_log import EventLog
from storehouse.log.events import DeadLetter, Event
from storehouse.sources.declarations.entry import read_source_entry
from storehouse.sources.events.contract import Refused
from storehouse.sources.events.declaration import read_webhook

# What became of a dead letter.
APPENDED, REFUSED, KEPT, IN_THE_LOG = "appended", "refused", "kept", "in the log"
_AT_ONCE = 500
# In the reason of bytes that are not UTF-8: what is kept of them is not what was sent.
_NO_TEXT = "'utf-8' codec can't decode"

Numbered = tuple[int, DeadLetter]


@dataclass(frozen=True)
class Retried:
    """What became of dead letter `number`; `reason` is why it is still one, or empty."""

    number: int
    source: str
    id: str
    outcome: str
    reason: str


@dataclass(frozen=True)
class RetryReport:
    """What became of all letters, in the order in which they came."""

    letters: tuple[Retried, ...]

    @property
    def counts(self) -> dict[str, int]:
        return dict(Counter(one.outcome for one in self.letters))

    def raise_for_problems(self) -> None:
        """Raises LoadError if any can't be taken."""
        counts = self.counts
        if left := counts.get(REFUSED, 0) + counts.get(KEPT, 0):
            raise LoadError(
                f"{left:,} dead letters can't be taken and are still there. Correct the source's "
                "yml, or have the sender send them again in another form; "
                "`storehouse dead-letters drop` removes what you have dealt with."
            )


def named(log: EventLog, numbers: Sequence[int]) -> list[Numbered]:
    """The dead letters of these numbers, in order. Raises ConfigError if one is not there."""
    found = [
        one
        for number in sorted(set(numbers))
        for one in log.read_dead(number - 1, 1)
        if one[0] == number
    ]
    if missing := sorted(set(numbers) - {number for number, _ in found}):
        raise ConfigError(
            f"There is no dead letter {', '.join(map(str, missing))}. "
            "`storehouse dead-letters list` shows which there are."
        )
    return found


def all_letters(log: EventLog) -> Iterator[list[Numbered]]:
    """All dead letters that there are now, in order, some at once."""
    newest = log.dead_letters(1)
    number = 0
    while newest and number < newest[0][0] and (found := log.read_dead(number, _AT_ONCE)):
        number = found[-1][0]
        yield [one for one in found if one[0] <= newest[0][0]]


class Retry:
    """Sends dead letters again; sources are those of the settings, as their yml is now."""

    def __init__(self, settings: Settings, log: EventLog) -> None:
        self._settings, self._log = settings, log
        self._payload = cache(self._read_payload)

    def send(self, letters: Sequence[Numbered]) -> Iterator[Retried]:
        """What can be taken is in the log before its letter is removed; the rest is kept.

        A kill between the two leaves a letter whose event is in the log: an id is appended once.
        Raises SourceUnavailable, and ConfigError for a declaration that can't be used.
        """
        judged = [self._judged(number, letter) for number, letter in letters]
        if events := [event for event, _ in judged if event is not None]:
            self._log.append(events)
            self._log.drop([one.number for event, one in judged if event is not None])
        for _, one in judged:
            yield one

    def _judged(self, number: int, letter: DeadLetter) -> tuple[Event | None, Retried]:
        """The event in a letter, if there is one, and what becomes of the letter."""

        def still(outcome: str, reason: str, number: int = number) -> tuple[None, Retried]:
            return None, Retried(number, letter.source, letter.id, outcome, reason)

        if letter.is_in_the_log:
            return still(IN_THE_LOG, letter.reason)
        payload = self._payload(letter.source)
        if payload is None:
            return still(KEPT, f"{letter.source} is not on, or receives no webhooks")
        headers = json.loads(letter.headers)
        if lacking := [name for name in payload.header_names if name not in headers]:
            return still(KEPT, f"its header {', '.join(lacking)} was not kept: have it sent again")
        if _NO_TEXT in letter.reason:
            return still(KEPT, letter.reason)
        sent = {name: text for name, text in headers.items() if text is not None}
        try:
            event = payload.event(letter.body.encode(), sent, letter.id, letter.received_at)
        except Refused as refused:
            if (reason := str(refused)) != letter.reason:
                number = self._log.rebury(number, replace(letter, reason=reason))
            return still(REFUSED, reason, number)
        return event, Retried(number, letter.source, letter.id, APPENDED, "")

    def _read_payload(self, source: str) -> Payload | None:
        """None for a source that is off, or receives no webhooks. Raises ConfigError."""
        if source not in self._settings.sources:
            return None
        entry = read_source_entry(self._settings, source)
        webhook = read_webhook(entry)
        return payload_of(entry, webhook) if webhook else None
