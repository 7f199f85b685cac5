{% macro get_incremental_replace_changed_sql(arg_dict) %}
    {%- set target_relation = arg_dict['target_relation'] -%}
    {%- set key = arg_dict['unique_key'] -%}
    {%- set columns = arg_dict['dest_columns']
        | map(attribute='quoted') | join(', ') -%}
    {%- set documents = [key] if key is string else key %}
    delete from {{ target_relation }}
    where ({{ documents | join(', ') }}) in (select * from changed_documents);
    {% if 'source_name' in documents %}
    delete from {{ target_relation }}
    where source_name not in ('{{ active_sources() | join("', '") }}');
    {% endif %}
    insert into {{ target_relation }} ({{ columns }})
    select {{ columns }}
    from {{ arg_dict['temp_relation'] }};
{% endmacro %}
