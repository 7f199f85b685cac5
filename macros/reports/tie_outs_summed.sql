{% macro tie_outs_summed(compared, keys=[]) %}
    select
        check_name,
        source_name,
        case when is_exception then compared_key end as compared_key,
        case when is_exception then compared_id end as compared_id,
        case when is_exception then currency_code end as currency_code,

        {{ money('sum(expected_amount) filter (where is_exception)') }}
            as expected_amount,
        {{ money('sum(found_amount) filter (where is_exception)') }}
            as found_amount,
        {{ money('sum(reporting_expected_amount)') }}
            as reporting_expected_amount,
        {{ money('sum(reporting_found_amount)') }} as reporting_found_amount,
        count(*) as compared_count,

        is_exception
        {%- for key in keys %},
        {{ key }}
        {%- endfor %}
    from {{ compared }}
    group by all
{%- endmacro %}
