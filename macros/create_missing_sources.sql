{% macro create_missing_sources() %}
    {%- if execute and target.type == 'duckdb' -%}
        {%- for table in graph.sources.values() -%}
            {%- set columns = [] -%}
            {%- for column in table.columns.values() -%}
                {%- do columns.append(column.name ~ ' ' ~ column.data_type) -%}
            {%- endfor -%}
            {%- if table.config.meta.landing -%}
                {%- for name, type in var('technical_columns').items() -%}
                    {%- do columns.append(name ~ ' ' ~ type) -%}
                {%- endfor -%}
            {%- endif -%}
            {%- do run_query('create schema if not exists ' ~ table.schema) -%}
            {%- do run_query(
                'create table if not exists ' ~ table.schema ~ '.'
                ~ table.identifier ~ ' (' ~ columns | join(', ') ~ ')'
            ) -%}
        {%- endfor -%}
    {%- endif -%}
{% endmacro %}
