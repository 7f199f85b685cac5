"""Holding back the last days of a sample shop, to be played as events."""

from __future__ import annotations

import shutil
from pathlib import Path

from storehouse.live.player.shop_events import shop_events
from storehouse.log.events import Event

_DAYS_AT_ONCE = 7


def hold_back(shop: Path, rest: Path, wanted: int) -> list[Event]:
    """Move the files of a sample's last weeks from `shop` to `rest`; returns their events.

    Of so many weeks that there are as many events as wanted, or of all but the first days.
    """
    days = sorted({file.name[:10] for file in shop.rglob("*.csv")})
    events: list[Event] = []
    while len(events) < wanted and len(days) > _DAYS_AT_ONCE:
        days, last = days[:-_DAYS_AT_ONCE], set(days[-_DAYS_AT_ONCE:])
        for file in sorted(shop.rglob("*.csv")):
            if file.name[:10] in last:
                target = rest / file.relative_to(shop)
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.move(file, target)
        events = shop_events(rest)
    return events
