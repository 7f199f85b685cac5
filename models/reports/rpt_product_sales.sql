with sold as (
    select * from {{ ref('agg_product_sales') }}
),

products as (
    select * from {{ ref('dim_products') }}
),

rpt_product_sales as (
    select
        products.product_key,

        products.source_name,
        products.product_id,

        products.sku,
        products.product_name,
        products.category_name,

        sold.orders_count,
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
)

select * from rpt_product_sales
