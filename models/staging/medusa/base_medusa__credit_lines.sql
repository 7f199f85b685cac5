with orders as (
    select * from {{ ref('base_medusa__orders') }}
),

source as (
    {{ current_rows('medusa', 'credit_lines') }}
),

-- Those that an order got when it was cancelled are the cancellation's.
credit_lines as (
    select
        source.credit_line_id,
        source.order_id,
        orders.customer_id,

        nullif(source.reference, 'payment_collection') as reason,
        orders.channel,
        orders.currency_code,

        {{ money('source.amount') }} as amount,

        orders.cancelled_at is not null
        and cast(source.version as integer) = orders.version
            as is_of_cancellation,

        {{ utc('source.created_at') }} as created_at,
        orders.updated_at,

        source._loaded_at
    from source
    inner join orders
        on
            source.order_id = orders.order_id
            and source._source_file = orders._source_file
            and source._loaded_at = orders._loaded_at
)

select * from credit_lines
