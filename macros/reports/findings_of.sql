{% macro findings_of(rows, document_type, document_id, rules) %}
    {%- for rule in rules %}
    {%- if not loop.first %}
    union all
    {%- endif %}
    select
        source_name,
        '{{ rule.name }}' as rule_name,
        {{ document_type }} as document_type,
        cast({{ document_id }} as varchar) as document_id,
        max(currency_code) as currency_code,
        array_to_string(
            list_sort(list(distinct cast({{ rule.expected }} as varchar)))[1:3],
            '; '
        ) as expected,
        array_to_string(
            list_sort(list(distinct coalesce(
                cast({{ rule.found }} as varchar), 'nothing'
            )))[1:3],
            '; '
        ) as found,
        {{ money('coalesce(sum(' ~ (rule.amount or 0) ~ '), 0)') }} as amount,
        count(*) as row_count,
        {{ 'true' if rule.is_kept_out else 'false' }} as is_kept_out
    from {{ rows }}
    where {{ rule.when }}
    group by source_name, {{ document_type }}, {{ document_id }}
    {%- endfor %}
{% endmacro %}
