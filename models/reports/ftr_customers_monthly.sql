{% set windows = [30, 90, 365] %}
with customer_days as (
    select
        *,
        case when margin_amount is null then 1 else 0 end
            as unknown_margin_count
    from {{ ref('agg_customer_days') }}
    where {{ in_changed_groups('customer_key') }}
),

last_dates as (
    select
        source_name,
        first_entry_date as first_date,
        last_entry_date as last_date
    from {{ ref('dim_sources') }}
),

customer_months as (
    {{ customer_months(
        'customer_days',
        'last_dates',
        totals=[
            'orders_count', 'discounted_orders_count', 'products_count',
            'sold_quantity', 'returned_quantity', 'ordered_amount',
            'returns_amount', 'net_sales_amount', 'margin_amount',
            'unknown_margin_count',
        ],
        trailing=['orders_count', 'net_sales_amount', 'returns_amount'],
        windows=windows,
        from_month=first_changed('dated_days.customer_key', "date '1900-01-01'")
    ) }}
),

ftr_customers_monthly as (
    select
        customer_key,

        source_name,

        cast(month_end_date - first_order_date as integer) as tenure_days,
        cast(month_end_date - last_order_date as integer) as recency_days,
        {{ quotient(
            '(last_order_date - first_order_date)', '(orders_count - 1)', 18, 6
        ) }} as average_interval_days,

        cast(orders_count as bigint) as orders_count,
        {%- for window in windows %}
        cast(orders_count_{{ window }} as bigint)
            as last_{{ window }}_days_orders_count,
        {%- endfor %}
        {{ quotient('discounted_orders_count', 'orders_count') }}
            as discounted_orders_rate,
        cast(products_count as bigint) as products_count,
        cast(sold_quantity as bigint) as sold_quantity,
        cast(returned_quantity as bigint) as returned_quantity,

        {{ money('net_sales_amount') }} as net_sales_amount,
        {%- for window in windows %}
        {{ money('net_sales_amount_' ~ window) }}
            as last_{{ window }}_days_net_sales_amount,
        {%- endfor %}
        {{ quotient('ordered_amount', 'orders_count', 18, 4) }}
            as average_basket_amount,
        {{ money('returns_amount') }} as returns_amount,
        {%- for window in windows %}
        {{ money('returns_amount_' ~ window) }}
            as last_{{ window }}_days_returns_amount,
        {%- endfor %}
        {{ quotient('returns_amount', 'ordered_amount', 18, 6) }}
            as returns_rate,
        {{ money(
            'case when unknown_margin_count = 0 then margin_amount end'
        ) }} as margin_amount,

        month_start_date,
        month_end_date
    from customer_months
)

select * from ftr_customers_monthly
