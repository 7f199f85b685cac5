"""Finding what was deleted: keys that landed and are in the database no more."""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa
import pyarrow.compute as pc

from storehouse.sources.database.query import TableQuery
from storehouse.sources.portion import Landed


def gone(query: TableQuery, landed: Landed) -> tuple[Mapping[str, pa.Table], tuple[str, ...]]:
    """The deletions of a table that declares a sweep, by table, and what is worth a note.

    Keys are held in memory. A table that is empty all of a sudden is not believed.
    """
    table, engine = query.table, query.engine
    if table.sweep is None:
        return {}, ()
    living = landed.living_keys(table.table, table.key[0], table.sweep.into, table.sweep.entity)
    batches = list(engine.read(query.keys()))
    if not len(living):
        return {}, ()
    if not any(batch.num_rows for batch in batches):
        return {}, (
            f"{table.label}: {table.relation} is empty, though {len(living):,} rows of it are "
            "known. They are not marked as deleted: see that it was meant to be emptied.",
        )
    keys = pa.chunked_array([batch.column(0) for batch in batches])
    missing = living.filter(pc.invert(pc.is_in(living, value_set=keys)))
    if not len(missing):
        return {}, ()
    rows = {
        "entity": pa.repeat(table.sweep.entity, len(missing)),
        "entity_id": missing,
        "deleted_at": pa.repeat(engine.taken_at, len(missing)),
    }
    return {table.sweep.into: pa.table(rows)}, ()
