"""What is live, on a terminal: the account of a played sample, and the event log's status."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Group, RenderableType

from storehouse.cli.render_proofs import compared
from storehouse.cli.text_tables import text_table
from storehouse.core.display import readable

if TYPE_CHECKING:
    from storehouse.alerts.lanes import LaneProblem
    from storehouse.live.player import Account
    from storehouse.prove.live.demo import LivingShop
    from storehouse.serving.lane_status import LaneStatus
    from storehouse.serving.log_status import LogStatus

_ALERTS = 10


def played(account: Account) -> RenderableType:
    table = text_table("sent", "events")
    for kind, count in account.sent.items():
        table.add_row(kind, f"{count:,}")
    answers = text_table("answer", "events")
    for answer, count in sorted(account.answers.items()):
        answers.add_row(answer, f"{count:,}")
    rate = account.total / account.seconds if account.seconds else 0
    left = account.planned - account.total
    return Group(
        table,
        answers,
        f"Sent {account.total:,} events to {account.target} in {account.seconds:,.1f} s, "
        f"{rate:,.0f} a second" + (f"; {left:,} were not sent." if left else "."),
    )


def living_shop(found: LivingShop) -> RenderableType:
    """The account of `make demo-live`."""
    shown = text_table("lane", "events", "p50, ms", "p99, ms")
    for one in found.latencies:
        shown.add_row(one.lane, f"{one.events:,}", f"{one.p50_ms:,.0f}", f"{one.p99_ms:,.0f}")
    alerts = text_table("open alert", "severity", left=2)
    for alert in found.alerts[:_ALERTS]:
        alerts.add_row(readable(str(alert["subject"])), str(alert["severity"]))
    lost = f"{found.lost:,} of them are not in the log" if found.lost else "all are in the log"
    return Group(
        played(found.account),
        f"Answered with 200: {lost}; {found.quarantined:,} were quarantined by lanes.",
        "",
        "From the answer to the first file of now that has the event:",
        shown,
        f"A run took {found.run_seconds:,.1f} s meanwhile; lanes rested on "
        f"{len(found.builds)} builds, one after the other.",
        "",
        f"Open alerts after the last run: {len(found.alerts)}",
        alerts,
        "",
        f"What live showed {found.after_base:,} events after its build, and what a run then built "
        "of the same events:",
        compared(found.comparisons),
    )


def log_status(found: LogStatus) -> RenderableType:
    """One line, and one for each source that reads it."""
    if found.problem:
        return f"Event log: {found.problem}"
    state = (
        f"Event log: {found.address}, events {found.oldest + 1:,} to {found.end:,}, "
        f"{found.bytes / 2**20:,.1f} MiB, {found.dead_letters:,} dead letters."
    )
    readers = [
        f"Loaded: {one.source} to event {one.offset:,}"
        + (f", {one.behind:,} to load." if one.behind else ", all.")
        for one in found.readers
    ]
    dead = [f"Dead letter of {source}: {readable(why)}" for source, why in found.newest_dead]
    return "\n".join([state, *readers, *dead])


def lane_problem(found: LaneProblem) -> str:
    rules = f" ({', '.join(found.rules)})" if found.rules else ""
    return f"Alerts of lane {found.lane}{rules} are not up to date: {found.problem.rstrip('.')}."


def lane_status(found: LaneStatus) -> str:
    """One line for each lane, with the time at which its file of now was written."""
    parts = [f"{found.events_per_second:,} events a second"]
    if found.behind:
        parts.append(
            f"{found.behind:,} events behind, the oldest for {found.waiting_seconds:,.1f} s"
        )
    elif found.behind == 0:
        parts.append("all events shown")
    if found.quarantined_count:
        parts.append(f"{found.quarantined_count:,} quarantined")
    return (
        f"Live, {found.lane}: event {found.log_offset:,} on build {found.build_id}, written "
        f"{found.as_of:%Y-%m-%d %H:%M:%S} UTC; {', '.join(parts)}."
    )
