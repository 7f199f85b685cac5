with purchases as (
    select * from {{ ref('fct_web_events') }}
    where {{ in_changed_groups('order_key') }}
),

orders as (
    select * from {{ ref('fct_orders') }}
    where {{ in_changed_groups('order_key') }}
),

ledger_entries as (
    select * from {{ ref('fct_ledger_entries') }}
    where {{ in_changed_groups('order_key') }}
),

-- An order counts once, in the session that bought it, however often a page
-- of thanks is loaded again.
bought as (
    select
        order_key,
        session_key
    from purchases
    where
        event_type = 'purchase'
        and not is_bot
        and order_key in (select orders.order_key from orders)
    qualify
        row_number() over (
            partition by order_key order by occurred_at, event_id
        ) = 1
),

valued as (
    select
        order_key,
        sum(reporting_amount) as net_amount
    from ledger_entries
    where
        document_type = 'order'
        and is_net_sales
        and order_key in (select bought.order_key from bought)
    group by order_key
),

agg_purchases as (
    select
        bought.order_key,
        bought.session_key,
        {{ money('coalesce(valued.net_amount, 0)') }} as net_amount
    from bought
    left join valued
        on bought.order_key = valued.order_key
)

select * from agg_purchases
