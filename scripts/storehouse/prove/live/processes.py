"""A living shop whose processes are killed at random moments, while it is read.

A receiver, live and repeated runs work on one home; a sender posts signed events with all their
troubles. Each of the processes is killed and started again, runs with their dbt, also in the
middle of a hand-over. At the end, what live shows must equal a rebuild from the log alone.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from random import Random

from storehouse.core.config import Settings
from storehouse.core.errors import ProofError
from storehouse.core.progress import Progress
from storehouse.live.player import Account, Pace
from storehouse.live.player.shop_events import SOURCE
from storehouse.log.events import Event
from storehouse.log.opening import log_address
from storehouse.prove.compare import Other, compare_warehouses
from storehouse.prove.equivalence import OF_THE_LOAD
from storehouse.prove.homes import scratch_folder
from storehouse.prove.live.agreement import Kept, compare_shown, keep_shown
from storehouse.prove.live.home import LiveHome, prepared
from storehouse.prove.live.killing import LANE, LIVE, RECEIVER, Processes, processes_of
from storehouse.prove.live.landed import rows_missing
from storehouse.prove.live.latency import Acknowledged, events_of
from storehouse.prove.live.traffic import Traffic
from storehouse.prove.live.watch import Shown, watching
from storehouse.prove.proof import Comparison
from storehouse.prove.readers.kinds import LIVE_KINDS, Served
from storehouse.prove.readers.proof import reading
from storehouse.prove.readers.tally import Consistent, Tally

_EVENTS_AN_ORDER = 4  # that are held back, of about eight
_WAIT_SECONDS = 300
_REBUILD = "a rebuild from files and log"


@dataclass(frozen=True)
class ProcessesProof:
    """What was sent, killed, handed over and read, and what differs at the end.

    `lost` are events that were answered with 200 and are not in the log, `missing_rows` rows of
    the others that are not in the warehouse. `went_back` counts, by lane, files that showed an
    older build or event than one before.
    """

    account: Account
    acknowledged: int
    lost: int
    missing_rows: int
    killed: Mapping[str, int]
    hand_overs: int
    went_back: Mapping[str, int]
    kinds: Sequence[Tally]
    comparisons: Sequence[Comparison]
    seconds: float

    def raise_for_problems(self) -> None:
        """Raise ProofError if something was lost, differs, failed or is torn, or went back."""
        unequal = [one.table for one in self.comparisons if one.differences]
        wrong = {
            "acknowledged events are not in the log": self.lost,
            "rows of acknowledged events are not in the warehouse": self.missing_rows,
            "readings failed": sum(one.failed for one in self.kinds),
            "readings were torn": sum(one.mixed for one in self.kinds),
            "files of now went back": sum(self.went_back.values()),
            f"tables differ ({', '.join(unequal)})": len(unequal),
        }
        problems = [f"{count:,} {what}" for what, count in wrong.items() if count]
        if problems:
            raise ProofError(
                f"The proof of processes failed: {'; '.join(problems)}. Repeat it with --keep, and "
                "look at the home and its logs."
            )
        if not self.comparisons or not self.acknowledged:
            raise ProofError("The proof of processes compared nothing.")


def prove_processes(
    settings: Settings,
    *,
    seed: int,
    orders: int,
    days: int,
    rate: float,
    rounds: int,
    readers: int,
    keep: bool,
    progress: Progress,
) -> ProcessesProof:
    """Prove it for a sample shop in a home of its own. In each round all is killed once.

    `readers` are of each kind. Raises ProofError if a process can't be started again.
    """
    started = time.monotonic()
    with scratch_folder(keep, progress) as folder:
        progress.start("A sample shop", None)
        home = prepared(
            settings, folder, orders=orders, days=days, events=orders * _EVENTS_AN_ORDER, seed=seed
        )
        with processes_of(home, Random(seed)) as processes:
            lived = _live_on(
                home, processes, Pace(rate), rounds=rounds, readers=readers, progress=progress
            )
        progress.start("A rebuild", None)
        home.storehouse("run")
        rebuilt = home.beside(folder / "rebuilt")
        rebuilt.storehouse("run")
        return ProcessesProof(
            account=lived.account,
            acknowledged=len(lived.heard.moments),
            lost=lived.lost,
            missing_rows=rows_missing(home.settings, SOURCE, lived.sent),
            killed=dict(processes.killed),
            hand_overs=min(len(one.builds) for one in lived.lanes.values()) - 1,
            went_back={lane: one.went_back for lane, one in lived.lanes.items()},
            kinds=lived.kinds,
            comparisons=tuple(_compared(lived.kept, home, rebuilt, seed)),
            seconds=time.monotonic() - started,
        )


@dataclass(frozen=True)
class _Lived:
    """What was seen while the shop lived; `sent` are the acknowledged events in the log."""

    account: Account
    heard: Acknowledged
    lost: int
    sent: Sequence[Event]
    lanes: Mapping[str, Shown]
    kinds: Sequence[Tally]
    kept: Kept


def _live_on(
    home: LiveHome,
    processes: Processes,
    pace: Pace,
    *,
    rounds: int,
    readers: int,
    progress: Progress,
) -> _Lived:
    tallies: dict[str, Tally] = {kind: Consistent(kind) for kind in LIVE_KINDS}
    heard, served = Acknowledged(), Served(home.settings.current, "", "")
    with (
        watching(home.settings) as watch,
        reading(served, readers, tallies, {}) as all_live,
    ):
        with Traffic(home, processes.webhooks, pace, heard.hear) as traffic:
            progress.start("Rounds", rounds)
            for number in range(rounds):
                _round(home, processes)
                watch.wait_for(0, home.build_id, seconds=_WAIT_SECONDS)
                traffic.raise_if_over(f"round {number + 1} had ended")
                progress.advance(1, f"{len(heard.moments):,} events")
            account = traffic.end()
        with log_address(home.settings, home.environ).opened() as log:
            watch.wait_for(log.end(), home.build_id, seconds=_WAIT_SECONDS)
            kept = keep_shown(home.settings, home.logs.parent / "shown")
            lost = len(heard.lost(log))
            sent = [event for _, event in events_of(log) if event.id in heard.moments]
        if not all_live():
            raise ProofError("A reader ended early. Repeat with fewer --readers.")
    return _Lived(account, heard, lost, sent, watch.lanes, tuple(tallies.values()), kept)


def _round(home: LiveHome, processes: Processes) -> None:
    """Kill a run; then have one end, while the receiver, a lane and live are killed."""
    rng, seconds = processes.rng, home.run_seconds
    processes.kill_run(seconds / 2)
    processes.kill(RECEIVER)
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(home.storehouse, "run")
        for name in rng.sample((RECEIVER, LANE, LIVE), 3):
            time.sleep(rng.uniform(0, seconds / 3))
            processes.kill(name)
        running.result()


def _compared(kept: Kept, home: LiveHome, rebuilt: LiveHome, seed: int) -> Iterator[Comparison]:
    yield from compare_shown(kept, rebuilt.settings.warehouse, _REBUILD, seed)
    there = Other(_REBUILD, rebuilt.settings.warehouse, OF_THE_LOAD)
    for one in compare_warehouses(seed, home.settings.warehouse, there):
        if one.table.startswith("marts."):
            yield one
