"""Whether the alerts that a target got are those that the truth expects.

Large orders are judged. In a project whose days and history are long enough, whether an order is
one depends on the order alone, and no version of an order of a sample is one: see ALL_TIMES. So a
rebuild lists all that ever were.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import duckdb

from storehouse.prove.live.alert_target import AlertTarget
from storehouse.prove.live.large_orders import LARGE_AMOUNT, RULE

# A sample shop's days pass within seconds: an order must not be too old before it is judged. Of
# orders of a sample none is so large, so that a message has few and lists them all.
ALL_TIMES = {
    "alert_order_days": 4000,
    "alert_history_days": 4000,
    "alert_order_amount": LARGE_AMOUNT - 1000,
}


@dataclass(frozen=True)
class Raised:
    """Large orders whose alerts were expected, `missing` or `other` than these.

    `repeats` are messages with an alert that one before had: `allowed` are as many as processes
    were killed that send, since a kill between sending and marking repeats one message.
    """

    expected: int
    missing: int
    other: int
    repeats: int
    allowed: int


def raised(target: AlertTarget, warehouse: Path, allowed: int) -> Raised:
    """Compare with a warehouse that was built of all events."""
    with duckdb.connect(str(warehouse), read_only=True) as con:
        expected = {
            key
            for (key,) in con.execute(
                "select alert_key from alerts.alert_high_value_order"
            ).fetchall()
        }
    found = target.raised(RULE).keys()
    return Raised(
        expected=len(expected),
        missing=len(expected - found),
        other=len(found - expected),
        repeats=_repeats(target),
        allowed=allowed,
    )


def _repeats(target: AlertTarget) -> int:
    """How many messages had a key that one before them had."""
    seen: set[str] = set()
    found = 0
    for keys in target.raised_together(RULE):
        found += bool(seen & keys)
        seen |= keys
    return found


def wrong(found: Raised) -> Mapping[str, int]:
    """How many of what must not be, by what it is."""
    return {
        "alerts on large orders did not come": found.missing,
        "alerts came on orders that are not large": found.other,
        "messages were repeated without a kill": max(found.repeats - found.allowed, 0),
    }
