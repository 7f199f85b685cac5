with orders as (
    select * from {{ ref('base_medusa__orders') }}
    where {{ in_changed_groups('order_id') }}
),

source as (
    {{ current_rows('medusa', 'credit_lines') }}
),

-- Medusa makes all credit lines of an order anew with each version of it: what
-- stays is the version that they came with, and when they were first read.
dated as (
    select
        *,
        cast(coalesce(created_in_version, version) as integer)
            as made_in_version,
        min({{ utc('created_at') }}) over (
            partition by order_id, coalesce(created_in_version, version)
        ) as made_at
    from source
),

-- Those that an order got when it was cancelled are the cancellation's.
credit_lines as (
    select
        dated.order_id || ' credit ' || dated.made_in_version as credit_id,
        dated.order_id,
        orders.customer_id,

        min(nullif(dated.reference, 'payment_collection')) as reason,
        orders.channel,
        orders.currency_code,

        {{ money('sum(' ~ money('dated.amount') ~ ')') }} as amount,

        orders.cancelled_at is not null
        and dated.made_in_version = orders.version as is_of_cancellation,

        min(dated.made_at) as created_at,
        orders.updated_at,

        orders._loaded_at
    from dated
    inner join orders
        on
            dated.order_id = orders.order_id
            and dated._source_file = orders._source_file
            and dated._loaded_at = orders._loaded_at
    group by all
)

select * from credit_lines
