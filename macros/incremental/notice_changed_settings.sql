{% macro notice_changed_settings() %}
    {%- if execute and flags.WHICH in ['build', 'run'] -%}
        {%- set rows = run_query(
            "select relation_name, setting_name, 'is ' || setting_value"
            ~ " from ops.row_settings order by relation_name"
        ).rows -%}
        {%- set held = {} -%}
        {%- for relation_name, setting_name, value in rows -%}
            {%- do held.setdefault(relation_name, {}).update({setting_name: value[3:]}) -%}
        {%- endfor -%}
        {%- set changed = {} -%}
        {%- for node in graph.nodes.values()
            if node.config.materialized == 'incremental' and not flags.FULL_REFRESH -%}
            {%- set before = held.get(node.schema ~ '.' ~ node.alias, {}) -%}
            {%- for name, value in (row_settings(node) if before else {}).items()
                if before.get(name, value) != value | string -%}
                {%- set said = 'The seed ' ~ name[6:] ~ ' has changed'
                    if name.startswith('seeds.')
                    else name ~ ' has changed from ' ~ before[name] ~ ' to ' ~ value -%}
                {%- do changed.setdefault(said, []).append(node.name) -%}
            {%- endfor -%}
        {%- endfor -%}
        {%- for said, names in changed.items() -%}
            {%- do exceptions.warn(
                said ~ '. Incremental models that hold rows of before are built anew'
                ~ ' from all landed rows when they run: ' ~ names | length ~ '.'
            ) -%}
        {%- endfor -%}
    {%- endif -%}
{% endmacro %}
