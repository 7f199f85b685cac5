{% test unique(model, column_name) %}
    {{ test_unique_together(model, [column_name]) }}
{% endtest %}
