"""Which entries of the ledger differ between two published builds, and why.

Both files are attached read-only, as `older` and `newer`. The ledger is determined by the landed
rows, the models' code and the settings, so each cause is one of these. An entry whose document
changed has one cause. Otherwise its value and its cost are separate steps, each with its own cause:
rates and products change without the document.
"""

from __future__ import annotations

import duckdb

from storehouse.serving.published import last_day_over

CAUSES = {
    "document_late": "document arrived late",
    "document_changed": "document was corrected",
    "document_deleted": "document was deleted",
    "rate_changed": "exchange rate changed",
    "product_cost_changed": "cost of a product changed",
    "code_or_settings_changed": "code or settings changed",
    "unattributed": "not attributed",
}

_STATED = ("amount", "currency_code", "quantity", "entry_type", "entry_date")
_DERIVED = ("reporting_amount", "cost_amount", "product_key", "customer_key", "channel")

# Null if the file is of an older version without the column.
_BUILDS = """
create table builds as
select
    older.sources as older_sources,
    newer.sources as newer_sources,
    older.code_hash <> newer.code_hash as is_code_changed,
    older.settings <> newer.settings as is_settings_changed,
    older.currency_code <> newer.currency_code as is_currency_changed,
    older.loaded_until as older_loaded_until
from ({older}) as older cross join ({newer}) as newer
"""
_BUILD = """
select
    sources, {rules},
    (select max(loaded_at) from {side}.meta.watermarks) as loaded_until,
    (select currency_code from {side}.marts.dim_currencies where is_reporting_currency)
        as currency_code
from {side}.meta.builds
"""

# The last complete day of the older build: the day on which it was loaded was not over. A new
# source changes the figures of all days of the older build; one without entries had no day.
_LAST_DAYS = f"""
create table last_days as
with older as (
    select
        source_name,
        true as was_there,
        case when last_entry_date is not null then least(
            last_entry_date,
            {last_day_over("older_loaded_until")}
        ) end as last_day
    from older.marts.dim_sources cross join builds
)
select source_name, if(was_there, last_day, (select max(last_day) from older)) as last_day
from older full join newer.marts.dim_sources using (source_name)
"""

_CHANGED = """
create table changed as
select
    ledger_entry_key,
    coalesce(newer.document_key, older.document_key) as document_key,
    coalesce(newer.source_name, older.source_name) as source_name,
    coalesce(newer.document_type, older.document_type) as document_type,
    coalesce(newer.document_id, older.document_id) as document_id,
    coalesce(newer.order_key, older.order_key) as order_key,
    coalesce(newer.order_id, older.order_id) as order_id,
    newer.order_line_key,
    newer.product_key,
    coalesce(newer.entry_date, older.entry_date) as entry_date,
    newer.entry_at,
    newer.currency_code,
    newer.cost_currency_code,
    ({older_stated}) is distinct from ({newer_stated}) as is_stated_otherwise,
    older.reporting_amount is distinct from newer.reporting_amount as is_worth_otherwise,
    older.cost_amount is distinct from newer.cost_amount as is_cost_otherwise
from older.marts.fct_ledger_entries as older
full join newer.marts.fct_ledger_entries as newer using (ledger_entry_key)
where ({older_stated}, {older_derived}) is distinct from ({newer_stated}, {newer_derived})
"""

# Documents of changed entries, and the orders of those that are refunds.
_DOCUMENTS = """
create table documents as
select
    document_key,
    bool_or(not is_newer) as was_there,
    bool_or(is_newer) as is_there,
    max(_loaded_at) filter (where is_newer) as loaded_at,
    coalesce(loaded_at > any_value(older_loaded_until), false) as is_reloaded
from (
    select false as is_newer, document_key, _loaded_at from older.marts.fct_ledger_entries
    union all
    select true, document_key, _loaded_at from newer.marts.fct_ledger_entries
)
cross join builds
where document_key in (select unnest([document_key, order_key]) from changed)
group by document_key
"""

_STEPS = """
create table steps as
with rates as (
    select currency_code, rate_date
    from older.marts.fct_exchange_rates as older
    full join newer.marts.fct_exchange_rates as newer using (currency_code, rate_date)
    where older.rate is distinct from newer.rate
),
versions as (
    select product_key, valid_from
    from older.marts.dim_products_history as older
    full join newer.marts.dim_products_history as newer using (product_key, valid_from)
    where (older.unit_cost_amount, older.currency_code)
        is distinct from (newer.unit_cost_amount, newer.currency_code)
),
judged as (
    select
        changed.*,
        step,
        documents.* exclude (document_key),
        orders.was_there as order_was_there,
        orders.loaded_at as order_loaded_at,
        orders.is_reloaded and changed.document_type = 'refund' as is_order_reloaded,
        is_code_changed or is_settings_changed as is_ruled_otherwise,
        is_currency_changed,
        not list_contains(string_split(older_sources, ','), changed.source_name)
            or not list_contains(string_split(newer_sources, ','), changed.source_name)
            as is_source_switched,
        case step
            when 'worth' then (changed.currency_code, changed.entry_date)
            else (changed.cost_currency_code, coalesce(lines.order_date, changed.entry_date))
        end in (select (currency_code, rate_date) from rates) as is_rate_changed,
        exists (
            select 1 from versions
            where versions.product_key = changed.product_key and valid_from <= changed.entry_at
        ) as is_product_changed,
        deletions.loaded_at as deletion_loaded_at
    from changed
    cross join builds
    cross join (values ('whole'), ('worth'), ('cost')) as steps (step)
    inner join documents on changed.document_key = documents.document_key
    left join documents as orders on changed.order_key = orders.document_key
    left join newer.marts.fct_order_lines as lines
        on changed.order_line_key = lines.order_line_key
    left join deletions
        on changed.source_name = deletions.source_name
        and changed.document_type = deletions.document_type
        and changed.document_id = deletions.document_id
    where case step
        when 'whole' then is_stated_otherwise
        when 'worth' then not is_stated_otherwise and is_worth_otherwise
        else not is_stated_otherwise and is_cost_otherwise
    end
),
caused as (
    select
        *,
        step = 'cost' and not is_reloaded and is_order_reloaded and not is_rate_changed
            and not is_product_changed as is_by_order,
        case
            when is_source_switched or (step <> 'whole' and is_currency_changed)
                then 'code_or_settings_changed'
            when not was_there and is_reloaded then 'document_late'
            when not is_there and deletion_loaded_at is not null then 'document_deleted'
            when step <> 'whole' and is_rate_changed then 'rate_changed'
            when step = 'cost' and is_product_changed then 'product_cost_changed'
            when is_by_order and not coalesce(order_was_there, false) then 'document_late'
            when is_reloaded or is_by_order then 'document_changed'
            when is_ruled_otherwise then 'code_or_settings_changed'
            when is_ruled_otherwise is null or step <> 'whole' then 'unattributed'
            -- Nothing but its rows is left: they are gone from a corrected file, or back.
            when not was_there then 'document_late'
            when not is_there then 'document_deleted'
            else 'document_changed'
        end as cause
    from judged
)
select
    ledger_entry_key, step, cause, source_name,
    if(is_by_order, 'order', document_type) as document_type,
    if(is_by_order, order_id, document_id) as document_id,
    case
        when cause = 'document_deleted' then deletion_loaded_at
        when not starts_with(cause, 'document') then null
        when is_by_order then order_loaded_at
        when is_reloaded then loaded_at
    end as loaded_at,
    concat_ws('|', cause, source_name, document_type, document_id) as change_key
from caused
"""


def find_causes(con: duckdb.DuckDBPyConnection) -> None:
    """Create the tables `builds`, `last_days` and `steps` from the attached builds."""
    _prepare(con)
    con.execute(_LAST_DAYS)
    con.execute(
        _CHANGED.format(
            **{
                f"{side}_{name}": ", ".join(f"{side}.{column}" for column in columns)
                for side in ("older", "newer")
                for name, columns in (("stated", _STATED), ("derived", _DERIVED))
            }
        )
    )
    con.execute(_DOCUMENTS)
    con.execute(_STEPS)


def _prepare(con: duckdb.DuckDBPyConnection) -> None:
    """Create the tables `builds` and `deletions`, as far as the files have the data."""
    sides = {}
    for side in ("older", "newer"):
        known = columns_of(con, side, "builds")
        rules = ", ".join(
            f"{name if name in known else 'null'}::varchar as {name}"
            for name in ("code_hash", "settings")
        )
        sides[side] = _BUILD.format(side=side, rules=rules)
    con.execute(_BUILDS.format(**sides))
    deletions = (
        "select source_name, document_type, document_id, max(loaded_at) as loaded_at "
        "from newer.reports.rpt_deletions group by all"
        if columns_of(con, "newer", "rpt_deletions")
        else "select '' as source_name, '' as document_type, '' as document_id, "
        "null::timestamp as loaded_at limit 0"
    )
    con.execute(f"create table deletions as {deletions}")


def columns_of(con: duckdb.DuckDBPyConnection, side: str, table: str) -> set[str]:
    """The names of the columns of a build's table; empty if it has no such table."""
    rows = con.execute(
        "select column_name from duckdb_columns() where database_name = ? and table_name = ?",
        [side, table],
    )
    return {name for (name,) in rows.fetchall()}
