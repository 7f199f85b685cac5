{% macro entry_types_of(measure) %}
    {%- set parts = {
        'net_sales': ['gross_sales', 'discounts', 'returns'],
        'total_sales': [
            'gross_sales', 'discounts', 'returns', 'shipping', 'tax', 'fees',
            'adjustments',
        ],
    } -%}
    {%- do return(
        entry_types()
        | selectattr('sales_measure', 'in', parts.get(measure, [measure]))
        | map(attribute='entry_type') | list
    ) -%}
{% endmacro %}
