"""Incremental runs over landed data equal a full refresh.

Nothing here depends on a source: raw rows and the load log land again, load by load, and in random
other loads and runs. A load may be split between transactions, each with all rows of a file or
page: a killed load would also stop there, and the next one resume.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator, Sequence
from random import Random

from storehouse.core.config import Settings
from storehouse.core.progress import Progress
from storehouse.prove.dbt_runs import MODELS_ONLY, DbtRuns
from storehouse.prove.homes import scratch_folder
from storehouse.prove.landed import Landed, Load, copy_landed, cut_loads, grouped
from storehouse.prove.proof import Comparison, Proof
from storehouse.prove.subject import Subject

MOST_RUNS = 8
BEGINS_EMPTY = 0.5
CHECKS = 3
LOAD_BY_LOAD = None


def prove_landed(
    settings: Settings,
    dbt: DbtRuns,
    *,
    seeds: Sequence[int],
    slices: int | None = None,
    select: str = "",
    keep: bool = False,
    progress: Progress,
) -> Proof:
    """Prove it for the landed data of the sources that are on; their home is only read.

    First a run follows each load; then, for each seed, loads are split and grouped at random. With
    `slices` only the latter is done, in that many groups. `select` is in dbt's selection syntax.
    Raises ConfigError if too little has landed.
    """
    started = time.monotonic()
    comparisons: list[Comparison] = []
    failures: list[str] = []
    selected = ("--select", *select.split()) if select else ()
    with scratch_folder(keep, progress) as folder:
        landed = copy_landed(settings, folder / "landed")
        as_landed = [LOAD_BY_LOAD] if slices is None and len(landed.loads) > 1 else []
        for seed in (*as_landed, *seeds):
            how = "load by load" if seed is LOAD_BY_LOAD else f"seed {seed}"
            subject = Subject(
                seed,
                folder / how.replace(" ", "-"),
                settings,
                dbt,
                progress,
                settings.vars,
                Random(seed or 0),
                ("build", *MODELS_ONLY, *selected),
            )
            runs = _runs(landed.loads, subject, slices)
            progress.start(f"{','.join(settings.sources)}, {how}", len(runs) + CHECKS)
            comparisons += replay(subject, landed, runs)
            failures += subject.failures
            if not keep:
                shutil.rmtree(subject.folder)
    return Proof(
        name="equivalence",
        comparisons=tuple(comparisons),
        failures=tuple(failures),
        left_out=tuple(_left_out(settings)),
        seconds=time.monotonic() - started,
        again=f"storehouse prove equivalence --source {','.join(settings.sources)} --seeds SEED"
        + (f" --slices {slices}" if slices else "")
        + (f" --select '{select}'" if select else "")
        + " --keep",
    )


def _left_out(settings: Settings) -> Iterator[str]:
    """What is left out: a snapshot keeps what it recorded at each run, unlike a full refresh."""
    yield (
        "since when findings have been open, and findings that are gone: a full refresh keeps "
        "what runs recorded"
    )
    for source in settings.sources:
        if settings.shops[source].get("history") == "snapshot":
            yield (
                f"which versions of products and customers of {source} runs recorded (history: "
                "snapshot): a full refresh keeps them"
            )


def _runs(loads: Sequence[Load], subject: Subject, slices: int | None) -> list[Sequence[Load]]:
    """The loads that land before each run."""
    if subject.seed is LOAD_BY_LOAD:
        return [[load] for load in loads]
    rng = subject.rng
    runs = grouped(cut_loads(loads, rng), slices or rng.randint(2, MOST_RUNS), rng)
    return [[], *runs] if rng.random() < BEGINS_EMPTY else runs


def replay(
    subject: Subject, landed: Landed, runs: Sequence[Sequence[Load]]
) -> Iterator[Comparison]:
    """Land and run; compare after one of the runs, half-way, and at the end."""
    incremental = subject.home("incremental")
    checked_after = subject.rng.randrange(len(runs) - 1)
    for number, loads in enumerate(runs):
        landed.land(incremental, loads)
        subject.run(incremental, *subject.build)
        subject.progress.advance(1, f"run {number + 1}: {len(loads)} loads")
        if number == checked_after:
            yield from subject.refresh("half-way", "a full refresh half-way")
    yield from subject.run_again()
    yield from subject.refresh("refreshed", "a full refresh")
