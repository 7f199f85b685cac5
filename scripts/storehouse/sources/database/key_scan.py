"""Delete detection: keys that have landed and are no longer in the database."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from storehouse.core.errors import SourceContractError
from storehouse.sources.database.engine import UnreadableText
from storehouse.sources.database.query import TableQuery
from storehouse.sources.database.unreadable import located
from storehouse.sources.portion import Landed, Window


def deletions(query: TableQuery, landed: Landed) -> tuple[str, pa.Table]:
    """The table of deletions and the rows to add to it. Keys are held in memory.

    Raises SourceContractError for a table that has become empty.
    """
    table, engine = query.table, query.engine
    if table.sweep is None:
        raise AssertionError("no sweep is declared")
    sweep = table.sweep
    known = landed.living_keys(table.table, table.key[0], sweep.into, sweep.entity)
    try:
        found = [batch.column(0) for batch in engine.read(query.keys())]
    except UnreadableText as error:
        raise located(query, query.rows(None, Window(), None), error) from None
    there = pa.chunked_array(found, pa.string())
    if len(known) and not len(there) and not sweep.may_be_empty:
        raise SourceContractError(
            f"{table.label}: {table.relation} is empty, while {len(known):,} of its rows have "
            "landed; that is not trusted, and nothing is marked as deleted. If it is correct, set "
            "`may_be_empty: true` under `sweep`."
        )
    gone = known.filter(pc.invert(pc.is_in(known, value_set=there)))
    columns = {
        "entity": pa.repeat(sweep.entity, len(gone)),
        "entity_id": gone,
        "deleted_at": pa.repeat(engine.taken_at, len(gone)),
    }
    return sweep.into, pa.table(columns)
