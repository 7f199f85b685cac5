with orders as (
    {{ deliveries('shop', 'orders', 'order', 'order_id') }}
    union all
    {{ deliveries('shop', 'order_lines', 'order', 'order_id') }}
),

refunds as (
    {{ deliveries('shop', 'refunds', 'refund', 'refund_id') }}
    union all
    {{ deliveries('shop', 'refund_lines', 'refund', 'refund_id') }}
),

deletions as (
    select
        deleted.entity as document_type,
        deleted.entity_id as document_id,
        {{ as_moment('deleted.deleted_at') }} as changed_from,
        mentions._loaded_at
    from (
        {{ deliveries('shop', 'deletions', 'deletion', 'entity_id') }}
    ) as mentions
    inner join {{ source('shop', 'deletions') }} as deleted
        on mentions.document_id = deleted.entity_id
),

refunds_and_deletions as (
    select * from refunds
    union all
    select * from deletions
    where document_type = 'refund'
),

-- A refund changes what is left of every order that it ever named.
refunded_orders as (
    select
        'order' as document_type,
        named.order_id as document_id,
        cast(null as timestamp) as changed_from,
        refunds._loaded_at
    from refunds_and_deletions as refunds
    inner join {{ source('shop', 'refunds') }} as named
        on refunds.document_id = named.refund_id
    where named.order_id is not null
),

pairs_changed as (
    {{ version_changes(
        'shop', 'exchange_rates', 'exchange_rate',
        'base_currency_code || quote_currency_code',
        'try_cast(rate_date as timestamp)', ['rate', 'updated_at'],
    ) }}
),

currencies as (
    select base_currency_code as currency_code
    from {{ source('shop', 'exchange_rates') }}
    union
    select quote_currency_code as currency_code
    from {{ source('shop', 'exchange_rates') }}
),

-- A rate may stand for another pair, crossed with any of the shop's others.
rate_changes as (
    select
        'exchange_rate' as document_type,
        currencies.currency_code as document_id,
        min(pairs_changed.changed_from) as changed_from,
        pairs_changed._loaded_at
    from pairs_changed
    cross join currencies
    group by currencies.currency_code, pairs_changed._loaded_at
),

changes as (
    select * from orders
    union all
    select * from refunds
    union all
    select * from refunded_orders
    union all
    select * from deletions
    union all
    {{ deliveries('shop', 'payments', 'payment', 'payment_id') }}
    union all
    {{ deliveries('shop', 'customers', 'customer', 'customer_id') }}
    union all
    {{ deliveries(
        'shop', 'stock_movements', 'stock_movement', 'stock_movement_id'
    ) }}
    union all
    {{ deliveries('shop', 'web_events', 'visitor', 'visitor_id') }}
    union all
    ({{ version_changes(
        'shop', 'products', 'product', 'product_id', as_moment('updated_at'),
        [
            'sku', 'product_name', 'category_name', 'currency_code',
            'list_price_amount', 'unit_cost_amount', 'is_active',
        ],
    ) }})
    union all
    select * from rate_changes
)

select * from changes
