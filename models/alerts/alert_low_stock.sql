-- A product that runs out keeps its alert: to clear it would say that it has
-- been reordered.
with cover as (
    select * from {{ ref('rpt_stock_cover') }}
    where
        needs_reorder
        and (not is_out_of_stock or average_daily_sold_quantity > 0)
),

movements as (
    select * from {{ ref('fct_stock_movements') }}
    where movement_type = 'receipt' and quantity > 0
),

-- Receipts that the source has announced: they arrive before an order would.
announced as (
    select distinct movements.product_key
    from movements
    inner join cover
        on
            movements.product_key = cover.product_key
            and movements.movement_date > cover.as_of_date
            and movements.movement_date
            <= cover.as_of_date + {{ var('reorder_lead_days') }}
),

found as (
    select
        source_name,
        product_id as alert_id,
        'warning' as severity,
        'Low stock: ' || {{ product_subject() }} as subject,
        case
            when is_out_of_stock then 'Nothing is left of what sells '
            else
                'There are ' || on_hand_quantity || ' left, which lasts '
                || cast(cast(days_of_cover as decimal(18, 1)) as varchar)
                || ' days at '
        end
        || cast(
            cast(average_daily_sold_quantity as decimal(18, 2)) as varchar
        )
        || ' a day; a delivery takes {{ var("reorder_lead_days") }} days.'
        || coalesce(' Order ' || reorder_quantity || '.', '') as detail,
        cast(as_of_date as timestamp) as occurred_at
    from cover
    where product_key not in (select announced.product_key from announced)
),

alert_low_stock as (
    {{ alerts_of('found', 'low_stock') }}
)

select * from alert_low_stock
