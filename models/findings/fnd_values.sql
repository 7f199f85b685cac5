{% set reporting = var('reporting_currency_code') -%}
with unvalued as (
    select * from {{ ref('fct_ledger_entries') }}
    where reporting_amount is null
),

uncosted as (
    select
        lines.source_name,
        versions.product_id,
        lines.cost_currency_code,
        lines.cost_currency_code as currency_code,
        lines.quantity * versions.unit_cost_amount as cost_amount
    from {{ ref('fct_order_lines') }} as lines
    inner join {{ ref('dim_products_history') }} as versions
        on lines.product_version_key = versions.product_version_key
    where
        lines.unit_cost_amount is null
        and versions.unit_cost_amount is not null
),

rates as (
    select
        *,
        base_currency_code as currency_code,
        rate_date || ' ' || base_currency_code || '/' || quote_currency_code
            as rate_id
    from {{ ref('int_exchange_rates_united') }}
    where rate <= 0 or rate is null or rate_date is null
),

fnd_values as (
    {{ findings_of('unvalued', 'document_type', 'document_id', [{
        'name': 'rate_missing',
        'when': 'true',
        'expected': "'a rate of ' || currency_code || ' in " ~ reporting
            ~ " on ' || entry_date",
        'found': 'null',
        'amount': "case document_type when 'order' then amount else -amount end",
    }]) }}
    union all
    {{ findings_of('uncosted', "'product'", 'product_id', [{
        'name': 'cost_without_rate',
        'when': 'true',
        'expected': "'a rate of ' || cost_currency_code || ' in " ~ reporting
            ~ "'",
        'found': 'null',
        'amount': 'cost_amount',
    }]) }}
    union all
    {{ findings_of('rates', "'exchange_rate'", 'rate_id', [{
        'name': 'rate_not_positive',
        'when': 'true',
        'expected': "'a date and more than 0'",
        'found': 'rate',
    }]) }}
)

select * from fnd_values
