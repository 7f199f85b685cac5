"""A living shop whose processes are killed at random moments, while it is read.

A receiver, live, the API, the dashboard and repeated runs work on one home; a sender posts signed
events with all their troubles, large orders among them, whose alerts go to a target. Each of the
processes is killed and started again, runs with their dbt, also in the middle of a hand-over. At
the end, what live shows must equal a rebuild from the log alone, and so must the alerts that came.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from random import Random

from storehouse.core.config import Settings
from storehouse.core.errors import ProofError
from storehouse.core.progress import Progress
from storehouse.live.player import Account, Pace
from storehouse.live.player.shop_events import SOURCE
from storehouse.log.events import Event
from storehouse.prove.compare import Other, compare_warehouses
from storehouse.prove.equivalence import OF_THE_LOAD
from storehouse.prove.homes import scratch_folder
from storehouse.prove.live.agreement import Kept, compare_shown, keep_shown
from storehouse.prove.live.alert_target import AlertTarget, taking
from storehouse.prove.live.home import LiveHome, prepared
from storehouse.prove.live.killing import (
    API,
    DASHBOARD,
    LANE,
    LIVE,
    RECEIVER,
    RUN,
    Processes,
    processes_of,
)
from storehouse.prove.live.landed import rows_missing
from storehouse.prove.live.large_orders import with_large_orders
from storehouse.prove.live.latency import Acknowledged, events_of
from storehouse.prove.live.processes_proof import ProcessesProof, is_excused
from storehouse.prove.live.raised import ALL_TIMES, raised
from storehouse.prove.live.traffic import Traffic
from storehouse.prove.live.watch import Shown, watching
from storehouse.prove.projects import copy_project, set_vars
from storehouse.prove.proof import Comparison
from storehouse.prove.readers.kinds import LIVE_KINDS, Served
from storehouse.prove.readers.proof import reading, wait_while
from storehouse.prove.readers.tally import Tally, consistent, not_compared

_EVENTS_AN_ORDER = 4  # that are held back, of about eight
_EVENTS_A_LARGE_ORDER = 40
_KILLED = (RECEIVER, LANE, LIVE, API, DASHBOARD)
_WAIT_SECONDS = 300
_COMPARED_SECONDS = 60
_REBUILD = "a rebuild from files and log"


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
    log: str | None = None,
) -> ProcessesProof:
    """Prove it for a sample shop in a home of its own. In each round all is killed once.

    `readers` are of each kind; `log` is as of `prepared`. Raises ProofError if a process can't be
    started again.
    """
    started = time.monotonic()
    with scratch_folder(keep, progress) as folder, taking(AlertTarget()) as target:
        progress.start("A sample shop", None)
        project = copy_project(settings.project_dir, folder / "project")
        set_vars(settings.project_dir, project, **ALL_TIMES)
        home = prepared(
            replace(settings, project_dir=project),
            folder,
            orders=orders,
            days=days,
            events=orders * _EVENTS_AN_ORDER,
            seed=seed,
            target=target,
            log=log,
        )
        events = with_large_orders(home.events, _EVENTS_A_LARGE_ORDER, first_day=home.first_day)
        home = replace(home, events=[*events])
        with processes_of(home, Random(seed)) as processes:
            lived = _live_on(
                home, processes, Pace(rate), rounds=rounds, readers=readers, progress=progress
            )
        progress.start("A rebuild", None)
        home.storehouse("run")
        rebuilt = home.beside(folder / "rebuilt").silent()
        rebuilt.storehouse("run")
        return ProcessesProof(
            account=lived.account,
            acknowledged=len(lived.heard.moments),
            lost=lived.lost,
            missing_rows=rows_missing(home.settings, SOURCE, lived.sent),
            killed=dict(processes.killed),
            hand_overs=min(len(one.builds) for one in lived.lanes.values()) - 1,
            went_back={lane: one.went_back for lane, one in lived.lanes.items()},
            opened={lane: one.opened for lane, one in lived.lanes.items()},
            swaps={lane: one.swaps for lane, one in lived.lanes.items()},
            raised=raised(
                target,
                rebuilt.settings.warehouse,
                allowed=processes.killed[LIVE] + processes.killed[RUN],
            ),
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
    tallies = consistent(LIVE_KINDS)
    heard = Acknowledged()
    served = Served(home.settings.current, processes.address(API), processes.address(DASHBOARD))
    with (
        watching(home.settings) as watch,
        reading(
            served, readers, tallies, {}, is_excused=partial(is_excused, processes)
        ) as all_live,
    ):
        with Traffic(home, processes.webhooks, pace, heard.hear) as traffic:
            progress.start("Rounds", rounds)
            for number in range(rounds):
                _round(home, processes)
                watch.wait_for(0, home.build_id, seconds=_WAIT_SECONDS)
                traffic.raise_if_over(f"round {number + 1} had ended")
                progress.advance(1, f"{len(heard.moments):,} events")
            account = traffic.end()
        with home.log.opened() as log:
            watch.wait_for(log.end(), home.build_id, seconds=_WAIT_SECONDS)
            kept = keep_shown(home.settings, home.logs.parent / "shown")
            lost = len(heard.lost(log))
            sent = [event for _, event in events_of(log) if event.id in heard.moments]
        wait_while(
            all_live, lambda: not_compared(tallies.values()), seconds=_COMPARED_SECONDS
        )  # with what they have read of the last build
        if not all_live():
            raise ProofError("A reader ended early. Repeat with fewer --readers.")
    return _Lived(account, heard, lost, sent, watch.lanes, tuple(tallies.values()), kept)


def _round(home: LiveHome, processes: Processes) -> None:
    """Kill a run; then have one end, while live, a lane and all servers are killed."""
    rng, seconds = processes.rng, home.run_seconds
    processes.kill_run(seconds / 2)
    processes.kill(RECEIVER)
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(home.storehouse, "run")
        for name in rng.sample(_KILLED, len(_KILLED)):
            time.sleep(rng.uniform(0, seconds / len(_KILLED)))
            processes.kill(name)
        running.result()


def _compared(kept: Kept, home: LiveHome, rebuilt: LiveHome, seed: int) -> Iterator[Comparison]:
    yield from compare_shown(kept, rebuilt.settings.warehouse, _REBUILD, seed)
    there = Other(_REBUILD, rebuilt.settings.warehouse, OF_THE_LOAD)
    for one in compare_warehouses(seed, home.settings.warehouse, there):
        if one.table.startswith("marts."):
            yield one
