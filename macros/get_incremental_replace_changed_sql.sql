{% macro get_incremental_replace_changed_sql(arg_dict) %}
    {%- set target_relation = arg_dict['target_relation'] -%}
    {%- set document_key = arg_dict['unique_key'] -%}
    {%- set columns = arg_dict['dest_columns']
        | map(attribute='quoted') | join(', ') -%}
    delete from {{ target_relation }}
    where
        {{ document_key }} in (
            {{ changed_documents(
                target_relation, document_key, ref('int_changes_united')
            ) }}
        )
        or source_name not in ('{{ active_sources() | join("', '") }}');

    insert into {{ target_relation }} ({{ columns }})
    select {{ columns }}
    from {{ arg_dict['temp_relation'] }};
{% endmacro %}
