{% set findings = [
    'fnd_keys', 'fnd_orders', 'fnd_order_lines', 'fnd_refunds', 'fnd_payments',
    'fnd_values', 'fnd_activity',
] -%}
with united as (
    {%- for name in findings %}
    {{ 'union all' if not loop.first }}
    select * from {{ ref(name) }}
    {%- endfor %}
),

-- An order may break a rule by its head and by its refunds.
grouped as (
    select
        source_name,
        rule_name,
        document_type,
        document_id,
        max(currency_code) as currency_code,
        string_agg(expected, '; ' order by expected) as expected,
        string_agg(found, '; ' order by found) as found,
        {{ money('sum(amount)') }} as amount,
        cast(sum(row_count) filter (where is_kept_out) as bigint)
            as kept_out_count
    from united
    where document_id is not null
    group by source_name, rule_name, document_type, document_id
),

newest_rates as (
    select
        currency_code,
        arg_max(rate, rate_date) as rate
    from {{ ref('int_exchange_rates_filled') }}
    group by currency_code
),

fnd_united as (
    select
        grouped.source_name,
        grouped.rule_name,
        grouped.document_type,
        grouped.document_id,
        grouped.currency_code,
        grouped.expected,
        grouped.found,
        grouped.amount,
        {{ in_reporting_currency(
            'grouped.amount', 'grouped.currency_code', 'newest_rates.rate'
        ) }} as reporting_amount,
        coalesce(grouped.kept_out_count, 0) as kept_out_count
    from grouped
    left join newest_rates
        on grouped.currency_code = newest_rates.currency_code
)

select * from fnd_united
