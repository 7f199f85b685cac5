with orders as (
    {{ deliveries('medusa', 'orders', 'order', 'order_id') }}
),

returns as (
    {{ deliveries('medusa', 'returns', 'refund', 'return_id') }}
),

returned_orders as (
    select
        'order' as document_type,
        named.order_id as document_id,
        cast(null as timestamp) as changed_from,
        returns._loaded_at
    from returns
    inner join {{ source('medusa', 'returns') }} as named
        on returns.document_id = named.return_id
),

mentioned as (
    select * from orders
    union all
    select * from returned_orders
),

-- What an order's lines say makes its returns, credits and cancellation.
refunds_of_orders as (
    select
        'refund' as document_type,
        returns_of.return_id as document_id,
        mentioned.changed_from,
        mentioned._loaded_at
    from mentioned
    inner join {{ source('medusa', 'returns') }} as returns_of
        on mentioned.document_id = returns_of.order_id
    union all
    select
        'refund' as document_type,
        credits.order_id || ' credit '
        || coalesce(credits.created_in_version, credits.version)
            as document_id,
        mentioned.changed_from,
        mentioned._loaded_at
    from mentioned
    inner join {{ source('medusa', 'credit_lines') }} as credits
        on mentioned.document_id = credits.order_id
    union all
    select
        'refund' as document_type,
        document_id,
        changed_from,
        _loaded_at
    from mentioned
),

stock_movements as (
    select
        'stock_movement' as document_type,
        stock_level_id || ' '
        || strftime({{ utc('updated_at') }}, '%Y-%m-%dT%H:%M:%S.%f')
            as document_id,
        cast(null as timestamp) as changed_from,
        _loaded_at
    from {{ source('medusa', 'stock_levels') }}
),

deletions as (
    select
        entity as document_type,
        entity_id as document_id,
        cast(null as timestamp) as changed_from,
        _loaded_at
    from {{ source('medusa', 'deletions') }}
    where entity in ('customer', 'product')
),

changes as (
    select * from mentioned
    union all
    select * from returns
    union all
    select * from refunds_of_orders
    union all
    {{ deliveries('medusa', 'payments', 'payment', 'payment_id') }}
    union all
    {{ deliveries('medusa', 'captures', 'payment', 'capture_id') }}
    union all
    {{ deliveries('medusa', 'refunds', 'payment', 'refund_id') }}
    union all
    {{ deliveries('medusa', 'customers', 'customer', 'customer_id') }}
    union all
    {{ deliveries('medusa', 'variants', 'product', 'variant_id') }}
    union all
    select * from stock_movements
    union all
    select * from deletions
)

select * from changes
