with versions as (
    select * from {{ ref('int_product_versions_united') }}
),

-- A version that repeats the cost before it begins nothing.
cost_changes as (
    select *
    from versions
    qualify
        unit_cost_amount is distinct from lag(unit_cost_amount) over (
            partition by source_name, product_id order by updated_at
        )
        or row_number() over (
            partition by source_name, product_id order by updated_at
        ) = 1
),

-- Before its first known version a product cost what that version says.
dated as (
    select
        source_name,
        product_id,

        unit_cost_amount,

        case
            when
                row_number() over (
                    partition by source_name, product_id order by updated_at
                ) = 1
                then timestamp '1900-01-01'
            else updated_at
        end as valid_from,
        coalesce(
            lead(updated_at) over (
                partition by source_name, product_id order by updated_at
            ),
            timestamp '9999-12-31'
        ) as valid_to
    from cost_changes
)

select * from dated
