"""What is live, on a terminal: the account of a played sample, and the event log's status."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Group, RenderableType

from storehouse.cli.text_tables import text_table
from storehouse.core.display import readable

if TYPE_CHECKING:
    from storehouse.live.player import Account
    from storehouse.serving.lane_status import LaneStatus
    from storehouse.serving.log_status import LogStatus


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
