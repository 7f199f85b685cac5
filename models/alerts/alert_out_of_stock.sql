with stock as (
    select * from {{ ref('rpt_stock_now') }}
    where needs_reorder and is_out_of_stock and average_daily_sold_quantity > 0
),

cover as (
    select * from {{ ref('rpt_stock_cover') }}
),

sold_out as (
    select
        stock.*,
        cover.estimated_lost_quantity
    from stock
    left join cover
        on stock.product_key = cover.product_key
),

found as (
    select
        source_name,
        product_id as alert_id,
        'critical' as severity,
        'Out of stock: ' || {{ product_subject() }} as subject,
        'Nothing is left of a product that sells '
        || cast(
            cast(average_daily_sold_quantity as decimal(18, 2)) as varchar
        )
        || ' a day.'
        || case
            when estimated_lost_quantity >= 1
                then
                    ' About '
                    || cast(
                        cast(estimated_lost_quantity as decimal(18, 0))
                        as varchar
                    )
                    || ' could not be sold in the last '
                    || '{{ var("stock_cover_window_days") }} days.'
            else ''
        end
        || coalesce(' Order ' || reorder_quantity || '.', '') as detail,
        coalesce(last_moved_at, cast(last_averaged_date as timestamp))
            as occurred_at
    from sold_out
),

alert_out_of_stock as (
    {{ alerts_of('found', 'out_of_stock') }}
)

select * from alert_out_of_stock
