{% macro find_changed_documents() %}
    {%- if execute and is_incremental() -%}
        create or replace temporary table changed_documents as
        {%- if model.fqn[1] == 'staging' %}
        {{ changed_entities(ref('stg_' ~ model.fqn[2] ~ '__changes')) }}
        {%- elif model.config.meta.follows.months_to %}
        {{ changed_months() }}
        {%- elif model.config.meta.follows.rows_of %}
        {{ changed_groups() }}
        {%- else %}
        {{ changed_documents(ref('int_changes_united')) }}
        {%- endif -%}
    {%- endif -%}
{% endmacro %}
