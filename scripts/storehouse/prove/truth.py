"""Marts equal the truth that the sample shop was generated with."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import duckdb

from sample_shop import write_sample
from storehouse.building.build import build
from storehouse.core.config import Settings, shop_in
from storehouse.core.errors import ConfigError
from storehouse.core.progress import Progress, Silent
from storehouse.landing.load import load
from storehouse.prove.compare import compare
from storehouse.prove.homes import scratch_folder
from storehouse.prove.proof import Comparison, Proof
from storehouse.prove.truth_queries import QUERIES

# The trouble odd_refunds sometimes refunds more than was charged.
GENEROUS = "refunded_more_than_charged"
STEPS = 4


def prove_truth(
    settings: Settings,
    *,
    seeds: Sequence[int],
    orders: int,
    days: int,
    currency: str,
    time_zone: str,
    inbox: Path | None,
    keep: bool,
    progress: Progress,
    now: Callable[[], datetime],
) -> Proof:
    """Prove it for a sample of each seed, or the one in `inbox`; ConfigError if that is not one.

    Each is loaded and built, with tests, in a separate home below a scratch folder, with the
    settings of a shop in this currency and time zone.
    """
    if inbox is not None and not (inbox / "truth").is_dir():
        raise ConfigError(
            f"{inbox} holds no truth. Name a folder that `storehouse sample --out` wrote."
        )
    started = time.monotonic()
    comparisons: list[Comparison] = []
    failures: list[str] = []
    with scratch_folder(keep, progress) as folder:
        for seed in (None,) if inbox else seeds:
            named = f"Seed {seed}" if inbox is None else str(inbox)
            progress.start(named, STEPS)
            home = folder / str(seed)
            sample = inbox or home / "inbox"
            if seed is not None:
                write_sample(
                    sample,
                    orders=orders,
                    days=days,
                    seed=seed,
                    currency=currency,
                    time_zone=time_zone,
                )
            progress.advance(1, "sample")
            work = replace(
                shop_in(settings, currency, time_zone),
                home=home,
                inbox=sample,
                sources=("shop",),
            )
            load(work, progress=Silent(), now=now).raise_for_problems()
            progress.advance(1, "load")
            built = build(work, progress=Silent(), now=now)
            failures += [f"{named}: {failure}" for failure in built.failures]
            # The sample is a correct shop: its only findings are refunds out of goodwill.
            failures += [
                f"{named}: {one.documents} {one.rule}"
                for one in built.findings
                if one.rule != GENEROUS
            ]
            progress.advance(1, "build")
            comparisons += compare_with_truth(work.warehouse, sample / "truth", seed)
            progress.advance(1, "comparison")
    which = f"--inbox {inbox}" if inbox else f"--seeds SEED --orders {orders} --days {days}"
    shop = f"--currency {currency} --time-zone {time_zone}"
    return Proof(
        name="truth",
        comparisons=tuple(comparisons),
        failures=tuple(failures),
        left_out=(),
        seconds=time.monotonic() - started,
        again=f"storehouse prove truth {which} {shop} --keep",
    )


def compare_with_truth(
    warehouse: Path, truth: Path, seed: int | None = None
) -> Iterator[Comparison]:
    """Compare each mart with its file of the truth; a missing file or mart differs."""
    with duckdb.connect(str(warehouse), read_only=True) as con:
        con.execute("set TimeZone = 'UTC'")
        con.execute(f"set file_search_path = '{truth}'")
        for query in QUERIES:
            named = Comparison(seed, query.mart, query.file)
            try:
                yield compare(con, named, query.book, query.truth)
            except (duckdb.CatalogException, duckdb.IOException) as error:
                yield replace(named, missing=1, examples=(str(error).splitlines()[0],))
