"""What a lane found, from its process to the notifier: a small Arrow file that is replaced whole.

    live/alerts/<lane>.arrow

It need not outlast anything: a lane that begins again finds the same again.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import pyarrow as pa

from storehouse.core.config import Settings

_HEAD = b"storehouse"


@dataclass(frozen=True)
class LaneFound:
    """Rows of the alerts of a lane, as in Findings, and what they rest on.

    Times are UTC without zone. A lane whose file is not replaced before `good_until` is away. With
    a `problem`, there may be more alerts, or fewer, than the rows say. Those of rules that `failed`
    are not among the rows; it says why.
    """

    lane: str
    build_id: str
    log_offset: int
    as_of: datetime
    good_until: datetime
    rules: tuple[str, ...]
    problem: str | None
    rows: pa.Table
    failed: Mapping[str, str] = field(default_factory=dict)


def file_of(settings: Settings, lane: str) -> Path:
    return settings.home / "live" / "alerts" / f"{lane}.arrow"


def write_found(settings: Settings, found: LaneFound) -> None:
    """Replace the lane's file. Raises OSError."""
    head = {
        "build_id": found.build_id,
        "log_offset": found.log_offset,
        "as_of": found.as_of.isoformat(),
        "good_until": found.good_until.isoformat(),
        "rules": found.rules,
        "problem": found.problem,
        "failed": dict(found.failed),
    }
    rows = found.rows.replace_schema_metadata({_HEAD: json.dumps(head)})
    file = file_of(settings, found.lane)
    file.parent.mkdir(parents=True, exist_ok=True)
    aside = file.with_name(f".{file.name}")
    with pa.OSFile(str(aside), "wb") as sink, pa.ipc.new_file(sink, rows.schema) as writer:
        writer.write_table(rows)
    aside.replace(file)


def read_found(settings: Settings, lane: str) -> LaneFound | None:
    """What the lane found last; None before the first time."""
    try:
        content = file_of(settings, lane).read_bytes()
    except FileNotFoundError:
        return None
    rows = pa.ipc.open_file(pa.BufferReader(content)).read_all()
    head = json.loads(rows.schema.metadata[_HEAD])
    return LaneFound(
        lane,
        head["build_id"],
        head["log_offset"],
        datetime.fromisoformat(head["as_of"]),
        datetime.fromisoformat(head["good_until"]),
        tuple(head["rules"]),
        head["problem"],
        rows.replace_schema_metadata(None),
        head["failed"],
    )
