"""Whether the rows of events are in the warehouse."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

import duckdb
import pyarrow as pa

from storehouse.core.config import Settings
from storehouse.core.sql import literal
from storehouse.log.events import Event
from storehouse.sources.declarations.entry import read_source_entry
from storehouse.sources.events.contract import Contract
from storehouse.sources.events.declaration import event_tables


def rows_missing(settings: Settings, source: str, events: Iterable[Event]) -> int:
    """How many rows of these events of a source are not in its raw tables."""
    contract = Contract(event_tables(read_source_entry(settings, source)))
    rows: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for event in events:
        for name, listed in contract.read(event.data).items():
            rows[name] += listed
    missing = 0
    with duckdb.connect() as con:
        con.execute(f"attach {literal(settings.warehouse)} as batch (read_only)")
        for name, listed in rows.items():
            table = contract.tables[name]
            columns = [column.name for column in table.columns]
            con.register(
                "sent",
                pa.table(
                    {c: pa.array([row.get(c) for row in listed], pa.string()) for c in columns}
                ),
            )
            selected = ", ".join(f'"{column}"' for column in columns)
            ((count,),) = con.execute(
                f"select count(*) from (select {selected} from sent except "
                f'select {selected} from batch."{table.schema}"."{table.table}")'
            ).fetchall()
            missing += count
            con.unregister("sent")
    return missing
