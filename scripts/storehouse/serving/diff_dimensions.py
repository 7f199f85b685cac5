"""Which members of dimensions reports now group differently."""

from __future__ import annotations

# What reports group by: for each dimension its table, key, id and the columns that affect figures.
_DIMENSIONS = (
    ("product", "dim_products", "product_key", "product_id", ("category_name", "product_name")),
    ("customer", "dim_customers", "customer_key", "customer_id", ("country_code",)),
)
_DIMENSION_CHANGES = """
select '{dimension}' as kind, newer.source_name, newer.{identifier} as identifier,
    '{column}' as column, older.{column} as older, newer.{column} as newer
from older.marts.{table} as older inner join newer.marts.{table} as newer using ({key})
where older.{column} is distinct from newer.{column}
"""
_MERGES = """
select 'customer', newer.source_name, newer.customer_id, 'merged_into', before.customer_id,
    after.customer_id
from older.marts.dim_customers as older
inner join newer.marts.dim_customers as newer using (customer_key)
left join older.marts.dim_customers as before
    on older.surviving_customer_key = before.customer_key
    and older.surviving_customer_key <> customer_key
left join newer.marts.dim_customers as after
    on newer.surviving_customer_key = after.customer_key
    and newer.surviving_customer_key <> customer_key
where older.surviving_customer_key <> newer.surviving_customer_key
"""
_MOVED_DOCUMENTS = """
select distinct document_type, newer.source_name, newer.document_id, 'channel',
    older.channel, newer.channel
from older.marts.fct_ledger_entries as older
inner join newer.marts.fct_ledger_entries as newer using (ledger_entry_key, document_type)
where older.channel <> newer.channel
"""


def dimension_changes() -> str:
    """A query over the attached builds: kind, source, identifier, column, older, newer."""
    columns = [
        _DIMENSION_CHANGES.format(
            dimension=dimension, table=table, key=key, identifier=identifier, column=column
        )
        for dimension, table, key, identifier, columns in _DIMENSIONS
        for column in columns
    ]
    return " union all ".join([*columns, _MERGES, _MOVED_DOCUMENTS])
