"""Readers of the published file and of files of now, while live swaps these and is handed over."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime

from storehouse.core.config import Settings
from storehouse.core.lock import hold
from storehouse.core.progress import Progress, Silent
from storehouse.live.layer.bases import write_base
from storehouse.live.player import Pace
from storehouse.prove.homes import scratch_folder
from storehouse.prove.live.home import LiveHome, prepared
from storehouse.prove.live.latency import Acknowledged
from storehouse.prove.live.traffic import Traffic
from storehouse.prove.live.watch import Watch, watching
from storehouse.prove.readers.kinds import OF_NOW, Served
from storehouse.prove.readers.proof import read_while_publishing
from storehouse.prove.readers.swapping import LANE, swapping
from storehouse.prove.readers.tally import ReadersProof
from storehouse.prove.served import started
from storehouse.serving.publish import publish

_DAYS = 60
_EVENTS_AN_ORDER = 4  # that are held back, of about eight
_EVERY = "50ms"
_WAIT_SECONDS = 300
# A reading takes some 50 ms of a processor: readers that rested less would take all from lanes.
_REST = 4.0
# One that is kept until its build is removed would see one or two of so few builds.
_KINDS = ("DuckDB, a connection per reading", "DuckDB, attached", *OF_NOW)


def prove_readers_of_live(
    settings: Settings,
    *,
    hand_overs: int,
    readers: int,
    orders: int,
    rate: float,
    swaps: float,
    keep: bool,
    progress: Progress,
    now: Callable[[], datetime],
) -> ReadersProof:
    """Prove it for a sample shop in a home of its own, whose last weeks come as events.

    Raises ProofError if all of them have come before the last hand-over.
    """
    with scratch_folder(keep, progress) as folder:
        progress.start("A sample shop", None)
        home = prepared(
            settings, folder, orders=orders, days=_DAYS, events=orders * _EVENTS_AN_ORDER, seed=1
        )
        return read_while_handing_over(
            home,
            hand_overs=hand_overs,
            readers=readers,
            rate=rate,
            swaps=swaps,
            progress=progress,
            now=now,
        )


def read_while_handing_over(
    home: LiveHome,
    *,
    hand_overs: int,
    readers: int,
    rate: float,
    swaps: float,
    progress: Progress,
    now: Callable[[], datetime],
) -> ReadersProof:
    """Hand lanes over to published builds while so many readers of each kind read.

    Live takes the home's events from the log, at a rate. A further build is published, and written
    as a base, once all lanes have shown the one before. A further lane makes so many `swaps` a
    second. Raises ProofError.
    """
    settings = home.settings
    with (
        started("live", home.environ, log=home.logs / "live.log", arguments=("--every", _EVERY)),
        watching(settings) as watch,
        Traffic(home, None, Pace(rate), Acknowledged().hear) as traffic,
        swapping(settings, home.build_id, swaps) as swapped,
    ):

        def hand_over() -> None:
            with hold(settings, "storehouse prove readers"):
                build_id = publish(settings, now=now).build_id
                write_base(settings, Silent())
            watch.wait_for(0, build_id, seconds=_WAIT_SECONDS)
            traffic.raise_if_over("lanes were handed over so often")

        before, opened, of_further = _swaps(watch), _opened(watch), swapped()
        found = read_while_publishing(
            settings,
            Served(settings.current, api="", dashboard=""),
            builds=hand_overs,
            readers=readers,
            progress=progress,
            publisher=hand_over,
            kinds=_KINDS,
            rest=_REST,
        )
        made = {lane: count - before[lane] for lane, count in _swaps(watch).items()}
        made[LANE] = swapped() - of_further
        opened = {lane: count - opened[lane] for lane, count in _opened(watch).items()}
        went_back = {lane: one.went_back for lane, one in watch.lanes.items()}
    return replace(found, swaps=made, opened=opened, went_back=went_back)


def _swaps(watch: Watch) -> Mapping[str, int]:
    return {lane: one.swaps for lane, one in watch.lanes.items()}


def _opened(watch: Watch) -> Mapping[str, int]:
    return {lane: one.opened for lane, one in watch.lanes.items()}
