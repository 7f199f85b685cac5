"""`storehouse prove`: the commands of the proofs."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from storehouse.cli import render
from storehouse.cli.terminal import AsJson, Currency, TimeZone, emit, err
from storehouse.core.config import load_settings

if TYPE_CHECKING:
    from storehouse.prove import Proof

app = typer.Typer(
    help="Prove that the numbers are right, over invented shops or what has landed.",
    no_args_is_help=True,
)

Seeds = Annotated[str, typer.Option(help="Which shops: 1,2,3 or 1..5.")]
Orders = Annotated[int, typer.Option(help="How many orders a shop.", min=1)]
Days = Annotated[int, typer.Option(help="Over how many days.", min=1)]
Keep = Annotated[bool, typer.Option("--keep", help="Keep the homes to look into, and say where.")]


DELIVERIES = 5


@app.command()
def equivalence(
    *,
    seeds: Seeds = "1",
    orders: Orders = 600,
    days: Days = 60,
    slices: Annotated[
        int | None,
        typer.Option(
            help="In how many deliveries; default 5. With --source in how many runs; default: "
            "one after each load, then as many as chance says.",
            min=2,
        ),
    ] = None,
    source: Annotated[
        str | None,
        typer.Option(help="Replay what has landed of this source, or of several: medusa,ecb."),
    ] = None,
    select: Annotated[
        str | None, typer.Option(help="With --source: only these models, as dbt selects.")
    ] = None,
    keep: Keep = False,
    as_json: AsJson = False,
) -> None:
    """Incremental runs equal a full refresh, row by row. Exits 5 if not.

    Without --source: over invented shops, of --orders and --days. Deliveries are late, repeated,
    corrected and out of order; sources are switched on and off. The result is also compared with
    a home that loads all at once.

    With --source: over what has landed of it in STOREHOUSE_HOME, which is only read: first load
    by load, then for each seed in other loads and runs. No other source is on.
    """
    # numpy and pyarrow take a third of a second that no other command should wait for.
    from storehouse.prove import prove_equivalence, prove_landed, seeds_of  # noqa: PLC0415

    settings, numbers = load_settings(), seeds_of(seeds)
    with render.listener(err) as progress:
        if source is not None:
            proof = prove_landed(
                settings,
                source.split(","),
                seeds=numbers,
                slices=slices,
                select=(select or "").split(),
                keep=keep,
                progress=progress,
            )
        else:
            proof = prove_equivalence(
                settings,
                seeds=numbers,
                orders=orders,
                days=days,
                slices=slices or DELIVERIES,
                keep=keep,
                progress=progress,
                now=_now,
            )
    _conclude(proof, as_json)


@app.command()
def truth(
    *,
    seeds: Seeds = "1",
    orders: Orders = 50_000,
    days: Days = 730,
    currency: Currency = "GBP",
    time_zone: TimeZone = "Europe/London",
    inbox: Annotated[
        Path | None, typer.Option(help="A sample that is there, instead of new ones.")
    ] = None,
    keep: Keep = False,
    as_json: AsJson = False,
) -> None:
    """Marts equal the truth of a sample shop, row by row. Exits 5 if not."""
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
    _conclude(proof, as_json)


def _conclude(proof: Proof, as_json: bool) -> None:
    emit(proof, as_json, lambda: render.proof(proof))
    proof.raise_for_problems()


def _now() -> datetime:
    return datetime.now(UTC)
