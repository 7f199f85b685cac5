with movements as (
    select
        *,
        {{ is_plausible('moved_at', 'movement_date') }} as is_plausible
    from {{ ref('fct_stock_movements') }}
    where {{ in_changed_groups('product_key') }}
),

products as (
    select * from {{ ref('dim_products') }}
),

cover as (
    select * from {{ ref('rpt_stock_cover') }}
),

last_dates as (
    select
        source_name,
        max(as_of_date) as as_of_date
    from cover
    group by source_name
),

-- A receipt that is announced for a later day has not moved yet.
on_hand as (
    select
        movements.product_key,
        any_value(movements.source_name) as source_name,
        cast(sum(movements.quantity) as bigint) as on_hand_quantity,
        max(movements.moved_at) as last_moved_at
    from movements
    left join last_dates
        on movements.source_name = last_dates.source_name
    where
        movements.is_plausible
        or coalesce(movements.movement_date <= last_dates.as_of_date, false)
    group by movements.product_key
),

covered as (
    select
        on_hand.product_key,

        coalesce(products.source_name, on_hand.source_name) as source_name,
        products.product_id,

        products.sku,
        products.product_name,
        products.category_name,

        on_hand.on_hand_quantity,
        cover.average_daily_sold_quantity,
        {{ quotient(
            'greatest(on_hand.on_hand_quantity, 0) * cover.stocked_days_count',
            'greatest(cover.sold_quantity, 0)', 18, 4
        ) }} as days_of_cover,
        {{ lasting_quantity(
            'greatest(cover.sold_quantity, 0)', 'cover.stocked_days_count'
        ) }} as lasting_quantity,

        on_hand.on_hand_quantity <= 0 as is_out_of_stock,
        coalesce(products.is_active or products.is_inferred, true)
        and not coalesce(products.is_deleted, false) as can_be_bought,

        cover.as_of_date as last_averaged_date,
        on_hand.last_moved_at
    from on_hand
    left join products
        on on_hand.product_key = products.product_key
    left join cover
        on on_hand.product_key = cover.product_key
),

judged as (
    select
        *,
        can_be_bought
        and {{ runs_out('on_hand_quantity', 'days_of_cover') }}
            as needs_reorder
    from covered
),

rpt_stock_now as (
    select
        product_key,

        source_name,
        product_id,

        sku,
        product_name,
        category_name,

        on_hand_quantity,
        average_daily_sold_quantity,
        days_of_cover,
        {{ reorder_quantity('lasting_quantity', 'on_hand_quantity') }}
            as reorder_quantity,

        is_out_of_stock,
        needs_reorder,

        last_averaged_date,
        last_moved_at
    from judged
)

select * from rpt_stock_now
