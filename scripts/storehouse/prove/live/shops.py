"""The shops of the proof of live: their sources, and what comes by files and what by events."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random

from sample_shop import write_sample
from storehouse.core.config import Settings
from storehouse.live.player.shop_events import SOURCE, shop_events
from storehouse.live.receiver.senders import senders
from storehouse.log.events import Event
from storehouse.prove.medusa import Medusa, Records, Subscriber, live_on, served

MEDUSA = "medusa"
_SECRETS = {"MEDUSA_SECRET_KEY": "sk_invented", "MEDUSA_WEBHOOK_SECRET": "invented-for-a-proof"}
_TWICE = 0.05
_ODD_ROWS = 2
_RECEIVED_AT = "2026-04-01T00:00:00+00:00"


@dataclass(frozen=True)
class Kind:
    """The sources of a shop. Of `shop`, this share of its days comes by file.

    Of `medusa`, all records are pulled at each hand-over, and those that take events come by
    events as well.
    """

    sources: tuple[str, ...]
    by_file: float = 0.0

    @property
    def is_in_the_log(self) -> bool:
        """Whether all of it is, so that a replay on nothing has all of it."""
        return self.sources == (SOURCE,) and not self.by_file


# By seed in turn, beginning with seed 1.
_KINDS = (
    Kind((SOURCE,)),
    Kind((SOURCE,), 0.7),
    Kind((MEDUSA,)),
    Kind((SOURCE, MEDUSA), 0.5),
)


def kind_of(seed: int) -> Kind:
    return _KINDS[(seed - 1) % len(_KINDS)]


@dataclass
class Shop:
    """What is delivered of a shop; `environ` has the address of its API.

    The API answers as of a stage from 0, and stays so until the next `go_on`.
    """

    events: list[Event] = field(default_factory=list)
    environ: dict[str, str] = field(default_factory=dict)
    api: Medusa = field(default_factory=Medusa)
    stages: list[Records] = field(default_factory=list)

    def go_on(self, stage: int) -> None:
        if self.stages:
            self.api.become(self.stages[stage])


@contextmanager
def shop_of(
    kind: Kind, home: Settings, folder: Path, *, orders: int, days: int, stages: int, rng: Random
) -> Iterator[Shop]:
    """A shop whose files are in the home's inbox, and whose API answers, as long as the block.

    Its events come in any order, and some twice.
    """
    shop = Shop()
    listed = []
    if SOURCE in kind.sources:
        write_sample(folder, orders=orders, days=days, seed=rng.randrange(10**6))
        listed.append(_by_file(folder, home.inbox / SOURCE, kind.by_file, rng))
    with served(shop.api) as address:
        if MEDUSA in kind.sources:
            shop.environ = {**_SECRETS, "MEDUSA_URL": address}
            history = live_on(shop.api, orders, days, rng)
            listed.append(_by_subscriber(shop, home, history, stages))
        shop.events = _mixed(listed, rng)
        shop.go_on(0)
        yield shop


def _by_file(export: Path, inbox: Path, share: float, rng: Random) -> list[Event]:
    """Have a share of the days arrive as files; returns the events of the others."""
    days = sorted({file.name[:10] for file in (export / SOURCE).rglob("*.csv")})
    as_file = set(rng.sample(days, int(len(days) * share)))
    rest = export / "rest"
    for file in sorted((export / SOURCE).rglob("*.csv")):
        folder = inbox if file.name[:10] in as_file else rest
        target = folder / file.parent.name / file.name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(file, target)
    for folder in (inbox, rest):
        _forget_visitors(folder / "web_events")
    return shop_events(rest)


def _forget_visitors(folder: Path) -> None:
    """Add rows without the column that their model is replaced by."""
    for path in sorted(folder.glob("*.csv"))[:_ODD_ROWS]:
        with path.open(encoding="utf-8", newline="") as stream:
            header, row, *_ = csv.reader(stream)
        odd = dict(zip(header, row, strict=True))
        odd |= {"visitor_id": "", "event_id": f"{odd['event_id']}-nobody"}
        with path.open("a", encoding="utf-8", newline="") as stream:
            csv.writer(stream).writerow(odd.values())


def _by_subscriber(shop: Shop, home: Settings, history: Iterator[None], stages: int) -> list[Event]:
    """The events that the receiver makes of what a subscriber posts; keeps the API's stages."""
    found, _ = senders(home, shop.environ)
    payload = found[MEDUSA].payload
    subscriber = Subscriber(shop.api)
    events: list[Event] = []
    states: list[Records] = []
    for _ in history:
        events += [payload.event(body, {}, "", _RECEIVED_AT) for body in subscriber.bodies()]
        states.append(shop.api.records)
    last = len(states) - 1
    shop.stages = [states[last * stage // stages] for stage in range(stages + 1)]
    return events


def _mixed(listed: Sequence[Sequence[Event]], rng: Random) -> list[Event]:
    """Mostly in order, as events come, but some much later, and some twice.

    Half of those are repeated by their sender, under the same id; the others have another one.
    """
    placed = [
        (number / len(events), event) for events in listed for number, event in enumerate(events)
    ]
    events = [event for _, event in sorted(placed, key=lambda one: one[0])]
    places = [(_delayed(place, rng), event) for place, event in enumerate(events)]
    for place, event in rng.sample(places, int(len(places) * _TWICE)):
        again = replace(event, id=rng.choice((event.id, f"{event.id}/again")))
        places.append((_delayed(place, rng), again))
    return [event for _, event in sorted(places, key=lambda one: one[0])]


def _delayed(place: float, rng: Random) -> float:
    return place + rng.choice((0, 0, 0, 50, 2000)) * rng.random()
