"""What is sent and when: bursts, and late, repeated, reordered and poisonous events."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from random import Random

from storehouse.log.events import Event

# How an event is sent. A forged one has a wrong signature, which only a receiver can tell.
FIRST, DUPLICATE, LATE, REORDERED = "first", "duplicate", "late", "out of order"
POISONOUS, FORGED = "poisonous", "forged"
KINDS = (FIRST, DUPLICATE, LATE, REORDERED, POISONOUS, FORGED)
_SHARES = {LATE: 0.01, REORDERED: 0.05, DUPLICATE: 0.02, POISONOUS: 0.005, FORGED: 0.005}
_LATE_BY = (200, 2_000)
_REORDERED_BY = (1, 20)
_REPEATED_AFTER = (1, 500)

# Half of the events of a period come in its last tenth.
_PERIOD_SECONDS = 10.0
_BURST_SECONDS = 1.0


@dataclass(frozen=True)
class Sending:
    kind: str
    event: Event


def plan(events: Sequence[Event], chance: Random, *, with_forged: bool) -> list[Sending]:
    """Each event at least once, near its place or later."""
    placed: list[tuple[float, int, Sending]] = []

    def put(place: float, kind: str, event: Event) -> None:
        placed.append((place, len(placed), Sending(kind, event)))

    for place, event in enumerate(events):
        kind, moved = FIRST, float(place)
        if chance.random() < _SHARES[LATE]:
            kind, moved = LATE, place + chance.uniform(*_LATE_BY)
        elif chance.random() < _SHARES[REORDERED]:
            kind, moved = REORDERED, place + chance.uniform(*_REORDERED_BY)
        put(moved, kind, event)
        if chance.random() < _SHARES[DUPLICATE]:
            put(moved + chance.uniform(*_REPEATED_AFTER), DUPLICATE, event)
        if chance.random() < _SHARES[POISONOUS]:
            put(moved, POISONOUS, _poisoned(event, chance))
        if with_forged and chance.random() < _SHARES[FORGED]:
            put(moved, FORGED, replace(event, id=f"{event.id}/forged"))
    return [sending for _, _, sending in sorted(placed, key=lambda one: one[:2])]


def due(seconds: float, rate: float) -> int:
    """How many are due after so many seconds, at `rate` a second on average."""
    periods, rest = divmod(seconds, _PERIOD_SECONDS)
    calm_seconds = _PERIOD_SECONDS - _BURST_SECONDS
    calm = min(rest / calm_seconds, 1.0)
    burst = max(rest - calm_seconds, 0.0) / _BURST_SECONDS
    return int(rate * _PERIOD_SECONDS * (periods + burst / 2 + calm / 2))


def _poisoned(event: Event, chance: Random) -> Event:
    """An event that no table takes, in one of several ways."""
    data = json.loads(event.data)
    table = chance.choice(sorted(data))
    row = data[table][0]
    way = chance.randrange(5)
    if way == 0:
        text = event.data[:-2]  # cut off
    elif way == 1:
        text = json.dumps({"no_such_table": [row]})
    elif way == 2:  # noqa: PLR2004  the ways are numbered
        text = json.dumps({table: [{name: row[name] for name in list(row)[1:]}]})
    elif way == 3:  # noqa: PLR2004
        text = json.dumps({table: [dict.fromkeys(row)]})
    else:
        text = json.dumps({table: [{**row, next(iter(row)): "\ud83d"}]})
    return replace(event, id=f"{event.id}/poisonous", data=text)
