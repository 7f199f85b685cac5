"""Incremental runs over deliveries in any order equal a full refresh, and one load of all."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from random import Random

from sample_shop import write_sample
from storehouse.core.config import Settings
from storehouse.core.progress import Progress, Silent
from storehouse.landing.load import load
from storehouse.prove.dbt_runs import MODELS_ONLY, DbtRuns
from storehouse.prove.deliveries import Arrival, cut
from storehouse.prove.extracts import write_extracts
from storehouse.prove.homes import scratch_folder
from storehouse.prove.invoices import write_invoices
from storehouse.prove.proof import Comparison, Proof
from storehouse.prove.subject import Subject

ALL = ("shop", "online_retail", "nightly_extract")
INVOICE_DAYS = 30
EXTRACT_NIGHTS = 8
OUT_OF_ORDER = 0.5
CHECKS = 5
# A small shop has few pairs of products with ten orders, and few runs.
VARIABLES = {"affinity_min_orders": 2, "change_feed_runs": 2}
_WAYS_TO_RUN = ((), (), ("--full-refresh",), ("--empty",), ("--empty", "--full-refresh"))
KEYS_RESOLVE = (
    "-s",
    "path:models/marts,test_name:relationships",
    "path:models/marts,test_name:relationships_of_changed_rows",
)
# What differs by design in a home that loads everything at once, and why; all else is compared.
_WHEN_LOADED = "load times, which differ between two homes"
_NEWEST_LOAD = "the file of a deletion that two files deliver: the one loaded last counts"
_FIRST_SEEN = "of alerts on findings, when a build first saw them, which differs likewise"
OF_THE_LOAD = {
    "_loaded_at": _WHEN_LOADED,
    "rpt_data_status.newest_loaded_at": _WHEN_LOADED,
    "rpt_data_status.loaded_until": _WHEN_LOADED,
    "rpt_deletions.batch_id": _WHEN_LOADED,
    "rpt_deletions.loaded_at": _WHEN_LOADED,
    "rpt_deletions.source_file": _NEWEST_LOAD,
    "rpt_findings.first_seen_at": _WHEN_LOADED,
    "rpt_alerts.occurred_at": _FIRST_SEEN,
}
# A fresh home never had findings that were resolved later, and loaded everything at once.
OPEN_NOW = {
    "reports.rpt_loads": "false",
    "reports.rpt_findings": "is_open",
    "reports.rpt_data_status": "relation_name <> 'reports.rpt_findings'",
}


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
    """Prove it for each seed in separate homes, which remain with `keep`.

    `settings` name the project; their home and inbox are not touched.
    """
    started = time.monotonic()
    comparisons: list[Comparison] = []
    failures: list[str] = []
    on = replace(settings, sources=ALL)
    with scratch_folder(keep, progress) as folder, DbtRuns() as dbt:
        for seed in seeds:
            subject = Subject(seed, folder / str(seed), on, dbt, progress, VARIABLES, Random(seed))
            export = subject.folder / "export"
            write_sample(export, orders=orders, days=days, seed=seed)
            write_invoices(export, days=INVOICE_DAYS, seed=seed)
            write_extracts(export, nights=EXTRACT_NIGHTS, seed=seed)
            deliveries = cut(export, ALL, slices=slices, rng=subject.rng)
            progress.start(f"Seed {seed}", len(deliveries) + CHECKS)
            comparisons += _deliver(subject, deliveries, now)
            comparisons += _checks(subject, now)
            failures += subject.failures
            if not keep:
                shutil.rmtree(subject.folder)
    return Proof(
        name="equivalence",
        comparisons=tuple(comparisons),
        failures=tuple(failures),
        left_out=(
            *(f"{name} of the fresh home: {why}" for name, why in OF_THE_LOAD.items()),
            "findings that are gone, which the fresh home never had",
            "rpt_loads, since the fresh home loads everything at once",
        ),
        seconds=time.monotonic() - started,
        again=f"storehouse prove equivalence --seeds SEED --orders {orders} --days {days} "
        f"--slices {slices} --keep",
    )


def _deliver(
    subject: Subject, deliveries: Sequence[Sequence[Arrival]], now: Callable[[], datetime]
) -> Iterator[Comparison]:
    """Load and run delivery by delivery; after one of them check the intermediate result.

    One source is switched on late, and off for one delivery in between; sometimes a few models are
    run before the others, possibly with one source off.
    """
    rng = subject.rng
    on_from, off_at = sorted(rng.sample(range(1, len(deliveries) - 1), 2))
    checked_after = rng.randrange(1, len(deliveries) - 1)
    models = _models(subject.settings.project_dir)
    late = rng.choice(ALL[1:])
    without_it = tuple(source for source in ALL if source != late)
    before = without_it
    for number, arrivals in enumerate(deliveries):
        sources = without_it if number < on_from or number == off_at else ALL
        home = subject.home("incremental", sources)
        for arrival in arrivals:
            arrival.arrive(home.inbox)
        load(home, progress=Silent(), now=now).raise_for_problems()
        if number and rng.random() < OUT_OF_ORDER:
            on = rng.choice((before, before, ("online_retail",)))
            how = rng.choice(_WAYS_TO_RUN)
            some = some_of(models, on, rng)
            if some:
                subject.run(subject.home("incremental", on), "run", *how, "-s", *some)
        subject.run(home, "build", *MODELS_ONLY)
        subject.progress.advance(1, f"delivery {number + 1}: {len(arrivals)} files")
        before = sources
        if number == checked_after:
            yield from _check_half_way(subject, home)


def _check_half_way(subject: Subject, incremental: Settings) -> Iterator[Comparison]:
    """Even with data missing, every key resolves and a full refresh gives the same result."""
    subject.run(incremental, "test", *KEYS_RESOLVE)
    yield from subject.refresh("half-way", "a full refresh half-way", incremental.sources)
    shutil.rmtree(subject.home("half-way").home)


def _models(project: Path) -> list[str]:
    """Models that may be run alone: tables of staging and all later layers."""
    staging = ("staging/shop", "staging/nightly_extract")
    folders = (*staging, "marts", "aggregates", "tie_outs", "now", "reports")
    return sorted(
        file.stem for folder in folders for file in (project / "models" / folder).rglob("*.sql")
    )


def some_of(models: Sequence[str], sources: Sequence[str], rng: Random) -> list[str]:
    """A few models to run alone, without those of sources that are off: dbt has none of those."""
    off = tuple(f"stg_{source}__" for source in ALL if source not in sources)
    return [model for model in rng.sample(models, rng.randint(1, 4)) if not model.startswith(off)]


def _checks(subject: Subject, now: Callable[[], datetime]) -> Iterator[Comparison]:
    yield from subject.run_again()

    subject.run(subject.home("incremental"), "test", "--exclude-resource-type", "unit_test")
    subject.progress.advance(1, "data tests")

    yield from subject.refresh("refreshed", "a full refresh")

    fresh = subject.home("fresh")
    load(fresh, progress=Silent(), now=now).raise_for_problems()
    subject.run(fresh, "build", *MODELS_ONLY)
    yield from subject.compared(fresh, "a fresh home", OF_THE_LOAD, OPEN_NOW)
