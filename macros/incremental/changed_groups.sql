{% macro changed_groups() %}
    {%- set follows = model.config.meta.follows -%}
    {%- set key = model.config.unique_key -%}
    {%- set through = follows.through or {} -%}
    {%- if is_behind_change_logs(followed_change_logs()) %}
    select {{ key if key is string else key | join(', ') }}
    from {{ this }}
    {%- for name, group in follows.rows_of.items() %}
    union
    select {{ group }}
    from {{ ref(name) }}
    {%- endfor %}
    {%- else %}
    {%- for name, group in follows.rows_of.items() %}
    {%- if not loop.first %}
    union
    {%- endif %}
    select {{ group }}
    from {{ unread_changes(name) }}
    {%- endfor %}
    {%- for name, mappings in through.items() %}
    {%- for columns in ([mappings] if mappings is mapping else mappings) %}
    union
    select {{ follows.rows_of.values() | first }}
    from {{ ref(follows.rows_of.keys() | first) }}
    where
        ({{ columns.keys() | join(', ') }}) in (
            select {{ columns.values() | join(', ') }}
            from {{ unread_changes(name) }}
        )
    {%- endfor %}
    {%- endfor %}
    {%- endif %}
{% endmacro %}
