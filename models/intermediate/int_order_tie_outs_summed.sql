with orders as (
    select * from {{ ref('fct_orders') }}
    {{ only_changed_groups('source_name, order_date') }}
),

order_lines as (
    select * from {{ ref('fct_order_lines') }}
    {%- if is_incremental() %}
    where order_key in (select orders.order_key from orders)
    {%- endif %}
),

ledger_entries as (
    select * from {{ ref('fct_ledger_entries') }}
    {%- if is_incremental() %}
    where order_key in (select orders.order_key from orders)
    {%- endif %}
),

payments as (
    select * from {{ ref('fct_payments') }}
    {%- if is_incremental() %}
    where order_key in (select orders.order_key from orders)
    {%- endif %}
),

rates as (
    select * from {{ ref('fct_exchange_rates') }}
),

booked_by_order as (
    select
        order_key,
        sum(amount) as amount,
        sum(cost_amount) filter (where entry_type = 'sale') as cost_amount
    from ledger_entries
    group by order_key
),

lines_by_order as (
    select
        order_key,
        sum(cost_amount) filter (where line_type = 'goods') as cost_amount,
        sum(tax_amount) filter (where line_type not in ('goods', 'shipping'))
            as other_tax_amount
    from order_lines
    group by order_key
),

paid_by_order as (
    select
        order_key,
        currency_code,
        sum(received_amount) as amount
    from payments
    group by order_key, currency_code
),

orders_measured as (
    select
        orders.*,
        booked_by_order.amount as booked_amount,
        coalesce(booked_by_order.cost_amount, 0) as booked_cost_amount,
        coalesce(lines_by_order.cost_amount, 0) as line_cost_amount,
        coalesce(paid_by_order.amount, 0) as paid_amount,
        case when orders.is_tax_included then orders.goods_tax_amount else 0 end
            as included_goods_tax_amount,
        case
            when orders.is_tax_included
                then
                    orders.tax_amount - orders.goods_tax_amount
                    - coalesce(lines_by_order.other_tax_amount, 0)
            else 0
        end as included_shipping_tax_amount,
        rates.rate
    from orders
    left join booked_by_order
        on orders.order_key = booked_by_order.order_key
    left join lines_by_order
        on orders.order_key = lines_by_order.order_key
    left join paid_by_order
        on
            orders.order_key = paid_by_order.order_key
            and orders.currency_code = paid_by_order.currency_code
    left join rates
        on
            orders.currency_code = rates.currency_code
            and orders.order_date = rates.rate_date
),

-- An order states subtotal and shipping with their tax where prices include it.
orders_compared as (
    select
        parts.check_name,
        orders.source_name,
        orders.order_key as compared_key,
        orders.order_id as compared_id,
        orders.currency_code,
        case parts.check_name
            when 'order_total' then orders.stated_total_amount
            when 'order_subtotal' then orders.stated_subtotal_amount
            when 'order_discount' then orders.stated_discount_amount
            when 'order_shipping' then orders.stated_shipping_amount
            when 'order_tax' then orders.stated_tax_amount
            when 'order_book' then coalesce(orders.booked_amount, 0)
            when 'order_payments'
                then orders.total_amount - orders.refunded_amount
        end as expected_amount,
        case parts.check_name
            when 'order_total' then orders.total_amount
            when 'order_subtotal'
                then
                    orders.gross_sales_amount + orders.included_goods_tax_amount
            when 'order_discount' then orders.discount_amount
            when 'order_shipping'
                then
                    orders.shipping_amount + orders.included_shipping_tax_amount
            when 'order_tax' then orders.tax_amount
            when 'order_book' then orders.total_amount - orders.refunded_amount
            when 'order_payments' then orders.paid_amount
        end as found_amount,
        orders.rate,
        orders.order_date
    from orders_measured as orders
    cross join (
        values
        ('order_total'), ('order_subtotal'), ('order_discount'),
        ('order_shipping'), ('order_tax'), ('order_book'), ('order_payments')
    ) as parts (check_name)
    where expected_amount is not null
),

costs_compared as (
    select
        'order_cost' as check_name,
        source_name,
        order_key as compared_key,
        order_id as compared_id,
        line_cost_amount as expected_amount,
        booked_cost_amount as found_amount,
        order_date
    from orders_measured
),

united as (
    select * from orders_compared
    union all by name
    select
        *,
        '{{ var("reporting_currency_code") }}' as currency_code
    from costs_compared
),

compared as (
    select
        *,
        expected_amount <> found_amount as is_exception,
        {{ in_reporting_currency('expected_amount', 'currency_code', 'rate') }}
            as reporting_expected_amount,
        {{ in_reporting_currency('found_amount', 'currency_code', 'rate') }}
            as reporting_found_amount
    from united
),

summed as (
    select
        check_name,
        source_name,
        case when is_exception then compared_key end as compared_key,
        case when is_exception then compared_id end as compared_id,
        case when is_exception then currency_code end as currency_code,

        {{ money('sum(expected_amount) filter (where is_exception)') }}
            as expected_amount,
        {{ money('sum(found_amount) filter (where is_exception)') }}
            as found_amount,
        {{ money('sum(reporting_expected_amount)') }}
            as reporting_expected_amount,
        {{ money('sum(reporting_found_amount)') }} as reporting_found_amount,
        count(*) as compared_count,

        is_exception,

        order_date
    from compared
    group by all
)

select * from summed
