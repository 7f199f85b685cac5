with ledger_entries as (
    select * from {{ ref('fct_ledger_entries') }}
    where {{ in_changed_groups('customer_key') }}
),

-- Customers as documents name them: a merge is only known afterwards.
customer_entries as (
    select * from ledger_entries
    where is_net_sales and customer_key <> '-1'
),

first_purchases as (
    select
        customer_key,
        product_key,
        min(entry_date) as entry_date
    from customer_entries
    where entry_type = 'sale' and product_key <> '-1'
    group by customer_key, product_key
),

new_products as (
    select
        customer_key,
        count(*) as products_count,
        entry_date
    from first_purchases
    group by customer_key, entry_date
),

measured as (
    select
        customer_key,
        source_name,
        {{ sales_measures() }},
        count(distinct order_key) filter (
            where entry_type = 'discount' and document_type = 'order'
        ) as discounted_orders_count,
        {{ money("coalesce(sum(reporting_amount) filter (
            where document_type = 'order'
        ), 0)") }} as ordered_amount,
        entry_date
    from customer_entries
    group by customer_key, source_name, entry_date
),

agg_customer_days as (
    select
        measured.customer_key,
        measured.source_name,
        measured.orders_count,
        measured.discounted_orders_count,
        coalesce(new_products.products_count, 0) as products_count,
        measured.sold_quantity,
        measured.returned_quantity,
        measured.ordered_amount,
        measured.returns_amount,
        measured.net_sales_amount,
        measured.margin_amount,
        measured.entry_date
    from measured
    left join new_products
        on
            measured.customer_key = new_products.customer_key
            and measured.entry_date = new_products.entry_date
)

select * from agg_customer_days
