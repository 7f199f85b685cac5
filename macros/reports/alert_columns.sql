{% macro alert_columns() %}
    {%- do return({
        'alert_key': 'varchar',
        'source_name': 'varchar',
        'alert_rule': 'varchar',
        'severity': 'varchar',
        'subject': 'varchar',
        'detail': 'varchar',
        'stale_reason': 'varchar',
        'is_event': 'boolean',
        'is_stale': 'boolean',
        'occurred_at': 'timestamp',
    }) -%}
{% endmacro %}
