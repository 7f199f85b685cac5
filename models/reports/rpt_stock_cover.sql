with stock_daily as (
    select * from {{ ref('fct_stock_daily') }}
),

products as (
    select * from {{ ref('dim_products') }}
),

last_dates as (
    select
        source_name,
        max(stock_date) as as_of_date
    from stock_daily
    group by source_name
),

recent_days as (
    select
        stock_daily.*,
        last_dates.as_of_date
    from stock_daily
    inner join last_dates
        on stock_daily.source_name = last_dates.source_name
    where
        stock_daily.stock_date
        > last_dates.as_of_date - {{ var('stock_cover_window_days') }}
),

recently as (
    select
        product_key,
        as_of_date,
        sum(on_hand_quantity) filter (where stock_date = as_of_date)
            as on_hand_quantity,
        sum(sold_quantity) as sold_quantity,
        greatest(sum(sold_quantity), 0) as demand_quantity,
        count(*) filter (where not is_lost_sales_day) as stocked_days_count,
        count(*) filter (where is_lost_sales_day) as lost_sales_days_count
    from recent_days
    group by product_key, as_of_date
),

covered as (
    select
        *,
        case
            when demand_quantity > 0
                then {{ quotient(
                    'greatest(on_hand_quantity, 0) * stocked_days_count',
                    'demand_quantity', 18, 4
                ) }}
        end as days_of_cover
    from recently
),

judged as (
    select
        covered.product_key,

        products.source_name,
        products.product_id,

        products.sku,
        products.product_name,
        products.category_name,

        cast(covered.on_hand_quantity as bigint) as on_hand_quantity,
        cast(covered.sold_quantity as bigint) as sold_quantity,
        covered.stocked_days_count,
        covered.lost_sales_days_count,
        {{ quotient(
            'covered.demand_quantity', 'covered.stocked_days_count', 18, 4
        ) }}
            as average_daily_sold_quantity,
        covered.days_of_cover,
        {{ quotient(
            'covered.demand_quantity * covered.lost_sales_days_count',
            'covered.stocked_days_count', 18, 4
        ) }} as estimated_lost_quantity,
        case
            when
                products.currency_code = '{{ var("reporting_currency_code") }}'
                then {{ money(
                    'covered.on_hand_quantity * products.unit_cost_amount'
                ) }}
        end as stock_cost_amount,
        case
            when
                products.currency_code = '{{ var("reporting_currency_code") }}'
                then {{ money(
                    'covered.on_hand_quantity * products.list_price_amount'
                ) }}
        end as stock_list_price_amount,

        {{ lasting_quantity(
            'covered.demand_quantity', 'covered.stocked_days_count'
        ) }} as lasting_quantity,

        covered.on_hand_quantity <= 0 as is_out_of_stock,
        (products.is_active or products.is_inferred)
        and not products.is_deleted
        and {{ runs_out('covered.on_hand_quantity', 'covered.days_of_cover') }}
            as needs_reorder,

        covered.as_of_date
    from covered
    inner join products
        on covered.product_key = products.product_key
),

rpt_stock_cover as (
    select
        product_key,

        source_name,
        product_id,

        sku,
        product_name,
        category_name,
        case
            when is_out_of_stock then 'out of stock'
            when days_of_cover is null then 'not selling'
            when days_of_cover < 7 then 'under 1 week'
            when days_of_cover < 14 then '1 to 2 weeks'
            when days_of_cover < 28 then '2 to 4 weeks'
            when days_of_cover < 56 then '4 to 8 weeks'
            else 'over 8 weeks'
        end as cover_band,
        case
            when not needs_reorder then null
            when is_out_of_stock then 'out of stock'
            else 'runs out before a delivery'
        end as reorder_reason,

        on_hand_quantity,
        sold_quantity,
        stocked_days_count,
        lost_sales_days_count,
        average_daily_sold_quantity,
        days_of_cover,
        estimated_lost_quantity,
        stock_cost_amount,
        stock_list_price_amount,
        {{ reorder_quantity('lasting_quantity', 'on_hand_quantity') }}
            as reorder_quantity,

        is_out_of_stock,
        needs_reorder,

        as_of_date
    from judged
)

select * from rpt_stock_cover
