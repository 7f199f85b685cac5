{% set documents = {
    'customers': 'customer', 'products': 'product', 'orders': 'order',
    'refunds': 'refund', 'payments': 'payment',
    'stock_movements': 'stock_movement', 'exchange_rates': 'exchange_rate',
} -%}
{% set holders = {
    'order_lines': ('order', 'order_id'),
    'refund_lines': ('refund', 'refund_id'),
} -%}
with rows_without_key as (
    select
        *,
        -- The same row of a later load is the same finding.
        entity || ' ' || md5(
            regexp_replace(row_text, '"_loaded_at":"[^"]*"', '')
        ) as row_id,
        case
            when entity = 'customers' then 'personal data, not shown'
            else left(row_text, 300)
        end as row_shown,
        cast(null as varchar) as currency_code
    from {{ ref('int_rows_without_key') }}
),

-- What stands twice under one key after staging: the newest row counts.
repeated as (
    {%- for entity in documents if entity != 'exchange_rates' %}
    {%- set key = entity_key(entity)[0] %}
    {{ 'union all' if not loop.first }}
    select
        source_name,
        'key_twice' as rule_name,
        '{{ documents[entity] }}' as document_type,
        {{ key }} as document_id,
        {{ key }} as repeated_id,
        count(*) as times
    from {{ ref('int_' ~ entity ~ '_united') }}
    group by source_name, {{ key }}
    having count(*) > 1
    {%- endfor %}
    {%- for entity, holder in holders.items() %}
    union all
    select
        source_name,
        'line_key_twice' as rule_name,
        '{{ holder[0] }}' as document_type,
        {{ holder[1] }} as document_id,
        {{ entity_key(entity)[0] }} as repeated_id,
        count(*) as times
    from {{ ref('int_' ~ entity ~ '_united') }}
    group by source_name, {{ holder[1] }}, {{ entity_key(entity)[0] }}
    having count(*) > 1
    {%- endfor %}
),

surplus as (
    select
        *,
        cast(null as varchar) as currency_code,
        unnest(range(1, times)) as surplus_number
    from repeated
),

unread as (
    {%- for entity, document_type in documents.items() %}
    {{ 'union all' if not loop.first }}
    select
        source_name,
        '{{ document_type }}' as document_type,
        {{ entity_key(entity) | join(" || ' ' || ") }} as document_id,
        cast(null as varchar) as currency_code,
        _unread
    from {{ ref('int_' ~ entity ~ '_united') }}
    where _unread is not null
    {%- endfor %}
    {%- for entity, holder in holders.items() %}
    union all
    select
        source_name,
        '{{ holder[0] }}' as document_type,
        {{ holder[1] }} as document_id,
        cast(null as varchar) as currency_code,
        {{ entity_key(entity)[0] }} || ': ' || _unread as _unread
    from {{ ref('int_' ~ entity ~ '_united') }}
    where _unread is not null
    {%- endfor %}
    union all
    select
        source_name,
        'web_event' as document_type,
        event_id as document_id,
        cast(null as varchar) as currency_code,
        _unread
    from {{ ref('int_web_events_united') }}
    where _unread is not null
),

deletions as (
    select
        *,
        entity || ' ' || entity_id as deletion_id,
        cast(null as varchar) as currency_code
    from {{ ref('int_deletions_united') }}
    where
        deleted_at is null
        or entity not in (
            'order', 'refund', 'payment', 'customer', 'product',
            'stock_movement', 'visitor'
        )
),

fnd_keys as (
    {{ findings_of('rows_without_key', "'row'", 'row_id', [{
        'name': 'row_without_key',
        'when': 'true',
        'expected': "'a key in each row of ' || entity",
        'found': 'row_shown',
        'is_kept_out': true,
    }]) }}
    union all
    {%- for rule_name in ['key_twice', 'line_key_twice'] %}
    {{ findings_of('surplus', 'document_type', 'document_id', [{
        'name': rule_name,
        'when': "rule_name = '" ~ rule_name ~ "'",
        'expected': "'one row'",
        'found': "repeated_id || ': ' || times || ' rows'",
        'is_kept_out': true,
    }]) }}
    union all
    {%- endfor %}
    {{ findings_of('deletions', "'deletion'", 'deletion_id', [{
        'name': 'deletion_unclear',
        'when': 'true',
        'expected': "'an entity that is known, and a date'",
        'found': "entity || ' at ' || coalesce(cast(deleted_at as varchar), "
            "'nothing')",
    }]) }}
    union all
    {{ findings_of('unread', 'document_type', 'document_id', [{
        'name': 'value_unreadable',
        'when': 'true',
        'expected': "'values as the format has them'",
        'found': '_unread',
    }]) }}
)

select * from fnd_keys
