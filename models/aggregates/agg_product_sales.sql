with ledger_entries as (
    select
        *,
        cast(date_trunc('month', entry_date) as date) as sales_month_date
    from {{ ref('fct_ledger_entries') }}
    where {{ in_changed_groups('product_key, sales_month_date') }}
),

order_lines as (
    select
        *,
        cast(date_trunc('month', order_date) as date) as sales_month_date
    from {{ ref('fct_order_lines') }}
    where {{ in_changed_groups('product_key, sales_month_date') }}
),

counted as (
    select
        product_key,
        count(distinct order_key) as orders_count,
        sales_month_date
    from order_lines
    where line_type = 'goods'
    group by product_key, sales_month_date
),

summed as (
    select
        product_key,
        {{ sales_measures(count_orders=false) }},
        sales_month_date
    from ledger_entries
    where product_key <> '-1'
    group by product_key, sales_month_date
),

agg_product_sales as (
    select
        summed.product_key,
        coalesce(counted.orders_count, 0) as orders_count,
        summed.sold_quantity,
        summed.returned_quantity,
        summed.gross_sales_amount,
        summed.discount_amount,
        summed.returns_amount,
        summed.net_sales_amount,
        summed.cost_amount,
        summed.margin_amount,
        summed.sales_month_date
    from summed
    left join counted
        on
            summed.product_key = counted.product_key
            and summed.sales_month_date = counted.sales_month_date
)

select * from agg_product_sales
