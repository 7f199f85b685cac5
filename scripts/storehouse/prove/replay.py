"""Incremental runs over what has landed equal a full refresh.

Nothing here knows a source: raw rows and the load log land again, load by load, and in
random other loads and runs. A load may be cut between what landed in one transaction, which is
all rows of a file or page: there a killed load would have stopped, and the next gone on.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from random import Random

from storehouse.core.config import Settings
from storehouse.core.errors import ConfigError
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
# A snapshot keeps what it saw at each run, and no full refresh can know that.
FINDINGS = "since when findings have been open, and gone ones: a full refresh keeps what runs noted"
VERSIONS = (
    "whether each run noted the right versions of products and customers: a source has "
    "`history: snapshot`, so a full refresh keeps those that runs noted"
)


def prove_landed(
    settings: Settings,
    sources: Sequence[str],
    *,
    seeds: Sequence[int],
    slices: int | None,
    select: Sequence[str] = (),
    keep: bool,
    progress: Progress,
) -> Proof:
    """Prove it for what has landed of `sources` in the home of `settings`, which is only read.

    First a run follows each load; then, for each seed, loads are cut and grouped anew. With
    `slices` there are the latter only, in so many groups. `select` names models as dbt does.
    Raises ConfigError for a source that is not declared, or where too little has landed.
    """
    started = time.monotonic()
    for source in sources:
        if source not in settings.shops:
            raise ConfigError(
                f"Source {source!r} is not declared. Declared under vars.shops in "
                f"dbt_project.yml: {', '.join(sorted(settings.shops))}."
            )
    on = replace(settings, sources=tuple(sources))
    name = ",".join(sources)
    build = ("build", *MODELS_ONLY, *(("--select", *select) if select else ()))
    comparisons: list[Comparison] = []
    failures: list[str] = []
    with scratch_folder(keep, progress) as folder, DbtRuns() as dbt:
        landed = copy_landed(on, folder / "landed")
        as_landed = [LOAD_BY_LOAD] if slices is None and len(landed.loads) > 1 else []
        for seed in (*as_landed, *seeds):
            how = "load by load" if seed is LOAD_BY_LOAD else f"seed {seed}"
            home = folder / how.replace(" ", "-")
            subject = Subject(seed, home, on, dbt, progress, on.vars, Random(seed or 0), build)
            runs = _runs(landed.loads, subject, slices)
            progress.start(f"{name}, {how}", len(runs) + CHECKS)
            comparisons += _replay(subject, landed, runs)
            failures += subject.failures
            if not keep:
                shutil.rmtree(subject.folder)
    snapshotted = any(settings.shops[one].get("history") == "snapshot" for one in sources)
    options = f" --slices {slices}" if slices else ""
    options += f" --select '{' '.join(select)}'" if select else ""
    return Proof(
        name=f"equivalence of {name}",
        comparisons=tuple(comparisons),
        failures=tuple(failures),
        left_out=(FINDINGS, VERSIONS) if snapshotted else (FINDINGS,),
        seconds=time.monotonic() - started,
        again=f"storehouse prove equivalence --source {name} --seeds SEED{options} --keep",
    )


def _runs(loads: Sequence[Load], subject: Subject, slices: int | None) -> list[Sequence[Load]]:
    """What lands before each run."""
    if subject.seed is LOAD_BY_LOAD:
        return [[load] for load in loads]
    chance = subject.chance
    runs = grouped(cut_loads(loads, chance), slices or chance.randint(2, MOST_RUNS), chance)
    return [[], *runs] if chance.random() < BEGINS_EMPTY else runs


def _replay(
    subject: Subject, landed: Landed, runs: Sequence[Sequence[Load]]
) -> Iterator[Comparison]:
    """Land and run; compare after one of the runs, half-way, and in the end."""
    incremental = subject.home("incremental")
    looked_at = subject.chance.randrange(len(runs) - 1)
    for number, loads in enumerate(runs):
        landed.land(incremental, loads)
        subject.run(incremental, *subject.build)
        subject.progress.advance(1, f"run {number + 1}: {len(loads)} loads")
        if number == looked_at:
            yield from subject.refresh("half-way", "a full refresh half-way")
    yield from subject.run_again()
    yield from subject.refresh("refreshed", "a full refresh")
