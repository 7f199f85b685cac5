with versions as (
    select
        *,
        lag(unit_cost_amount) over (
            partition by source_name, product_id order by updated_at
        ) as previous_unit_cost_amount,
        row_number() over (
            partition by source_name, product_id order by updated_at
        ) as version_number
    from {{ ref('int_product_versions_united') }}
),

-- A version that repeats the cost before it begins nothing.
cost_changes as (
    select *
    from versions
    where
        version_number = 1
        or unit_cost_amount is distinct from previous_unit_cost_amount
),

-- Before its first known version a product cost what that version says.
dated as (
    select
        source_name,
        product_id,

        {{ money(in_reporting_currency('unit_cost_amount', 'currency_code')) }}
            as unit_cost_amount,

        case
            when version_number = 1 then timestamp '1900-01-01'
            else updated_at
        end as valid_from,
        lead(updated_at, 1, timestamp '9999-12-31') over (
            partition by source_name, product_id order by updated_at
        ) as valid_to
    from cost_changes
)

select * from dated
