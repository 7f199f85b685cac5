{%- set delivered = [
    ('order', 'order_id', 'int_orders_united'),
    ('order', 'order_id', 'int_order_lines_united'),
    ('refund', 'refund_id', 'int_refunds_united'),
    ('refund', 'refund_id', 'int_refund_lines_united'),
    ('payment', 'payment_id', 'int_payments_united'),
    ('stock_movement', 'stock_movement_id', 'int_stock_movements_united'),
    ('visitor', 'visitor_id', 'int_web_events_united'),
] -%}
{%- set since = '1900-01-01' -%}
{%- if execute and flags.WHICH in ['build', 'test'] -%}
    {%- set since = run_query(
        "select coalesce(max(loaded_at) - interval 1 day, '1900-01-01')::varchar"
        ~ " from ops.loads where status = 'loaded'"
    ).rows[0][0] -%}
{%- endif -%}
-- Incremental models take in only what a feed names, at the load that brought
-- it or later. Only the last day of loads is looked at, for the sake of large
-- shops: a kind that a feed leaves out is missing from every load.
with changes as (
    select
        source_name,
        document_type,
        document_id,
        _loaded_at
    from {{ ref('int_changes_united') }}
    where _loaded_at >= timestamp '{{ since }}'
    union all
    select
        source_name,
        document_type,
        document_id,
        _loaded_at
    from {{ ref('int_changes_united') }}
    where document_type in ('product', 'exchange_rate')
),

refund_lines as (
    select
        refunds.source_name,
        refunds.order_id,
        lines._loaded_at
    from {{ ref('int_refund_lines_united') }} as lines
    inner join {{ ref('int_refunds_united') }} as refunds
        on
            lines.source_name = refunds.source_name
            and lines.refund_id = refunds.refund_id
),

delivered as (
    {%- for document_type, id, relation in delivered %}
    select
        source_name,
        '{{ document_type }}' as document_type,
        {{ id }} as document_id,
        '{{ relation[4:-7] }}' as delivered_in,
        _loaded_at
    from {{ ref(relation) }}
    union all
    {%- endfor %}
    select
        source_name,
        'order' as document_type,
        order_id as document_id,
        'refunds that name it' as delivered_in,
        _loaded_at
    from {{ ref('int_refunds_united') }}
    union all
    select
        source_name,
        'order' as document_type,
        order_id as document_id,
        'refund_lines of refunds that name it' as delivered_in,
        _loaded_at
    from refund_lines
),

-- The same price or rate again changes nothing: these are named once, at least.
versioned as (
    select
        source_name,
        'product' as document_type,
        product_id as document_id,
        'a cost or list price' as delivered_in,
        _loaded_at
    from {{ ref('int_product_history') }}
    where coalesce(unit_cost_amount, list_price_amount) is not null
    union all
    select
        source_name,
        'exchange_rate' as document_type,
        unnest([base_currency_code, quote_currency_code]) as document_id,
        'exchange_rates' as delivered_in,
        _loaded_at
    from {{ ref('int_exchange_rates_united') }}
),

expected as (
    select *
    from delivered
    where _loaded_at >= timestamp '{{ since }}'
    union all
    select * replace (timestamp '1900-01-01' as _loaded_at)
    from versioned
    where
        _loaded_at >= timestamp '{{ since }}'
        and document_id <> '{{ var("reporting_currency_code") }}'
),

unnamed as (
    select
        source_name,
        document_type,
        delivered_in,
        count(distinct document_id) as documents_count,
        min(document_id) as example_id
    from expected
    where
        document_id is not null
        and not exists (
            select 1
            from changes
            where
                changes.source_name = expected.source_name
                and changes.document_type = expected.document_type
                and changes.document_id = expected.document_id
                and changes._loaded_at >= expected._loaded_at
        )
    group by source_name, document_type, delivered_in
),

complaints as (
    select
        string_agg(
            'stg_' || source_name || '__changes does not name each '
            || document_type || ' that came with ' || delivered_in
            || ', as ' || example_id || ' (' || documents_count || ' in all)',
            '; '
            order by source_name, document_type, delivered_in
        ) as complaint
    from unnamed
)

-- An error says what is missing, which a count of rows would not.
select complaint
from complaints
where
    complaint is not null
    and error(
        complaint || '. Incremental models would miss them: name them'
        || ' there, with the _loaded_at of the load that brought them.'
    ) is null
