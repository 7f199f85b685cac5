"""What live shows equals what the batch builds from the same events, at every checkpoint.

A sample shop's events, some of which came as files before, are appended out of order and some
twice. The lanes take them in micro-batches of any size, are killed and begun again, and handed over
to new bases. At each checkpoint the batch loads and builds the same, and each table and alert that
a lane computes must equal it, row by row. A shop that came by events alone is also replayed from
the log's beginning on nothing.
"""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from random import Random

from sample_shop import write_sample
from storehouse.core.config import Settings
from storehouse.core.progress import Progress, Silent
from storehouse.landing.load import load
from storehouse.live.layer.bases import copy_base, read_base
from storehouse.live.layer.compiled import compile_program
from storehouse.live.layer.lane import Lane
from storehouse.live.layer.program import Kind, Program, Relation
from storehouse.live.player.shop_events import SOURCE, shop_events
from storehouse.log.event_log import EventLog
from storehouse.log.events import Event
from storehouse.log.opening import log_address
from storehouse.prove.compare import compare
from storehouse.prove.dbt_runs import DbtRuns
from storehouse.prove.homes import scratch_folder
from storehouse.prove.proof import Comparison, Proof
from storehouse.prove.subject import Subject

CHECKPOINTS = 4
_BY_FILE = (0.0, 0.7)  # shares of the shop, by seed in turn
_TWICE = 0.05
_KILLED = 0.1  # of micro-batches
_HANDED_OVER = 0.7  # of checkpoints; else the lanes go on from an older base
_MOST_EVENTS = (1, 10, 100, 1000)
_GROUPS = re.compile(r"(?s)/\* changed groups, else (.*?) \*/.*?/\* end \*/")
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
    "_loaded_at, when a row landed",
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
    on = replace(settings, sources=(SOURCE,), vars={**_THRESHOLDS, **settings.vars})
    program: Program | None = None
    with scratch_folder(keep, progress) as folder:
        for seed in seeds:
            subject = Subject(seed, folder / str(seed), on, dbt, progress, on.vars, Random(seed))
            share = _BY_FILE[seed % len(_BY_FILE)]
            progress.start(f"Seed {seed}", CHECKPOINTS)
            export = subject.folder / "export"
            write_sample(export, orders=orders, days=days, seed=seed)
            shop = _Shop(subject, now, program)
            comparisons += shop.prove(_by_file(export, subject, share), replayed=not share)
            failures += subject.failures
            program = shop.program
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


def _by_file(export: Path, subject: Subject, share: float) -> list[Event]:
    """Have a share of the days arrive as files; returns the events of the others, in any order."""
    inbox, rng = subject.home("live").inbox / SOURCE, subject.rng
    days = sorted({file.name[:10] for file in (export / SOURCE).rglob("*.csv")})
    as_file = set(rng.sample(days, int(len(days) * share)))
    rest = export / "rest"
    for file in (export / SOURCE).rglob("*.csv"):
        folder = inbox if file.name[:10] in as_file else rest
        target = folder / file.parent.name / file.name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(file, target)
    events = shop_events(rest)
    events += rng.sample(events, int(len(events) * _TWICE))
    # Mostly in order, as events come, but some much later.
    places = [
        (place + rng.choice((0, 0, 0, 50, 2000)) * rng.random(), place)
        for place in range(len(events))
    ]
    return [events[place] for _, place in sorted(places)]


class _Shop:
    """One seed's home, its log and its lanes."""

    def __init__(
        self,
        subject: Subject,
        now: Callable[[], datetime],
        program: Program | None,
    ) -> None:
        self.program = program
        self._subject, self._now = subject, now
        self._home = subject.home("live")
        self._home.home.mkdir(parents=True)
        self._lanes: dict[str, Lane] = {}

    def prove(self, events: Sequence[Event], *, replayed: bool) -> Iterator[Comparison]:
        rng = self._subject.rng
        cuts = sorted(rng.sample(range(1, len(events)), CHECKPOINTS - 1))
        self._run()
        with log_address(self._home, {}).opened() as log:
            self._hand_over(log, 0)
            for number, (first, last) in enumerate(
                zip([0, *cuts], [*cuts, len(events)], strict=True)
            ):
                log.append(events[first:last])
                for name in self._lanes:
                    self._follow(name, log)
                self._run()
                yield from self._compared(f"live at checkpoint {number + 1}")
                self._subject.progress.advance(1, f"{last:,} events")
                if rng.random() < _HANDED_OVER:
                    self._hand_over(log, number + 1)
            if replayed:
                yield from self._replayed(log)
            for lane in self._lanes.values():
                lane.close()

    def _run(self) -> None:
        """The batch: load and build all models."""
        load(self._home, progress=Silent(), now=self._now).raise_for_problems()
        self._subject.run(self._home, *self._subject.build)

    def _hand_over(self, log: EventLog, number: int) -> None:
        """Begin each lane anew on a base of what the batch has built."""
        if self.program is None:
            self.program = compile_program(self._home, "proof", self._subject.progress)
        copy_base(self._home, f"{number:04}", self.program)
        for name in self.program.lanes:
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
                            if name != "_loaded_at"
                        )
                        yield compare(
                            con,
                            Comparison(self._subject.seed, f"{one.schema}.{one.alias}", how),
                            f"select {columns} from {one.table}",
                            f"select {columns} from {_as_built(one, kinds)}",
                        )
            finally:
                con.execute("detach batch")


def _as_built(one: Relation, kinds: Mapping[str, Relation]) -> str:
    """The batch's table, or what is computed from the batch's tables.

    The latter goes for views, which would read the lane's tables here, and for what reads tables
    of the build before: these are the lane's.
    """
    if one.kind is Kind.GIVEN:
        return one.table
    if one.kind is Kind.LOADS or not _is_computed(one, kinds):
        return f"batch.{one.table}"
    sql = _GROUPS.sub(r"\1", one.sql)
    for name in one.inputs:
        sql = sql.replace(f'"warehouse".{kinds[name].table}', _as_built(kinds[name], kinds))
    return f"({sql})"


def _is_computed(one: Relation, kinds: Mapping[str, Relation]) -> bool:
    """Whether the batch has it otherwise, or not as a table."""
    if one.kind is Kind.VIEW:
        return True
    return bool(one.lane) and any(kinds[name].kind is Kind.GIVEN for name in one.inputs)
