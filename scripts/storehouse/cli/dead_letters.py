"""`storehouse dead-letters`: what the event log could not take, looked at and sent again."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Group, RenderableType

from storehouse.cli.terminal import AsJson, emit
from storehouse.cli.text_tables import text_table
from storehouse.core.config import Settings, load_settings
from storehouse.core.display import brief, readable, visible
from storehouse.core.errors import ConfigError

if TYPE_CHECKING:
    from storehouse.live.receiver.dead_letters import Numbered, Retried, RetryReport
    from storehouse.log.event_log import EventLog

app = typer.Typer(help="List and retry what the event log could not take.", rich_markup_mode=None)

_LARGEST = 2**63 - 1
Number = Annotated[int, typer.Argument(help="Its number, as `list` shows it.", min=1, max=_LARGEST)]
Numbers = Annotated[
    list[int] | None,
    typer.Argument(help="Their numbers, as `list` shows them.", min=1, max=_LARGEST),
]
All = Annotated[bool, typer.Option("--all", help="All dead letters.")]


@app.command("list")
def listed(
    limit: Annotated[int, typer.Option(help="At most so many.", min=1)] = 20,
    as_json: AsJson = False,
) -> None:
    """List dead letters with their reasons, the newest first."""
    with _log(load_settings(), prepared=False) as log:
        count = log.dead_count()
        found = log.dead_letters(limit)
    rows = [_summary(number, letter) for number, letter in found]
    emit({"count": count, "dead_letters": rows}, as_json, lambda: _table(rows, count))


@app.command()
def show(number: Number, as_json: AsJson = False) -> None:
    """Show a dead letter whole: its body as it was received, and why it was refused."""
    from storehouse.live.receiver.dead_letters import named

    with _log(load_settings(), prepared=False) as log:
        ((_, letter),) = named(log, [number])
    found = {"number": number, **asdict(letter)}
    emit(
        found,
        as_json,
        lambda: "\n".join([*_heading(found), "", *map(visible, letter.body.split("\n"))]),
    )


@app.command()
def retry(numbers: Numbers = None, everything: All = False, as_json: AsJson = False) -> None:
    """Send dead letters again, as their source's yml is now.

    Those that can be taken are appended to the event log; the others stay, with the reason of
    today. Exits 4 if any is refused again.
    """
    from storehouse.live.receiver.dead_letters import Retry, RetryReport

    settings = load_settings()
    with _log(settings) as log:
        door = Retry(settings, log)
        pages = _pages(log, numbers, everything)
        report = RetryReport(tuple(one for page in pages for one in door.send(page)))
    result = {"counts": report.counts, "dead_letters": report.letters}
    emit(result, as_json, lambda: _retried(report))
    report.raise_for_problems()


@app.command()
def drop(numbers: Numbers = None, everything: All = False, as_json: AsJson = False) -> None:
    """Remove dead letters for good, once what they said has come in another way."""
    with _log(load_settings()) as log:
        count = sum(
            log.drop([number for number, _ in page]) for page in _pages(log, numbers, everything)
        )
    emit({"dropped": count}, as_json, lambda: f"{count:,} dead letters are removed.")


@contextmanager
def _log(settings: Settings, *, prepared: bool = True) -> Iterator[EventLog]:
    from storehouse.log.opening import log_address

    address = log_address(settings, os.environ)
    if not address.exists:
        raise ConfigError(
            f"There is no event log at {address.path} yet, so there are no dead letters. "
            "`storehouse receive` makes it."
        )
    with address.opened(prepared=prepared) as log:
        yield log


def _pages(log: EventLog, numbers: list[int] | None, everything: bool) -> Iterator[list[Numbered]]:
    """The letters named, or all."""
    from storehouse.live.receiver.dead_letters import all_letters, named

    if bool(numbers) == everything:
        raise ConfigError("Name dead letters by their numbers, or all of them with --all.")
    yield from [named(log, numbers)] if numbers else all_letters(log)


def _summary(number: int, letter: Any) -> dict[str, Any]:
    names = ("received_at", "source", "id", "reason")
    return {"number": number, **{name: getattr(letter, name) for name in names}}


def _table(rows: list[dict[str, Any]], count: int) -> RenderableType:
    if not rows:
        return "There are no dead letters."
    table = text_table("number", "received", "source", "id", "reason", left=5)
    for row in rows:
        texts = (row["received_at"], row["source"], brief(row["id"]), readable(row["reason"]))
        table.add_row(f"{row['number']}", *texts)
    rest = f", of which the newest {len(rows):,} are shown" if len(rows) < count else ""
    return Group(
        table,
        f"{count:,} dead letters{rest}. `storehouse dead-letters show NUMBER` has a body, "
        "`retry` sends them again.",
    )


def _heading(found: dict[str, Any]) -> list[str]:
    names = ("number", "source", "id", "received_at", "reason", "headers")
    return [f"{name.replace('_', ' ')}: {readable(str(found[name]))}" for name in names]


def _retried(report: RetryReport) -> RenderableType:
    lines = [_line(one) for one in report.letters if one.reason]
    counts = ", ".join(f"{count:,} {outcome}" for outcome, count in report.counts.items())
    return "\n".join([*lines, f"Dead letters: {counts or 'none'}."])


def _line(one: Retried) -> str:
    return f"{one.number} of {one.source}: {one.outcome}: {readable(one.reason)}"
