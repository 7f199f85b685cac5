with rates as (
    select * from {{ ref('int_exchange_rates_united') }}
),

-- In whole numbers, as a fraction and a power of ten: DuckDB divides decimals
-- as doubles, and its widest number holds a product of two of 18 digits.
units as (
    select
        *,
        cast(replace(cast(rate as varchar), '.', '') as hugeint) as unit_count,
        greatest(length(cast(unit_count as varchar)) - 18, 0) as digits_left_out
    from rates
    where rate > 0
),

mantissas as (
    select
        source_name,
        base_currency_code,
        quote_currency_code,
        rate,
        {{ divided(
            'unit_count', 'cast(power(10, digits_left_out) as hugeint)'
        ) }} as mantissa,
        20 - digits_left_out as decimals,
        rate_date,
        _loaded_at
    from units
),

directions as (
    select
        source_name,
        base_currency_code as from_currency_code,
        quote_currency_code as to_currency_code,
        rate as stated_rate,
        mantissa as numerator,
        cast(1 as hugeint) as denominator,
        -decimals as power_of_ten,
        rate_date,
        _loaded_at,
        1 as priority
    from mantissas
    union all
    select
        source_name,
        quote_currency_code as from_currency_code,
        base_currency_code as to_currency_code,
        null as stated_rate,
        cast(1 as hugeint) as numerator,
        mantissa as denominator,
        decimals as power_of_ten,
        rate_date,
        _loaded_at,
        2 as priority
    from mantissas
),

legs as (
    select *
    from directions
    qualify
        row_number() over (
            partition by
                source_name, rate_date, from_currency_code, to_currency_code
            order by priority
        ) = 1
),

legs_to_reporting as (
    select * from legs
    where to_currency_code = '{{ var("reporting_currency_code") }}'
),

crossed as (
    select
        legs.source_name,
        legs.from_currency_code,
        legs.numerator * legs_to_reporting.numerator as numerator,
        legs.denominator * legs_to_reporting.denominator as denominator,
        legs.power_of_ten + legs_to_reporting.power_of_ten as power_of_ten,
        legs.rate_date,
        greatest(legs._loaded_at, legs_to_reporting._loaded_at) as _loaded_at,
        3 as priority
    from legs
    inner join legs_to_reporting
        on
            legs.source_name = legs_to_reporting.source_name
            and legs.rate_date = legs_to_reporting.rate_date
            and legs.to_currency_code = legs_to_reporting.from_currency_code
    where
        legs.from_currency_code <> legs_to_reporting.to_currency_code
        and legs.to_currency_code <> legs.from_currency_code
        and legs.to_currency_code <> legs_to_reporting.to_currency_code
    qualify
        row_number() over (
            partition by
                legs.source_name, legs.rate_date, legs.from_currency_code
            order by legs.to_currency_code
        ) = 1
),

found as (
    select * exclude (to_currency_code) from legs_to_reporting
    union all by name
    select * from crossed
),

-- In units of the twentieth decimal.
fractions as (
    select
        * exclude (denominator, power_of_ten),
        denominator * cast(
            power(10, greatest(-20 - power_of_ten, 0)) as hugeint
        ) as denominator,
        greatest(20 + power_of_ten, 0) as places
    from found
),

-- Half up, once; what is stated stays what it is. What 38 digits can't hold is
-- no rate.
rounded as (
    select
        source_name,
        from_currency_code,
        priority,
        case
            when stated_rate is not null then stated_rate
            when
                length(cast(numerator as varchar)) + places
                - length(cast(denominator as varchar)) < 38
                then cast(
                    cast(
                        {{ long_divided('numerator', 'denominator', 'places') }}
                        as decimal(38, 0)
                    ) * 0.00000000000000000001 as decimal(38, 20)
                )
        end as rate,
        rate_date,
        _loaded_at
    from fractions
),

-- A rate counts until the next one of its source and kind, but not for ever.
periods as (
    select
        *,
        least(
            lead(rate_date, 1, date '9999-12-31') over (
                partition by source_name, from_currency_code, priority
                order by rate_date
            ),
            rate_date + {{ var('max_exchange_rate_age_days') }} + 1
        ) as end_date
    from rounded
    where rate > 0
),

days as (
    select
        periods.*,
        cast(days.day_at as date) as day_date
    from periods
    cross join
        unnest(generate_series(
            cast(periods.rate_date as timestamp),
            cast(periods.end_date - 1 as timestamp),
            interval '1 day'
        )) as days (day_at)
),

filled as (
    select
        from_currency_code as currency_code,
        '{{ var("reporting_currency_code") }}' as reporting_currency_code,

        source_name,
        case priority
            when 1 then 'stated'
            when 2 then 'inverse'
            else 'crossed'
        end as rate_kind,

        rate,

        day_date as rate_date,
        rate_date as stated_date,

        _loaded_at
    from days
    qualify
        row_number() over (
            partition by day_date, from_currency_code
            order by
                priority,
                list_position([
                    {%- for name in var('shops') %}
                    '{{ name }}'{{ ',' if not loop.last }}
                    {%- endfor %}
                ], source_name),
                source_name
        ) = 1
)

select * from filled
