-- A product that runs out keeps its alert: to clear it would say that it has
-- been reordered.
with stock as (
    select * from {{ ref('rpt_stock_now') }}
    where
        needs_reorder
        and (not is_out_of_stock or average_daily_sold_quantity > 0)
),

movements as (
    select
        *,
        {{ is_plausible('moved_at', 'movement_date') }} as is_plausible
    from {{ ref('fct_stock_movements') }}
    where movement_type = 'receipt' and quantity > 0
),

-- Receipts that the source has announced, and that the stock does not have
-- yet: they arrive before an order would.
announced as (
    select distinct movements.product_key
    from movements
    inner join stock
        on
            movements.product_key = stock.product_key
            and movements.movement_date > stock.last_averaged_date
            and movements.movement_date
            <= stock.last_averaged_date + {{ var('reorder_lead_days') }}
    where not movements.is_plausible
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
        coalesce(last_moved_at, cast(last_averaged_date as timestamp))
            as occurred_at
    from stock
    where product_key not in (select announced.product_key from announced)
),

alert_low_stock as (
    {{ alerts_of('found', 'low_stock') }}
)

select * from alert_low_stock
