with ledger_entries as (
    select * from {{ ref('fct_ledger_entries') }}
    where {{ in_changed_groups('source_name, entry_date') }}
),

order_lines as (
    select * from {{ ref('fct_order_lines') }}
    where {{ in_changed_groups('source_name, order_date') }}
),

products as (
    select * from {{ ref('dim_products') }}
),

-- Orders are counted on their lines: counting them among the entries would
-- cost as much as all sums together.
counted as (
    select
        order_lines.source_name,
        order_lines.channel,
        products.category_name,
        count(distinct order_lines.order_key) as orders_count,
        order_lines.order_date
    from order_lines
    inner join products
        on order_lines.product_key = products.product_key
    where order_lines.line_type = 'goods'
    group by
        order_lines.source_name,
        order_lines.channel,
        products.category_name,
        order_lines.order_date
),

summed as (
    select
        ledger_entries.source_name,
        ledger_entries.channel,
        products.category_name,
        count(*) filter (where ledger_entries.is_net_sales)
            as goods_entries_count,
        {{ sales_measures(count_orders=false) }},
        ledger_entries.entry_date
    from ledger_entries
    inner join products
        on ledger_entries.product_key = products.product_key
    group by
        ledger_entries.source_name,
        ledger_entries.channel,
        products.category_name,
        ledger_entries.entry_date
),

agg_daily_sales as (
    select
        summed.source_name,
        summed.channel,
        summed.category_name,
        coalesce(counted.orders_count, 0) as orders_count,
        summed.goods_entries_count,
        summed.sold_quantity,
        summed.returned_quantity,
        summed.gross_sales_amount,
        summed.discount_amount,
        summed.returns_amount,
        summed.net_sales_amount,
        summed.shipping_amount,
        summed.tax_amount,
        summed.fee_amount,
        summed.adjustment_amount,
        summed.total_sales_amount,
        summed.gift_card_amount,
        summed.cost_amount,
        summed.margin_amount,
        summed.entry_date
    from summed
    left join counted
        on
            summed.source_name = counted.source_name
            and summed.channel = counted.channel
            and summed.category_name = counted.category_name
            and summed.entry_date = counted.order_date
)

select * from agg_daily_sales
