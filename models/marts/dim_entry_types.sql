with entry_types as (
    select * from {{ ref('entry_types') }}
),

dim_entry_types as (
    select
        entry_type,
        sales_measure,
        is_net_sales,
        is_total_sales
    from entry_types
)

select * from dim_entry_types
