"""What live shows equals what the batch builds from the same events, at every checkpoint.

A shop's events, some of which came as files or by API before, are appended out of order and some
twice. The lanes take them in micro-batches of any size, are killed and begun again, and handed over
to new bases. At each checkpoint the batch loads and builds the same, and each table and alert that
a lane computes must equal it, row by row. A shop of which all events are in the log is also
replayed from the log's beginning on nothing.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from random import Random

from storehouse.core.config import Settings
from storehouse.core.progress import Progress, Silent
from storehouse.landing.load import load
from storehouse.live.layer.bases import copy_base, read_base
from storehouse.live.layer.compiled import compile_program
from storehouse.live.layer.lane import Lane
from storehouse.live.layer.program import Kind, Program
from storehouse.log.event_log import EventLog
from storehouse.log.opening import log_address
from storehouse.prove.compare import compare
from storehouse.prove.dbt_runs import DbtRuns
from storehouse.prove.homes import scratch_folder
from storehouse.prove.live.agreement import as_built
from storehouse.prove.live.shops import Shop, kind_of, shop_of
from storehouse.prove.proof import Comparison, Proof
from storehouse.prove.subject import Subject
from storehouse.sources.portion import Window

CHECKPOINTS = 4
_KILLED = 0.1  # of micro-batches
_HANDED_OVER = 0.7  # of checkpoints; else the lanes go on from an older base
_MOST_EVENTS = (1, 10, 100, 1000)
_OF_THE_LOAD = ("_loaded_at", "_source_file")
# So that the few days of a small shop have alerts of each rule.
_THRESHOLDS = {
    "alert_order_amount": 50,
    "alert_order_days": 7,
    "alert_refund_factor": 0,
    "alert_refund_min_rate": 0,
    "alert_refund_min_units": 0,
    "alert_payment_factor": 0,
    "alert_payment_min_rate": 0,
    "alert_payment_min_failures": 0,
}
LEFT_OUT = (
    "_loaded_at and _source_file, when and with which others a row landed",
    "tables that a report of now takes from the build before (meta.from_build) are on both sides",
)


def prove_live(
    settings: Settings,
    dbt: DbtRuns,
    *,
    seeds: Sequence[int],
    orders: int,
    days: int,
    keep: bool,
    progress: Progress,
    now: Callable[[], datetime],
) -> Proof:
    """Prove it for each seed in a home of its own; those of `settings` are not touched."""
    started = time.monotonic()
    comparisons: list[Comparison] = []
    failures: list[str] = []
    programs: dict[tuple[str, ...], Program] = {}
    with scratch_folder(keep, progress) as folder:
        for seed in seeds:
            kind = kind_of(seed)
            on = replace(settings, sources=kind.sources, vars={**_THRESHOLDS, **settings.vars})
            subject = Subject(seed, folder / str(seed), on, dbt, progress, on.vars, Random(seed))
            progress.start(f"Seed {seed}: {', '.join(kind.sources)}", CHECKPOINTS)
            with shop_of(
                kind, subject.home("live"), subject.folder / "export", orders=orders, days=days,
                stages=CHECKPOINTS, rng=subject.rng,
            ) as shop:  # fmt: skip
                lived = _Lived(subject, shop, now, programs)
                comparisons += lived.prove(replayed=kind.is_in_the_log)
            failures += subject.failures
            if not keep:
                shutil.rmtree(subject.folder)
    return Proof(
        name="live",
        comparisons=tuple(comparisons),
        failures=tuple(failures),
        left_out=LEFT_OUT,
        seconds=time.monotonic() - started,
        again=f"storehouse prove live --seeds SEED --orders {orders} --days {days} --keep",
    )


class _Lived:
    """One seed's home, its log and its lanes. `programs` are kept by the sources that are on."""

    def __init__(
        self,
        subject: Subject,
        shop: Shop,
        now: Callable[[], datetime],
        programs: dict[tuple[str, ...], Program],
    ) -> None:
        self._subject, self._shop, self._now, self._programs = subject, shop, now, programs
        self._home = subject.home("live")
        self._home.home.mkdir(parents=True)
        self._lanes: dict[str, Lane] = {}

    def prove(self, *, replayed: bool) -> Iterator[Comparison]:
        rng, events = self._subject.rng, self._shop.events
        cuts = sorted(rng.sample(range(1, len(events)), CHECKPOINTS - 1))
        with log_address(self._home, {}).opened() as log:
            self._run()
            self._hand_over(log, 0)
            for number, (first, last) in enumerate(
                zip([0, *cuts], [*cuts, len(events)], strict=True), start=1
            ):
                log.append(events[first:last])
                for name in self._lanes:
                    self._follow(name, log)
                self._run()
                yield from self._compared(f"live at checkpoint {number}")
                self._subject.progress.advance(1, f"{last:,} events")
                if rng.random() < _HANDED_OVER:
                    self._go_on(number)
                    self._hand_over(log, number)
            if replayed:
                yield from self._replayed(log)
            for lane in self._lanes.values():
                lane.close()

    def _run(self, *, full: bool = False) -> None:
        """The batch: load and build all models."""
        load(
            self._home, progress=Silent(), now=self._now, environ=self._shop.environ,
            window=Window(full=full),
        ).raise_for_problems()  # fmt: skip
        self._subject.run(self._home, *self._subject.build)

    def _go_on(self, stage: int) -> None:
        """Where a source is pulled, the next base has what its API says by now.

        Its changes have moments of long ago, so it is read anew, and the log as well.
        """
        if self._shop.stages:
            self._shop.go_on(stage)
            self._run(full=True)

    def _hand_over(self, log: EventLog, number: int) -> None:
        """Begin each lane anew on a base of what the batch has built."""
        sources = self._home.sources
        if sources not in self._programs:
            name = f"proof of {', '.join(sources)}"
            self._programs[sources] = compile_program(self._home, name, self._subject.progress)
        program = self._programs[sources]
        copy_base(self._home, f"{number:04}", program)
        for name in program.lanes:
            self._begin(name, log)

    def _begin(self, name: str, log: EventLog, *, replayed: bool = False) -> None:
        if name in self._lanes:
            self._lanes[name].close()
        if base := read_base(self._home):
            self._lanes[name] = Lane(self._home, name, base, log, replayed=replayed)

    def _follow(self, name: str, log: EventLog) -> None:
        """Take all events; sometimes the lane is killed, and begins again from its base."""
        rng = self._subject.rng
        while self._lanes[name].advance(rng.choice(_MOST_EVENTS)) is not None:
            if rng.random() < _KILLED:
                self._begin(name, log)

    def _replayed(self, log: EventLog) -> Iterator[Comparison]:
        for name in self._lanes:
            self._begin(name, log, replayed=True)
            while self._lanes[name].advance(max(_MOST_EVENTS)) is not None:
                pass
        yield from self._compared("a replay from the log's beginning")

    def _compared(self, how: str) -> Iterator[Comparison]:
        for lane in self._lanes.values():
            con = lane.memory.con
            con.execute(f"attach '{self._home.warehouse}' as batch (read_only)")
            try:
                kinds = {one.name: one for one in lane.memory.relations}
                for one in lane.memory.relations:
                    if one.kind in (Kind.GROUPED, Kind.WHOLE) or one.alert_lane:
                        columns = ", ".join(
                            f'"{name}"'
                            for name, *_ in con.execute(f"describe {one.table}").fetchall()
                            if name not in _OF_THE_LOAD
                        )
                        yield compare(
                            con,
                            Comparison(self._subject.seed, f"{one.schema}.{one.alias}", how),
                            f"select {columns} from {one.table}",
                            f"select {columns} from {as_built(one, kinds)}",
                        )
            finally:
                con.execute("detach batch")
