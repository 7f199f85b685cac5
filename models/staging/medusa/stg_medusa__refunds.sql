with orders as (
    select * from {{ ref('base_medusa__orders') }}
    where {{ in_changed_groups('order_id') }}
),

order_heads as (
    select * from {{ ref('stg_medusa__orders') }}
    where {{ in_changed_groups('order_id') }}
),

lines as (
    select * from {{ ref('base_medusa__order_lines') }}
    where {{ in_changed_groups('order_id') }}
),

credit_lines as (
    select * from {{ ref('base_medusa__credit_lines') }}
    where {{ in_changed_groups('order_id') }}
),

returns as (
    select * from {{ ref('base_medusa__returns') }}
    where {{ in_changed_groups('order_id') }}
),

returned as (
    select
        returns.return_id as refund_id,
        returns.order_id,
        orders.customer_id,

        orders.channel,
        'returned' as reason,
        orders.currency_code,

        {{ money('0') }} as adjustment_amount,

        returns.received_at as refunded_at,
        greatest(returns.updated_at, orders.updated_at) as updated_at,

        greatest(returns._loaded_at, orders._loaded_at) as _loaded_at
    from returns
    inner join orders
        on returns.order_id = orders.order_id
),

-- A refund beyond what came back takes a credit line of the order.
credited as (
    select
        credit_id as refund_id,
        order_id,
        customer_id,

        channel,
        coalesce(reason, 'credit') as reason,
        currency_code,

        amount as adjustment_amount,

        created_at as refunded_at,
        updated_at,

        _loaded_at
    from credit_lines
    where amount <> 0 and not is_of_cancellation
),

credited_before as (
    select
        order_id,
        sum(amount) as amount
    from credit_lines
    where not is_of_cancellation
    group by order_id
),

line_totals as (
    select
        order_id,
        sum(total_amount) as total_amount
    from lines
    group by order_id
),

-- A cancellation takes back all lines that had not come back, what rounding
-- them had left, and what had been credited before.
cancelled as (
    select
        order_heads.order_id as refund_id,
        order_heads.order_id,
        order_heads.customer_id,

        order_heads.channel,
        'cancelled' as reason,
        order_heads.currency_code,

        {{ money(
            'order_heads.total_amount - line_totals.total_amount'
            ' - coalesce(credited_before.amount, 0)'
        ) }} as adjustment_amount,

        order_heads.cancelled_at as refunded_at,
        order_heads.updated_at,

        order_heads._loaded_at
    from order_heads
    inner join line_totals
        on order_heads.order_id = line_totals.order_id
    left join credited_before
        on order_heads.order_id = credited_before.order_id
    where order_heads.cancelled_at is not null
),

united as (
    select * from returned
    union all
    select * from credited
    union all
    select * from cancelled
),

refunds as (
    select
        * exclude (adjustment_amount, refunded_at, updated_at, _loaded_at),
        {{ money('0') }} as shipping_amount,
        adjustment_amount,
        refunded_at,
        updated_at,
        _loaded_at
    from united
)

select * from refunds
