"""`storehouse prove`: the commands of the proofs."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from storehouse.cli import render, render_proofs
from storehouse.cli.terminal import AsJson, Currency, TimeZone, emit, err
from storehouse.core.config import load_settings
from storehouse.core.errors import ConfigError

if TYPE_CHECKING:
    from storehouse.prove import Proof

app = typer.Typer(
    help="Prove that the numbers are right, for generated shops or for landed data.",
    no_args_is_help=True,
)

Seeds = Annotated[str, typer.Option(help="Which shops: 1,2,3 or 1..5.")]
Orders = Annotated[int, typer.Option(help="Number of orders per shop.", min=1)]
Days = Annotated[int, typer.Option(help="Number of days.", min=1)]
Keep = Annotated[
    bool, typer.Option("--keep", help="Keep the homes for inspection, and print where they are.")
]


DELIVERIES = 5
_LEAST_DELIVERIES = 3
_BUILDS, _ORDERS = 500, 600  # of `readers`
_HAND_OVERS, _ORDERS_OF_LIVE = 5, 5000


@app.command()
def equivalence(
    *,
    seeds: Seeds = "1",
    orders: Orders = 600,
    days: Days = 60,
    slices: Annotated[
        int | None,
        typer.Option(
            help=(
                "Number of deliveries; default 5. With --source, number of runs; default: one "
                "after each load, then a random number."
            ),
            min=2,
        ),
    ] = None,
    source: Annotated[
        str | None,
        typer.Option(help="Replay the landed data of this source, or of several: medusa,ecb."),
    ] = None,
    select: Annotated[
        str, typer.Option(help="With --source: only these models, in dbt's selection syntax.")
    ] = "",
    keep: Keep = False,
    as_json: AsJson = False,
) -> None:
    """Check that incremental runs equal a full refresh, row by row. Exits 5 if not.

    Without --source: for generated shops, of --orders and --days. Deliveries are late, repeated,
    corrected and out of order; sources are switched on and off. The result is also compared with
    a home that loads everything at once.

    With --source: for its landed data in STOREHOUSE_HOME, which is only read: first load
    by load, then for each seed in other loads and runs. No other source is on.
    """
    if source is None and slices is not None and slices < _LEAST_DELIVERIES:
        raise ConfigError(
            f"--slices {slices} is too few: generated shops are delivered in at least "
            f"{_LEAST_DELIVERIES}, since one source is off for a while in between."
        )
    if source is not None:
        proof = _for_landed_data(source, seeds, slices, select, keep)
    else:
        proof = _for_generated_shops(seeds, orders, days, slices or DELIVERIES, keep)
    _report(proof, as_json)


@app.command()
def truth(
    *,
    seeds: Seeds = "1",
    orders: Orders = 50_000,
    days: Days = 730,
    currency: Currency = "GBP",
    time_zone: TimeZone = "Europe/London",
    inbox: Annotated[
        Path | None, typer.Option(help="An existing sample, instead of new ones.")
    ] = None,
    keep: Keep = False,
    as_json: AsJson = False,
) -> None:
    """Check that marts equal the truth of a sample shop, row by row. Exits 5 if not."""
    from storehouse.prove import prove_truth, seeds_of  # noqa: PLC0415

    with render.listener(err) as progress:
        proof = prove_truth(
            load_settings(),
            seeds=seeds_of(seeds),
            orders=orders,
            days=days,
            currency=currency,
            time_zone=time_zone,
            inbox=inbox.resolve() if inbox else None,
            keep=keep,
            progress=progress,
            now=_now,
        )
    _report(proof, as_json)


@app.command()
def readers(
    *,
    builds: Annotated[
        int | None,
        typer.Option(help="Number of builds to publish; default: 500, with --live 5.", min=2),
    ] = None,
    each: Annotated[
        int, typer.Option("--readers", help="Number of readers of each kind.", min=1)
    ] = 10,
    orders: Annotated[
        int | None,
        typer.Option(help="Number of orders; default: 600, with --live 5000.", min=1),
    ] = None,
    live: Annotated[
        bool,
        typer.Option("--live", help="Read files of now as well, while lanes are handed over."),
    ] = False,
    rate: Annotated[
        float, typer.Option(help="With --live: events a second on average.", min=0.1)
    ] = 60,
    swaps: Annotated[
        float,
        typer.Option(help="With --live: files a second that a further lane writes.", min=0.1),
    ] = 30,
    keep: Keep = False,
    as_json: AsJson = False,
) -> None:
    """Check that no reading fails or mixes builds while builds are published. Exits 5 if one does.

    Readers are DuckDB programs that open the published file for each reading, keep it open or
    attach it, clients of the API, and open pages of the dashboard. With --live they are programs
    only; live is on, takes events, and its lanes are handed over to each build, while a further
    lane swaps its file so often.
    """
    from storehouse.prove.readers.live import prove_readers_of_live  # noqa: PLC0415
    from storehouse.prove.readers.proof import prove_readers  # noqa: PLC0415

    with render.listener(err) as progress:
        if live:
            found = prove_readers_of_live(
                load_settings(),
                hand_overs=builds or _HAND_OVERS,
                readers=each,
                orders=orders or _ORDERS_OF_LIVE,
                rate=rate,
                swaps=swaps,
                keep=keep,
                progress=progress,
                now=_now,
            )
        else:
            found = prove_readers(
                load_settings(),
                builds=builds or _BUILDS,
                readers=each,
                orders=orders or _ORDERS,
                keep=keep,
                progress=progress,
                now=_now,
            )
    emit(found, as_json, lambda: render_proofs.readers(found))
    found.raise_for_problems()


@app.command()
def live(
    *,
    seeds: Seeds = "1",
    orders: Orders = 300,
    days: Days = 45,
    keep: Keep = False,
    as_json: AsJson = False,
) -> None:
    """Check that what live computes equals what the batch builds, row by row. Exits 5 if not.

    For generated shops whose events come out of order and some twice; lanes are killed, handed
    over to new bases, and replayed. The seed says which sources a shop has: 1 is shop by events, 2
    partly by files, 3 is medusa, 4 has both; then again.
    """
    from storehouse.prove import DbtRuns, seeds_of  # noqa: PLC0415
    from storehouse.prove.live.checkpoints import prove_live  # noqa: PLC0415

    with render.listener(err) as progress, DbtRuns() as dbt:
        proof = prove_live(
            load_settings(),
            dbt,
            seeds=seeds_of(seeds),
            orders=orders,
            days=days,
            keep=keep,
            progress=progress,
            now=_now,
        )
    _report(proof, as_json)


@app.command()
def processes(
    *,
    seed: Annotated[int, typer.Option(help="Which shop, and when what is killed.")] = 1,
    rounds: Annotated[
        int, typer.Option(help="How often all of them are killed, and lanes handed over.", min=1)
    ] = 5,
    each: Annotated[
        int, typer.Option("--readers", help="Number of readers of each kind.", min=1)
    ] = 3,
    orders: Orders = 5000,
    days: Days = 180,
    rate: Annotated[
        float, typer.Option(help="Events a second on average, in bursts.", min=0.1)
    ] = 20,
    log: Annotated[
        str | None,
        typer.Option(
            help="An empty event log, nats://… or kafka://…, instead of a SQLite file.",
            show_default=False,
        ),
    ] = None,
    keep: Keep = False,
    as_json: AsJson = False,
) -> None:
    """Check that nothing is lost, torn or different while processes are killed. Exits 5 if so.

    A receiver, live and repeated runs work on one home, and each is killed at random moments while
    events are sent and readers read. At the end live must equal a rebuild from files and log.
    """
    from storehouse.prove.live.processes import prove_processes  # noqa: PLC0415

    with render.listener(err) as progress:
        found = prove_processes(
            load_settings(),
            seed=seed,
            orders=orders,
            days=days,
            rate=rate,
            rounds=rounds,
            readers=each,
            log=log,
            keep=keep,
            progress=progress,
        )
    emit(found, as_json, lambda: render_proofs.processes(found))
    found.raise_for_problems()


def _for_landed_data(source: str, seeds: str, slices: int | None, select: str, keep: bool) -> Proof:
    from storehouse.prove import DbtRuns, prove_landed, seeds_of  # noqa: PLC0415

    settings = load_settings(os.environ | {"STOREHOUSE_SOURCES": source})
    with render.listener(err) as progress, DbtRuns() as dbt:
        return prove_landed(
            settings,
            dbt,
            seeds=seeds_of(seeds),
            slices=slices,
            select=select,
            keep=keep,
            progress=progress,
        )


def _for_generated_shops(seeds: str, orders: int, days: int, slices: int, keep: bool) -> Proof:
    # numpy and pyarrow take a third of a second, which no other command should wait for.
    from storehouse.prove import prove_equivalence, seeds_of  # noqa: PLC0415

    with render.listener(err) as progress:
        return prove_equivalence(
            load_settings(),
            seeds=seeds_of(seeds),
            orders=orders,
            days=days,
            slices=slices,
            keep=keep,
            progress=progress,
            now=_now,
        )


def _report(proof: Proof, as_json: bool) -> None:
    emit(proof, as_json, lambda: render_proofs.proof(proof))
    proof.raise_for_problems()


def _now() -> datetime:
    return datetime.now(UTC)
