"""Streams of a SQLite file without a warehouse: many loads a second."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa

from storehouse.sources.database import table_stream
from storehouse.sources.database.sqlite import SQLite
from storehouse.sources.database.tables import DatabaseTable
from storehouse.sources.declarations.tables import Column
from storehouse.sources.portion import Window


class Nothing:
    """A warehouse that nothing is asked of; see Landed."""

    def living_keys(self, table: str, column: str, deletions: str, entity: str) -> pa.Array:
        raise AssertionError((table, column, deletions, entity))


def table_of(columns: Sequence[str], **incremental: Any) -> DatabaseTable:
    """Table `t` with key `id`."""
    settings = {
        "cursor": "",
        "overlap_minutes": 10,
        "overlap": 1000,
        "time_zone": "UTC",
        "unit": "",
    }
    return DatabaseTable(
        source="s",
        table="t",
        schema="raw_s",
        columns=tuple(Column(name, name, False) for name in columns),
        relation="t",
        key=("id",),
        sweep=None,
        **{**settings, **incremental},
    )


@dataclass
class Landing:
    """What has landed of `table` of the file at `path`: the newest row of each key."""

    path: Path
    table: DatabaseTable
    state: dict[str, Any] | None = None
    rows: dict[str, tuple[str | None, ...]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def load(self, portions: int | None = None, window: Window = Window()) -> list[str]:  # noqa: B008
        """Load, or as many portions as are stored before it is killed; gives what is refused."""
        refused: list[str] = []
        with SQLite(self.path, "URL") as engine:
            (stream,) = table_stream.open_streams(engine, [self.table], window, refused)
            for number, portion in enumerate(stream.portions(self.state, Nothing())):
                if number == portions:
                    break
                for rows in portion.rows.values():
                    for row in rows.to_pylist():
                        self.rows[row["id"]] = tuple(row.values())
                if portion.state is not None:
                    self.state = json.loads(json.dumps(portion.state))
                self.notes += portion.notes
        return refused
