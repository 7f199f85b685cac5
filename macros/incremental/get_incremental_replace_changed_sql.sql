{% macro get_incremental_replace_changed_sql(arg_dict) %}
    {%- set target_relation = arg_dict['target_relation'] -%}
    {%- set temp_relation = arg_dict['temp_relation'] -%}
    {%- set logs = model.config.meta.logs -%}
    {%- set columns = arg_dict['dest_columns']
        | map(attribute='quoted') | join(', ') %}
    delete from {{ target_relation }}
    where
        rowid in (
            select row_id
            from {% if logs %}rows_before{% else %}({{ replaced_rows() }}){% endif %}
        );
    insert into {{ target_relation }} ({{ columns }})
    select {{ columns }}
    from {{ temp_relation }};
    {% if logs -%}
    {{ note_changes(temp_relation) }}
    {%- endif %}
{% endmacro %}
