"""`storehouse alerts`: what needs attention; and what `run` and `build` say about it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.console import Group, RenderableType

from storehouse.alerts.delivery import Delivered, problems
from storehouse.alerts.findings import knows_operation
from storehouse.alerts.watch import (
    AlertList,
    AlertReport,
    acknowledge,
    after_run,
    open_alerts,
    send_test,
)
from storehouse.cli.render_live import lane_problem
from storehouse.cli.terminal import AsJson, emit, err
from storehouse.core.config import Settings, load_settings
from storehouse.core.display import readable
from storehouse.core.errors import BuildError, ConfigError, PublishError, StorehouseError
from storehouse.core.progress import Silent
from storehouse.core.warehouse import connect

app = typer.Typer(help="List open alerts.", rich_markup_mode=None, invoke_without_command=True)

_SHOWN = 5
_AFTER_A_BUILD = "the last build failed"


@dataclass
class Watch:
    """What the evaluation after a run found; None until then."""

    report: AlertReport | None = None


@app.callback()
def listed(context: typer.Context, as_json: AsJson = False) -> None:
    """List open alerts, the most urgent first; `ack` and `test` are commands of their own."""
    if context.invoked_subcommand is None:
        found = open_alerts(load_settings())
        emit(found, as_json, lambda: _listed(found))


@app.command()
def ack(
    key: Annotated[str, typer.Argument(help="Its key, as `storehouse alerts` shows it.")],
    as_json: AsJson = False,
) -> None:
    """Acknowledge an alert: it stays open, and is sent to no one any more."""
    settings = load_settings()
    at = acknowledge(settings, key, now=_now)
    emit(
        {"alert_key": key, "acknowledged_at": at},
        as_json,
        lambda: f"{key} is acknowledged. `storehouse alerts` lists it until it is cleared.",
    )


@app.command("test")
def send_message(
    target: Annotated[
        str | None, typer.Option("--target", help="Only this target; default: all.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Send a test message to the targets in alerts.yml. Exits 2 if one does not take it."""
    sent = send_test(load_settings(), target)
    emit({"delivered": sent}, as_json, lambda: _tested(sent))
    if any(one.problem for one in sent):
        raise ConfigError("\n".join(problems(sent)))


@contextmanager
def watched(settings: Settings) -> Iterator[Watch]:
    """Evaluate and deliver alerts after the block, whatever its result."""
    watch = Watch()
    try:
        yield watch
    except Exception as error:
        _know_operation(settings)
        found = after_run(settings, now=_now, problem=_problem(error))
        err.print(line(found))
        raise
    watch.report = after_run(settings, now=_now)


def after_build(settings: Settings, failed: bool) -> AlertReport:
    """Evaluate and deliver alerts after a build."""
    if failed:
        _know_operation(settings)
    return after_run(settings, now=_now, problem=_AFTER_A_BUILD if failed else None)


def line(report: AlertReport) -> str:
    """What an evaluation found, in a line or a few."""
    if report.problem:
        return report.problem
    lines = [f"{report.open_count} alerts are open."]
    if report.raised:
        some = [one.subject for one in report.raised[:_SHOWN]]
        if len(report.raised) > _SHOWN:
            some.append(f"and {len(report.raised) - _SHOWN} more")
        new = f"{len(report.raised)} new alerts: {'; '.join(some)}."
        lines = [f"{new} {report.open_count} are open; `storehouse alerts` lists them."]
    if report.cleared:
        lines.append(f"{len(report.cleared)} alerts are cleared.")
    return readable("\n".join([*lines, *problems(report.delivered)]))


def _problem(error: Exception) -> str:
    match error:
        case BuildError():
            return _AFTER_A_BUILD
        case PublishError():
            return "the last build was not published"
        case StorehouseError():
            return "the last load failed"
        case _:
            return "the last run failed"


def _know_operation(settings: Settings) -> None:
    """Have dbt build the alerts on operation in a home where no build got that far."""
    from storehouse.building.build import dbt_environment, run_dbt  # noqa: PLC0415  # slow

    try:
        with connect(settings) as con:
            is_known = knows_operation(con)
        if not is_known:
            arguments = ["run", "--select", "+alerts_on_operation"]
            # In a target folder of its own: the results of the failed build stay to be looked at.
            aside = {"DBT_TARGET_PATH": str(settings.target_dir / "alerts")}
            run_dbt(settings, arguments, dbt_environment(settings) | aside, Silent())
    except StorehouseError:
        return  # what keeps the warehouse from being opened, the evaluation tells


def _listed(found: AlertList) -> RenderableType:
    problems_of_lanes = [readable(lane_problem(one)) for one in found.problems]
    if found.evaluated_at is None:
        none = "No alerts have been evaluated yet. `storehouse run` does so."
        return Group(*problems_of_lanes, none)
    lines = []
    for one in found.alerts:
        notes = [f"since {one['first_seen_at']:%Y-%m-%d %H:%M} UTC"]
        if one["is_stale"]:
            notes.append(f"not up to date: {one['stale_reason']}")
        if one["acknowledged_at"]:
            notes.append("acknowledged")
        if one["sent_to"]:
            notes.append(f"sent to {', '.join(one['sent_to'])}")
        lines += [
            f"{one['severity']}: {one['subject']} ({'; '.join(notes)})",
            f"  {one['detail']}",
            f"  {one['alert_key']}",
        ]
    at = f"{found.evaluated_at:%Y-%m-%d %H:%M} UTC"
    return Group(
        *map(readable, lines),
        *problems_of_lanes,
        f"{len(found.alerts)} alerts are open, as of {at}.",
    )


def _tested(sent: Sequence[Delivered]) -> str:
    taken = [one.target for one in sent if not one.problem]
    return f"The test message went to {', '.join(taken)}." if taken else "It went to no target."


def _now() -> datetime:
    return datetime.now(UTC)
