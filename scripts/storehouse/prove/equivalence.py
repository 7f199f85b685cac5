"""Incremental runs over deliveries in any order equal a full refresh, and one load of all."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from random import Random

from sample_shop import write_sample
from storehouse.core.config import Settings
from storehouse.core.progress import Progress, Silent
from storehouse.core.warehouse import connect
from storehouse.landing.load import load
from storehouse.prove.compare import Other, compare_warehouses
from storehouse.prove.dbt_runs import MODELS_ONLY, DbtRuns
from storehouse.prove.deliveries import Arrival, cut
from storehouse.prove.extracts import write_extracts
from storehouse.prove.homes import scratch_folder
from storehouse.prove.invoices import write_invoices
from storehouse.prove.proof import Comparison, Proof

ALL = ("shop", "online_retail", "nightly_extract")
INVOICE_DAYS = 30
EXTRACT_NIGHTS = 8
OUT_OF_TURN = 0.5
CHECKS = 5
# A small shop has few pairs of products in ten orders, and few runs.
VARIABLES = {"affinity_min_orders": 2, "change_feed_runs": 2}
_WAYS_TO_RUN = ((), (), ("--full-refresh",), ("--empty",), ("--empty", "--full-refresh"))
KEYS_RESOLVE = ("-s", "path:models/marts,test_name:relationships", "path:models/marts,test_name:relationships_of_changed_rows")
# What a home that loads everything at once can't have alike, and why; nothing else is left out.
_WHEN_LOADED = "when rows were loaded, which two homes do at different times"
_NEWEST_LOAD = "of a deletion that two files deliver, the one that was loaded last"
OF_THE_LOAD = {
    "_loaded_at": _WHEN_LOADED,
    "rpt_data_status.newest_loaded_at": _WHEN_LOADED,
    "rpt_data_status.loaded_until": _WHEN_LOADED,
    "rpt_deletions.batch_id": _WHEN_LOADED,
    "rpt_deletions.loaded_at": _WHEN_LOADED,
    "rpt_deletions.source_file": _NEWEST_LOAD,
    "rpt_findings.first_seen_at": _WHEN_LOADED,
}
# A fresh home never saw what was odd for a while, and has loaded all at once.
OPEN_NOW = {
    "reports.rpt_loads": "false",
    "reports.rpt_findings": "is_open",
    "reports.rpt_data_status": "relation_name <> 'reports.rpt_findings'",
}


@dataclass(frozen=True)
class _Subject:
    """A seed's warehouse while it is built bit by bit, below `folder`."""

    seed: int
    folder: Path
    settings: Settings
    dbt: DbtRuns
    chance: Random
    progress: Progress
    now: Callable[[], datetime]
    failures: list[str] = field(default_factory=list)

    def home(self, name: str, sources: Sequence[str] = ALL) -> Settings:
        """A home of that name; all of them read the same inbox."""
        return replace(
            self.settings,
            home=self.folder / name,
            inbox=self.folder / "inbox",
            sources=tuple(sources),
        )

    def run(self, home: Settings, *arguments: str) -> None:
        for failure in self.dbt.run(home, *arguments, variables=VARIABLES):
            self.failures.append(f"seed {self.seed}: dbt {' '.join(arguments)}: {failure}")

    def load(self, home: Settings) -> None:
        load(home, progress=Silent(), now=self.now).raise_for_problems()

    def copy(self, name: str, sources: Sequence[str] = ALL) -> Settings:
        """A copy of the warehouse in a home of its own."""
        origin, home = self.home("incremental"), self.home(name, sources)
        with connect(origin) as con:
            con.execute("checkpoint")  # a run ends without closing the file
        home.home.mkdir()
        shutil.copyfile(origin.warehouse, home.warehouse)
        return home

    def compared(
        self,
        other: Settings,
        name: str,
        left_out: Mapping[str, str] | None = None,
        only: Mapping[str, str] | None = None,
    ) -> Iterator[Comparison]:
        self.progress.advance(1, name)
        there = Other(name, other.warehouse, left_out or {}, only or {})
        yield from compare_warehouses(self.seed, self.home("incremental").warehouse, there)


def prove_equivalence(
    settings: Settings,
    *,
    seeds: Sequence[int],
    orders: int,
    days: int,
    slices: int,
    keep: bool,
    progress: Progress,
    now: Callable[[], datetime],
) -> Proof:
    """Prove it for each seed in homes of their own, which stay if asked to `keep` them.

    `settings` say which project; neither their home nor their inbox is touched.
    """
    started = time.monotonic()
    comparisons: list[Comparison] = []
    failures: list[str] = []
    with scratch_folder(keep, progress) as folder, DbtRuns() as dbt:
        for seed in seeds:
            subject = _Subject(seed, folder / str(seed), settings, dbt, Random(seed), progress, now)
            export = subject.folder / "export"
            write_sample(export, orders=orders, days=days, seed=seed)
            write_invoices(export, days=INVOICE_DAYS, seed=seed)
            write_extracts(export, nights=EXTRACT_NIGHTS, seed=seed)
            deliveries = cut(export, ALL, slices=slices, chance=subject.chance)
            progress.start(f"Seed {seed}", len(deliveries) + CHECKS)
            comparisons += _deliver(subject, deliveries)
            comparisons += _checks(subject)
            failures += subject.failures
            if not keep:
                shutil.rmtree(subject.folder)
    return Proof(
        name="equivalence",
        comparisons=tuple(comparisons),
        failures=tuple(failures),
        left_out=(
            *(f"{name} of the fresh home: {why}" for name, why in OF_THE_LOAD.items()),
            "findings that are gone, of the fresh home: it never saw them",
            "rpt_loads of the fresh home: it loads all at once",
        ),
        seconds=time.monotonic() - started,
        again=f"storehouse prove equivalence --seeds SEED --orders {orders} --days {days} "
        f"--slices {slices} --keep",
    )


def _deliver(subject: _Subject, deliveries: Sequence[Sequence[Arrival]]) -> Iterator[Comparison]:
    """Load and run delivery by delivery; after one of them look at what stands half-way.

    One source is switched on late and off for a delivery in between; now and then someone
    runs a few models before the others, maybe with one source off.
    """
    chance = subject.chance
    on_from, off_at = sorted(chance.sample(range(1, len(deliveries) - 1), 2))
    looked_at = chance.randrange(1, len(deliveries) - 1)
    models = _models(subject.settings.project_dir)
    late = chance.choice(ALL[1:])
    without_it = tuple(source for source in ALL if source != late)
    before = without_it
    for number, arrivals in enumerate(deliveries):
        sources = without_it if number < on_from or number == off_at else ALL
        home = subject.home("incremental", sources)
        for arrival in arrivals:
            arrival.arrive(home.inbox)
        subject.load(home)
        if number and chance.random() < OUT_OF_TURN:
            on = chance.choice((before, before, ("online_retail",)))
            how = chance.choice(_WAYS_TO_RUN)
            some = chance.sample(models, chance.randint(1, 4))
            subject.run(subject.home("incremental", on), "run", *how, "-s", *some)
        subject.run(home, "build", *MODELS_ONLY)
        subject.progress.advance(1, f"delivery {number + 1}: {len(arrivals)} files")
        before = sources
        if number == looked_at:
            yield from _check_half_way(subject, home)


def _check_half_way(subject: _Subject, incremental: Settings) -> Iterator[Comparison]:
    """Whatever is still missing, every key resolves and a full refresh says the same."""
    subject.run(incremental, "test", *KEYS_RESOLVE)
    refreshed = subject.copy("half-way", incremental.sources)
    subject.run(refreshed, "build", "--full-refresh", *MODELS_ONLY)
    yield from subject.compared(refreshed, "a full refresh half-way")
    shutil.rmtree(refreshed.home)


def _models(project: Path) -> list[str]:
    """Models that someone may run alone: tables of staging and what follows."""
    folders = ("staging/shop", "staging/nightly_extract", "marts", "aggregates", "reports")
    return sorted(
        file.stem for folder in folders for file in (project / "models" / folder).glob("*.sql")
    )


def _checks(subject: _Subject) -> Iterator[Comparison]:
    incremental = subject.home("incremental")
    before = subject.copy("before")
    subject.run(incremental, "build", *MODELS_ONLY)
    yield from subject.compared(before, "a second run")

    subject.run(incremental, "test", "--exclude-resource-type", "unit_test")
    subject.progress.advance(1, "data tests")

    refreshed = subject.copy("refreshed")
    subject.run(refreshed, "build", "--full-refresh", *MODELS_ONLY)
    yield from subject.compared(refreshed, "a full refresh")

    fresh = subject.home("fresh")
    subject.load(fresh)
    subject.run(fresh, "build", *MODELS_ONLY)
    yield from subject.compared(fresh, "a fresh home", OF_THE_LOAD, OPEN_NOW)
