"""Which figures differ between two attached builds, and how much each cause contributes.

Metrics are computed for each build as a whole, by its own definitions, and for the changed entries
alone: in a catalog `current` of views, whose ledger has only these.
"""

from __future__ import annotations

from pathlib import Path

import duckdb

from storehouse.serving.metrics import compiled, metrics
from storehouse.serving.published import Published

SIDES = ("older", "newer")

# If only the value or the cost of an entry changed, each step changes one of the two.
_SIDE_ENTRIES = """
create table current.marts.fct_ledger_entries as
select {side}.* replace (
    {between},
    steps.change_key as document_key
)
from steps
inner join {side}.marts.fct_ledger_entries as {side} using (ledger_entry_key)
left join {other}.marts.fct_ledger_entries as {other} using (ledger_entry_key)
"""
_BETWEEN = {
    "older": "if(step = 'cost', newer.reporting_amount, older.reporting_amount)"
    " as reporting_amount",
    "newer": "if(step = 'worth', older.cost_amount, newer.cost_amount) as cost_amount",
}

# A day without entries on one side is 0 there; null is an unknown value. A metric that one side
# does not define can't be compared.
_FIGURES = """
create table figures as
select
    metric, source_name, day,
    if(older.metric is null, 0, older.value) as older,
    if(newer.metric is null, 0, newer.value) as newer,
    day <= last_day as is_had
from older_figures as older
full join newer_figures as newer using (metric, source_name, day)
left join last_days using (source_name)
where older is distinct from newer
    and metric in (select unnest($older_metrics)) and metric in (select unnest($newer_metrics))
"""

# A difference that no entry explains is due to a changed definition of the metric.
_CHANGES = """
create table changes as
with found as (
    select
        metric, change_key, day,
        if(older.metric is null, 0, older.value) as older,
        if(newer.metric is null, 0, newer.value) as newer
    from older_entries as older
    full join newer_entries as newer using (metric, change_key, day)
),
of_documents as (
    select
        metric, source_name, day, cause, document_type, document_id, loaded_at,
        found.older, found.newer
    from found
    inner join (select distinct on (change_key) * from steps) using (change_key)
    inner join figures using (metric, source_name, day)
    where is_had and found.older is distinct from found.newer
),
rest as (
    select
        metric, source_name, day,
        figures.older + coalesce(sum(found.newer - found.older), 0) as accounted,
        figures.newer
    from figures
    left join of_documents as found using (metric, source_name, day)
    where is_had
    group by metric, source_name, day, figures.older, figures.newer
)
select *, newer - older as difference from of_documents
union all by name
select
    metric, source_name, day,
    if(is_code_changed or is_settings_changed, 'code_or_settings_changed', 'unattributed')
        as cause,
    accounted as older, newer, newer - accounted as difference
from rest cross join builds
where newer <> accounted
"""


def find_figures(con: duckdb.DuckDBPyConnection) -> None:
    """Create the tables `figures` and `changes` from the tables of diff_causes."""
    names_of = {}
    for side, other in (SIDES, SIDES[::-1]):
        con.execute("attach ':memory:' as current")
        try:
            _view(con, side)
            definitions = Published(side, Path(), con.cursor())
            definitions.con.execute("use current")
            names = [metric.name for metric in metrics(definitions) if metric.sums_book]
            names_of[f"{side}_metrics"] = names
            figures = compiled(definitions, names, by=("source", "day"))
            entries = compiled(definitions, names, by=("document", "day"))
            _keep(con, f"{side}_figures", "source as source_name", names, figures)
            con.execute("drop view current.marts.fct_ledger_entries")
            con.execute(_SIDE_ENTRIES.format(side=side, other=other, between=_BETWEEN[side]))
            _keep(con, f"{side}_entries", "document as change_key", names, entries)
            definitions.con.close()
        finally:
            con.execute("detach current")
    con.execute(_FIGURES, names_of)
    con.execute(_CHANGES)


def _view(con: duckdb.DuckDBPyConnection, side: str) -> None:
    """The tables of a side as views of the catalog `current`.

    For a build without definitions of metrics, those of the newer one are used.
    """
    tables = con.execute(
        "select schema_name, table_name from duckdb_tables() where database_name = ?", [side]
    ).fetchall()
    for schema in {schema for schema, _ in tables}:
        con.execute(f"create schema current.{schema}")
    for schema, table in tables:
        con.execute(f"create view current.{schema}.{table} as from {side}.{schema}.{table}")
    con.execute(
        "create view if not exists current.meta.semantic_manifest as "
        "from newer.meta.semantic_manifest"
    )


def _keep(
    con: duckdb.DuckDBPyConnection, table: str, key: str, names: list[str], query: str
) -> None:
    """Store the result of a metric query as a table with one row per metric, key and day."""
    values = ", ".join(f"{name}::decimal(38, 4) as {name}" for name in names)
    con.execute(
        f"create table {table} as from (select {key}, day, {values} from ({query})) "
        f"unpivot include nulls (value for metric in ({', '.join(names)}))"
    )
