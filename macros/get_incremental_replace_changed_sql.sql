{% macro get_incremental_replace_changed_sql(arg_dict) %}
    {%- set target_relation = arg_dict['target_relation'] -%}
    {%- set key = arg_dict['unique_key'] -%}
    {%- set columns = arg_dict['dest_columns']
        | map(attribute='quoted') | join(', ') -%}
    {%- if key is string %}
    delete from {{ target_relation }}
    where {{ key }} in ({{ delivered_ids() }});
    {%- else %}
    delete from {{ target_relation }}
    where
        ({{ key | join(', ') }}) in ({{ changed_documents() }})
        or source_name not in ('{{ active_sources() | join("', '") }}');
    {%- endif %}

    insert into {{ target_relation }} ({{ columns }})
    select {{ columns }}
    from {{ arg_dict['temp_relation'] }};
{% endmacro %}
