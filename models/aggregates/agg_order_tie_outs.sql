with orders as (
    select * from {{ ref('fct_orders') }}
    where {{ in_changed_groups('source_name, order_date') }}
),

figures as (
    select * from {{ ref('agg_order_figures') }}
),

rates as (
    select * from {{ ref('fct_exchange_rates') }}
),

orders_measured as (
    select
        orders.*,
        figures.booked_amount,
        figures.booked_cost_amount,
        figures.line_cost_amount,
        figures.line_tax_amount,
        figures.line_discount_amount,
        figures.line_shipping_amount,
        figures.paid_amount,
        case when orders.is_tax_included then orders.goods_tax_amount else 0 end
            as included_goods_tax_amount,
        rates.rate
    from orders
    inner join figures
        on orders.order_key = figures.order_key
    left join rates
        on
            orders.currency_code = rates.currency_code
            and orders.order_date = rates.rate_date
),

-- An order states subtotal and shipping with their tax where prices include it.
-- Its discount, shipping and tax may be more than its lines state, not less;
-- more tax only where shipping bears it, or where no line states any.
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
            when 'order_book' then orders.booked_amount
            when 'order_payments'
                then orders.total_amount - orders.refunded_amount
        end as expected_amount,
        case parts.check_name
            when 'order_total'
                then orders.total_amount - orders.difference_amount
            when 'order_subtotal'
                then
                    orders.gross_sales_amount + orders.included_goods_tax_amount
            when 'order_discount'
                then
                    greatest(
                        orders.stated_discount_amount,
                        orders.line_discount_amount
                    )
            when 'order_shipping'
                then
                    greatest(
                        orders.stated_shipping_amount,
                        orders.line_shipping_amount
                    )
            when 'order_tax'
                then
                    case
                        when
                            orders.stated_tax_amount >= orders.line_tax_amount
                            and (
                                orders.stated_shipping_amount > 0
                                or orders.line_tax_amount = 0
                            )
                            then orders.stated_tax_amount
                        else orders.line_tax_amount
                    end
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

agg_order_tie_outs as (
    {{ tie_outs_summed('compared', ['order_date']) }}
)

select * from agg_order_tie_outs
