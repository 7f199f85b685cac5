{% macro create_missing_sources() %}
    {%- if execute -%}
        {%- set statements = ['create schema if not exists changes'] -%}
        {%- for table in graph.sources.values() -%}
            {%- set columns = {} -%}
            {%- for column in table.columns.values() -%}
                {%- do columns.update({column.name: column.data_type or 'varchar'}) -%}
            {%- endfor -%}
            {%- if table.config.meta.landing -%}
                {%- do columns.update(var('technical_columns')) -%}
            {%- endif -%}
            {%- set name = table.schema ~ '.' ~ table.identifier -%}
            {%- set listed = [] -%}
            {%- for column, type in columns.items() -%}
                {%- do listed.append(column ~ ' ' ~ type) -%}
            {%- endfor -%}
            {%- do statements.append(
                'create schema if not exists ' ~ table.schema
            ) -%}
            {%- do statements.append(
                'create table if not exists ' ~ name
                ~ ' (' ~ listed | join(', ') ~ ')'
            ) -%}
            {%- for column in listed -%}
                {%- do statements.append(
                    'alter table ' ~ name ~ ' add column if not exists ' ~ column
                ) -%}
            {%- endfor -%}
        {%- endfor -%}
        {%- do run_query(statements | join('; ')) -%}
        {#- dbt looked at what is there before: a snapshot has to know its table. -#}
        {%- for table in graph.sources.values() -%}
            {%- do adapter.cache_added(api.Relation.create(
                database=table.database,
                schema=table.schema,
                identifier=table.identifier,
                type='table'
            )) -%}
        {%- endfor -%}
    {%- endif -%}
{% endmacro %}
