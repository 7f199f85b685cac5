with ledger_entries as (
    select * from {{ ref('fct_ledger_entries') }}
    where product_key <> '-1'
),

order_lines as (
    select * from {{ ref('fct_order_lines') }}
    where line_type = 'goods'
),

products as (
    select * from {{ ref('dim_products') }}
),

counted as (
    select
        product_key,
        cast(date_trunc('month', order_date) as date) as sales_month_date,
        count(distinct order_key) as orders_count
    from order_lines
    group by product_key, date_trunc('month', order_date)
),

sold as (
    select
        product_key,
        cast(date_trunc('month', entry_date) as date) as sales_month_date,
        {{ sales_measures(count_orders=false) }}
    from ledger_entries
    group by product_key, date_trunc('month', entry_date)
),

rpt_product_sales as (
    select
        products.product_key,

        products.source_name,
        products.product_id,

        products.sku,
        products.product_name,
        products.category_name,

        coalesce(counted.orders_count, 0) as orders_count,
        sold.sold_quantity,
        sold.returned_quantity,
        sold.gross_sales_amount,
        sold.discount_amount,
        sold.returns_amount,
        sold.net_sales_amount,
        sold.cost_amount,
        sold.margin_amount,

        sold.sales_month_date
    from sold
    inner join products
        on sold.product_key = products.product_key
    left join counted
        on
            sold.product_key = counted.product_key
            and sold.sales_month_date = counted.sales_month_date
)

select * from rpt_product_sales
