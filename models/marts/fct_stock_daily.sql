{% set parts = [
    ('received_quantity', 'receipt', ''),
    ('sold_quantity', 'sale', '-'),
    ('returned_quantity', 'return', ''),
    ('written_off_quantity', 'write_off', '-'),
    ('counted_difference_quantity', 'count', ''),
] -%}
with movements as (
    select * from {{ ref('fct_stock_movements') }}
),

business_dates as (
    select
        source_name,
        movement_date as business_date
    from movements
    union all
    select
        source_name,
        entry_date as business_date
    from {{ ref('fct_ledger_entries') }}
    union all
    select
        source_name,
        payment_date as business_date
    from {{ ref('fct_payments') }}
),

last_dates as (
    select
        source_name,
        max(business_date) as last_date
    from business_dates
    group by source_name
),

moved as (
    select
        product_key,
        source_name,
        {%- for column, movement_type, sign in parts %}
        cast(coalesce(
            {{ sign }}sum(quantity)
            filter (where movement_type = '{{ movement_type }}'), 0
        ) as bigint) as {{ column }},
        {%- endfor %}
        cast(sum(quantity) as bigint) as change_quantity,
        movement_date
    from movements
    group by product_key, source_name, movement_date
),

-- From one day with movements to the next a product's stock stands still.
stretches as (
    select
        moved.*,
        cast(sum(moved.change_quantity) over so_far as bigint)
            as on_hand_quantity,
        lead(moved.movement_date, 1, last_dates.last_date + 1) over so_far
            as next_movement_date
    from moved
    inner join last_dates
        on moved.source_name = last_dates.source_name
    window so_far as (
        partition by moved.product_key
        order by moved.movement_date
    )
),

days as (
    select
        *,
        cast(
            unnest(range(movement_date, next_movement_date, interval '1 day'))
            as date
        ) as stock_date
    from stretches
),

fct_stock_daily as (
    select
        product_key,

        source_name,

        on_hand_quantity
        - case when stock_date = movement_date then change_quantity else 0 end
            as opening_quantity,
        {%- for column, _, _ in parts %}
        case when stock_date = movement_date then {{ column }} else 0 end
            as {{ column }},
        {%- endfor %}
        on_hand_quantity,

        stock_date
    from days
)

select * from fct_stock_daily
