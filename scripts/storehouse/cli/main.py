"""The command line: arguments, progress, exit codes. Only it prints (with terminal.py).

With --json standard output is one JSON document and everything else goes to standard
error, an error included. Exit codes are those of errors.py.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from storehouse.cli import (
    alerts,
    api_keys,
    dashboard,
    dead_letters,
    diff,
    explain,
    live,
    metric,
    mirror,
    prove,
    receive,
    render,
    render_live,
    serve,
)
from storehouse.cli.terminal import AsJson, Currency, TimeZone, emit, err, out, write_csv
from storehouse.core.config import Settings, load_settings
from storehouse.core.errors import ConfigError, StorehouseError
from storehouse.core.lock import hold

# A command imports what it needs: landing and the sample take half a second to import.
if TYPE_CHECKING:
    from storehouse.building.report import BuildReport
    from storehouse.landing.report import LoadReport
    from storehouse.sources.portion import Window

app = typer.Typer(
    help="The data warehouse of an online shop.",
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
app.add_typer(prove.app, name="prove")
app.add_typer(alerts.app, name="alerts")
app.add_typer(api_keys.app, name="api-keys")
app.add_typer(dead_letters.app, name="dead-letters")
app.command()(dashboard.dashboard)
app.command()(metric.metric)
app.command()(mirror.mirror)
app.command("explain")(explain.explanation)
app.command("diff")(diff.difference)
app.command()(serve.serve)
app.command()(serve.mcp)
app.command()(receive.receive)
app.command()(live.live)
FullRefresh = Annotated[
    bool, typer.Option("--full-refresh", help="Rebuild incremental models from all rows.")
]
Force = Annotated[bool, typer.Option("--force", help="Build and test even if nothing has changed.")]
AcceptLoss = Annotated[
    bool,
    typer.Option("--accept-loss", help="Publish even if facts or dimensions lost many rows."),
]

_EVENTS_A_SECOND = 100
_MOMENTS = ["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%S%z"]


def main() -> None:
    """Run a command and exit with the code that errors.py gives its error."""
    try:
        code = app(sys.argv[1:] or ["--help"], standalone_mode=False)
    except StorehouseError as error:
        _fail(str(error), error.exit_code, error.figures)
    except typer.Abort:
        _fail("Interrupted. What was committed stays; run the command again to resume.", 130)
    except typer.TyperException as error:
        _fail(f"{error.format_message()} See --help.", 2)
    else:
        sys.exit(code or 0)


def _fail(message: str, code: int, figures: Mapping[str, Any] | None = None) -> None:
    if "--json" in sys.argv:
        err.print_json(json.dumps({"error": message, "exit_code": code, **(figures or {})}))
    else:
        err.print(f"Error: {message}", style="red", markup=False)
    sys.exit(code)


def _now() -> datetime:
    return datetime.now(UTC)


@app.command()
def sample(
    *,
    out_dir: Annotated[
        Path | None,
        typer.Option("--out", help="Inbox to write to, as OUT/shop; default: the project's."),
    ] = None,
    orders: Annotated[int, typer.Option(help="Number of orders.", min=1)] = 5000,
    days: Annotated[int, typer.Option(help="Number of days.", min=1)] = 365,
    seed: Annotated[int, typer.Option(help="The same seed writes the same shop.")] = 1,
    troubles: Annotated[
        str, typer.Option(help="Troubles to include: all, none, or names separated by commas.")
    ] = "all",
    currency: Currency = "GBP",
    time_zone: TimeZone = "Europe/London",
    as_events: Annotated[
        bool, typer.Option("--live", help="Play it as events instead of writing files.")
    ] = False,
    rate: Annotated[
        float | None,
        typer.Option(help="Events a second on average; default: 100.", min=0.1),
    ] = None,
    seconds: Annotated[
        float | None, typer.Option(help="Stop after so many seconds; default: play all.", min=0.1)
    ] = None,
    url: Annotated[
        str | None,
        typer.Option("--to", help="Receiver, as http://…/webhooks/shop; default: the event log."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Write a sample shop as daily files, and the truth that its ledger must equal.

    With --live, play it as events instead, with bursts and with late, repeated, reordered and
    poisonous ones, and give an account of what was sent.
    """
    from sample_shop import named_troubles, write_sample

    settings = load_settings()
    if as_events:
        if out_dir is not None:
            raise ConfigError("--live writes no files: leave out --out, or --live.")
        from storehouse.live.player import Pace, play_sample

        with render.listener(err) as progress:
            account = play_sample(
                settings,
                os.environ,
                orders=orders,
                days=days,
                seed=seed,
                troubles=named_troubles(troubles),
                currency=currency,
                time_zone=time_zone,
                url=url,
                pace=Pace(rate or _EVENTS_A_SECOND, seconds),
                progress=progress,
            )
        emit(account, as_json, lambda: render_live.played(account))
        return
    if (rate, seconds, url) != (None, None, None):
        raise ConfigError("--rate, --seconds and --to need --live: add it, or leave them out.")
    with render.listener(err) as progress:
        summary = write_sample(
            out_dir or settings.inbox,
            orders=orders,
            days=days,
            seed=seed,
            troubles=named_troubles(troubles),
            currency=currency,
            time_zone=time_zone,
            progress=progress,
        )
    written_to = out_dir or settings.inbox
    emit(summary, as_json, lambda: render.sample(summary, written_to, currency, time_zone))


@app.command()
def load(
    source: Annotated[
        list[str] | None, typer.Option("--source", help="Only this source; may be repeated.")
    ] = None,
    since: Annotated[
        datetime | None,
        typer.Option(formats=_MOMENTS, help="APIs and databases: only changes since then."),
    ] = None,
    until: Annotated[
        datetime | None,
        typer.Option(formats=_MOMENTS, help="APIs and databases: only changes before then."),
    ] = None,
    full: Annotated[
        bool, typer.Option("--full", help="APIs and databases: read everything again.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Land what is new: files in the inbox, and what APIs and databases have changed.

    Exits 3 if a source broke its declaration, 4 if files were refused.
    """
    settings = load_settings()
    window = _window(since, until, full)
    with hold(settings, "storehouse load"):
        report = _load(settings, source, window)
    emit(report, as_json, lambda: render.load(report))
    report.raise_for_problems()


@app.command()
def check(
    source: Annotated[str, typer.Argument(help="Its name under vars.shops; it need not be on.")],
    as_json: AsJson = False,
) -> None:
    """List what is missing, misspelt or unmapped in a source's models.

    Builds its staging models from its landed rows. Exits 5 if anything is wrong.
    """
    from storehouse.building.check import check as check_source

    settings = load_settings({**os.environ, "STOREHOUSE_SOURCES": source})
    with hold(settings, "storehouse check"), render.listener(err) as progress:
        found = check_source(settings, source, progress=progress, now=_now)
    emit(found, as_json, lambda: render.check(found))
    found.raise_for_problems()


@app.command()
def build(full_refresh: FullRefresh = False, force: Force = False, as_json: AsJson = False) -> None:
    """Build all models with dbt and run all tests. Exits 5 if any fails.

    Does nothing if the last build passed and nothing has landed or changed since. Alerts are
    evaluated and delivered at its end.
    """
    settings = load_settings()
    with hold(settings, "storehouse build"):
        report = _build(settings, full_refresh, force)
        found = alerts.after_build(settings, failed=bool(report.failures))
    emit(report, as_json, lambda: f"{render.build(report)}\n{alerts.line(found)}")
    report.raise_for_problems()


@app.command()
def publish(
    accept_loss: AcceptLoss = False,
    parquet: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Also write it as Parquet, to a folder below DIR."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Publish the last build if all its tests passed.

    Exits 6 if there is none, or if it has lost more rows than max_loss_share allows.
    """
    from storehouse.serving.parquet import write_parquet
    from storehouse.serving.publish import publish as publish_build

    settings = load_settings()
    with hold(settings, "storehouse publish"):
        published = publish_build(settings, now=_now, accept_loss=accept_loss)
        if parquet is not None:
            published = replace(published, parquet=write_parquet(settings, parquet.absolute()))
        live.keep_base(settings)
    emit(published, as_json, lambda: render.published(published, settings.current))


@app.command()
def run(
    full_refresh: FullRefresh = False,
    force: Force = False,
    accept_loss: AcceptLoss = False,
    as_json: AsJson = False,
) -> None:
    """Load, build, publish.

    Stops at the first that fails; readers then keep the build they have. Alerts are evaluated
    and delivered at its end, whatever its result.
    """
    from storehouse.serving.publish import publish as publish_build

    settings = load_settings()
    with hold(settings, "storehouse run"), alerts.watched(settings) as watch:
        loaded = _load(settings, None)
        if not as_json:
            out.print(render.load(loaded))
        loaded.raise_for_problems()
        built = _build(settings, full_refresh, force)
        built.raise_for_problems()
        published = publish_build(settings, now=_now, accept_loss=accept_loss)
        live.keep_base(settings)
    emit(
        {"load": loaded, "build": built, "publish": published, "alerts": watch.report},
        as_json,
        lambda: "\n".join(
            [
                render.ran(published, settings.current, built),
                *([alerts.line(watch.report)] if watch.report else []),
            ]
        ),
    )


@app.command()
def rollback(as_json: AsJson = False) -> None:
    """Point readers to the previous build. Exits 6 if there is none."""
    from storehouse.serving.publish import rollback as roll_back
    from storehouse.serving.published_files import build_id_of

    settings = load_settings()
    with hold(settings, "storehouse rollback"):
        file = roll_back(settings)
    build_id = build_id_of(file)
    emit({"current": build_id}, as_json, lambda: f"Readers now see build {build_id}.")


@app.command()
def status(as_json: AsJson = False) -> None:
    """Show what has landed, the last build, what is published, sizes and refused files."""
    from storehouse.serving.status import read_status

    found = read_status(load_settings())
    emit(found, as_json, lambda: render.status(found))


@app.command()
def report(
    name: Annotated[str, typer.Argument(help="Its name, such as daily_sales.")],
    day: Annotated[
        datetime | None,
        typer.Option("--date", formats=["%Y-%m-%d"], help="The day; default: the newest."),
    ] = None,
    days: Annotated[int, typer.Option(help="How many days, ending with that day.", min=1)] = 1,
    csv_file: Annotated[
        Path | None, typer.Option("--csv", help="Write it to this file instead.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Print a report from the published file."""
    from storehouse.serving.reports import read_report

    settings = load_settings()
    found = read_report(settings, name, last=day.date() if day else None, days=days)
    if csv_file is not None:
        write_csv(csv_file, found.columns, found.rows)
    emit(
        {
            "report": found.name,
            "build_id": found.build_id,
            "now": found.now,
            "rows": [dict(zip(found.columns, row, strict=True)) for row in found.rows],
        },
        as_json,
        lambda: (
            f"{len(found.rows)} rows of {found.name} written to {csv_file}."
            if csv_file
            else render.report(found)
        ),
    )


def _window(since: datetime | None, until: datetime | None, full: bool) -> Window:
    """Moments without a zone are UTC."""
    from storehouse.sources.portion import Window

    first, last = (m if m is None or m.tzinfo else m.replace(tzinfo=UTC) for m in (since, until))
    if full and first:
        raise ConfigError("--full reads everything: leave out --since, or --full.")
    if first and last and first >= last:
        raise ConfigError(f"--since {first} is not before --until {last}. Give a span of time.")
    return Window(first, last, full)


def _load(
    settings: Settings, sources: Sequence[str] | None, window: Window | None = None
) -> LoadReport:
    from storehouse.landing.load import load as load_sources

    for source in sources or ():
        if source not in settings.sources:
            raise ConfigError(
                f"Source {source!r} is not on. On are: {', '.join(settings.sources)} "
                "(STOREHOUSE_SOURCES)."
            )
    with render.listener(err) as progress:
        return load_sources(
            settings,
            sources=sources,
            progress=progress,
            now=_now,
            window=window or _window(None, None, full=False),
        )


def _build(settings: Settings, full_refresh: bool, force: bool) -> BuildReport:
    from storehouse.building.build import build as build_models

    with render.listener(err) as progress:
        return build_models(
            settings, progress=progress, now=_now, full_refresh=full_refresh, force=force
        )
