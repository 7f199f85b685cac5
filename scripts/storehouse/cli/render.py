"""Results on a terminal. Builds what the commands print; prints nothing itself."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console, Group, RenderableType
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as RichProgress

from storehouse.cli.render_findings import findings, findings_listed
from storehouse.cli.render_live import lane_problem, lane_status, log_status
from storehouse.cli.text_tables import cell, heading, is_number, text_table
from storehouse.core.display import brief, readable, visible
from storehouse.core.progress import Progress

if TYPE_CHECKING:
    from sample_shop import SampleSummary
    from storehouse.building.check import CheckReport
    from storehouse.building.report import BuildReport
    from storehouse.landing.report import LoadReport
    from storehouse.serving.publish import Published
    from storehouse.serving.reports import Report
    from storehouse.serving.status import Status

_SECONDS_BETWEEN_LINES = 30
_PIECES = "files or pages"  # APIs and databases land in pages


class _Bar:
    """Draws a bar on a terminal."""

    def __init__(self, bars: RichProgress) -> None:
        self.bars = bars
        self.task = bars.add_task("", total=None, visible=False)
        self.title = ""
        self.total: int | None = None

    def start(self, title: str, total: int | None) -> None:
        self.bars.update(self.task, visible=False)
        self.title, self.total = title, total
        self.task = self.bars.add_task(title, total=total)

    def advance(self, units: int, detail: str = "") -> None:
        title = self.title if self.total else visible(f"{self.title} {detail}")
        self.bars.update(self.task, advance=units, description=title)

    def note(self, message: str) -> None:
        self.bars.console.print(readable(message), markup=False)


class _Lines:
    """Writes a line when a step is done, every so often during a long one, and for each note."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self.title, self.done, self.printed_at = "", 0, 0.0
        self.total: int | None = 0

    def start(self, title: str, total: int | None) -> None:
        self.title, self.total, self.done, self.printed_at = title, total, 0, time.monotonic()

    def advance(self, units: int, detail: str = "") -> None:
        self.done += units
        is_done = self.total is not None and self.done >= self.total
        if is_done or time.monotonic() - self.printed_at > _SECONDS_BETWEEN_LINES:
            self.printed_at = time.monotonic()
            of = "" if self.total is None else f": {self.done:,} of {self.total:,}"
            line = f"{self.title}{of} {detail}".rstrip()
            self.console.print(readable(line), markup=False)

    def note(self, message: str) -> None:
        self.console.print(readable(message), markup=False)


@contextmanager
def listener(console: Console) -> Iterator[Progress]:
    """A bar on a terminal, log lines elsewhere."""
    if not console.is_terminal:
        yield _Lines(console)
        return
    description = TextColumn("{task.description}", markup=False)
    columns = (description, BarColumn(), MofNCompleteColumn())
    with RichProgress(*columns, TimeRemainingColumn(), console=console) as bars:
        yield _Bar(bars)


def sample(summary: SampleSummary, folder: Path, currency: str, time_zone: str) -> str:
    return (
        f"Sample shop in {folder}: {summary.orders:,} orders, {summary.order_lines:,} lines, "
        f"{summary.refunds:,} refunds in {summary.files:,} files; its true ledger has "
        f"{summary.ledger_entries:,} entries of {summary.ledger_amount:,} {currency} in all. "
        f"Build it with that as reporting currency, and the shop's time zone {time_zone} "
        "(vars in dbt_project.yml)."
    )


def load(report: LoadReport) -> RenderableType:
    table = text_table(
        "table", _PIECES, "loaded", "unchanged", "refused", "rows", "rows quarantined"
    )
    for counts in report.tables:
        table.add_row(
            f"{counts.source}.{counts.table}",
            *(
                f"{number:,}"
                for number in (
                    counts.seen,
                    counts.loaded,
                    counts.unchanged,
                    counts.rejected,
                    counts.rows,
                    counts.rejected_rows,
                )
            ),
        )
    loaded = sum(counts.loaded for counts in report.tables)
    rows = sum(counts.rows for counts in report.tables)
    return Group(table, f"Loaded {loaded:,} {_PIECES}, {rows:,} rows.", *report.notes)


def check(found: CheckReport) -> str:
    return "\n".join(
        [
            *map(str, found.problems),
            *(f"For information: {note}" for note in found.notes),
            f"Source {found.source}: {len(found.problems)} problems.",
        ]
    )


def build(report: BuildReport) -> str:
    if report.unchanged:
        return f"{_unchanged(report)}\n{findings(report.findings)}"
    seconds = (report.ended_at - report.started_at).total_seconds()
    left_out = (
        f" {report.unit_tests_left_out} unit tests were skipped: the same code has passed them."
        if report.unit_tests_left_out and not report.failures
        else ""
    )
    return (
        f"Build {report.build_id}: {report.models} models and {report.tests} tests "
        f"in {seconds:.1f} s, {len(report.failures)} failed.{left_out}\n{findings(report.findings)}"
    )


def _unchanged(report: BuildReport) -> str:
    return (
        f"Nothing has landed or changed since build {report.build_id}, which passed: "
        "nothing to build. --force builds anyway."
    )


def published(result: Published, current: Path) -> str:
    return (
        f"Published build {result.build_id}: {len(result.row_counts)} tables, "
        f"{sum(result.row_counts.values()):,} rows.\n"
        f"Open {current} read-only in your BI tool, or try `storehouse report daily_totals`."
        + (f"\nAs Parquet it is in {result.parquet}." if result.parquet else "")
    )


def ran(result: Published, current: Path, built: BuildReport) -> str:
    lines = [_unchanged(built)] if built.unchanged else []
    return "\n".join([*lines, published(result, current), findings(built.findings)])


def status(found: Status) -> RenderableType:
    parts: list[RenderableType] = []
    if found.holder:
        who = found.holder
        parts.append(f"Running: {who.command} (process {who.pid}, since {who.started}).")
    if found.busy:
        parts.append(f"Landed tables can't be read now. {found.busy}")
    table = text_table("landed", _PIECES, "rows", "rows quarantined", "newest load (UTC)")
    for one in found.tables:
        numbers = (one.files, one.rows, one.rejected_rows)
        table.add_row(
            f"{one.source}.{one.table}", *(f"{n:,}" for n in numbers), cell(one.newest_load)
        )
    if found.tables:
        parts.append(table)
    parts += [
        f"Refused: {one.source}.{one.table}: {brief(file)}: {readable(reason)}"
        for one in found.tables
        for file, reason in one.rejected_files
    ]
    if found.log:
        parts.append(log_status(found.log))
    parts += [lane_status(one) for one in found.live]
    build_line = "none yet"
    if found.build:
        build_line = (
            f"{found.build['build_id']} {found.build['status']}, "
            f"{found.build['model_count']} models, {found.build['test_count']} tests, "
            f"{found.build['failed_count']} failed"
        )
    parts.append(f"Last build: {build_line}.")
    if found.build:
        parts.append(findings(found.findings))
    if any(found.alerts.values()):
        counted = [f"{count:,} {severity}" for severity, count in found.alerts.items() if count]
        parts.append(f"Open alerts: {', '.join(counted)}. `storehouse alerts` lists them.")
    parts += [readable(lane_problem(one)) for one in found.alert_problems]
    parts.append(f"Warehouse: {found.warehouse_bytes / 2**20:,.1f} MiB in {found.home}.")
    return Group(*parts, *_kept(found))


def _kept(found: Status) -> Iterator[str]:
    if not found.published:
        yield "Published: nothing yet."
    for build_id, size in found.published:
        mark = " ← current" if build_id == found.current else ""
        yield f"Published: {build_id}, {size / 2**20:,.1f} MiB{mark}"


def report(found: Report) -> RenderableType:
    """A few rows are shown side by side, one column of the report per line; many as a table.

    Findings are sentences and are listed by rule.
    """
    if found.name == "rpt_findings":
        return findings_listed(found)
    headings = [heading(column) for column in found.columns]
    shares = [column.endswith("_rate") for column in found.columns]
    rows = [list(map(cell, row, shares)) for row in found.rows]
    if len(found.rows) < min(9, len(headings)):
        table = text_table("", *("" for _ in rows))
        table.show_header = False
        for place, title in enumerate(headings):
            table.add_row(title, *(row[place] for row in rows))
    else:
        texts = sum(not is_number(value) for value in found.rows[0])
        table = text_table(*headings, left=texts)
        for row in rows:
            table.add_row(*row)
    rests_on = f"build {found.build_id}"
    if found.now:
        as_of = f"{found.now.as_of:%H:%M:%S} UTC"
        rests_on += f" and the event log until {found.now.log_offset:,}, as of {as_of}"
    return Group(table, f"{found.name}, {len(found.rows)} rows, {rests_on}")
