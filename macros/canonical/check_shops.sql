{% macro check_shops() %}
    {%- if execute -%}
        {%- set shops = var('shops') -%}
        {%- set entities = [] -%}
        {%- for node in graph.nodes.values() if node.resource_type == 'model'
            and node.name.startswith('int_') and node.name.endswith('_united') -%}
            {%- do entities.append(node.name[4:-7]) -%}
        {%- endfor -%}
        {%- for source_name in active_sources() if source_name not in shops -%}
            {%- do exceptions.raise_compiler_error(
                "STOREHOUSE_SOURCES names '" ~ source_name ~ "', which is not declared."
                ~ " Declared under vars.shops in dbt_project.yml: "
                ~ shops | sort | join(', ')
                ~ ". Separate names by commas, without spaces."
            ) -%}
        {%- endfor -%}
        {%- set zones = [] -%}
        {%- for source_name, shop in shops.items() -%}
            {%- do zones.append(source_name ~ "', '" ~ shop.time_zone) -%}
            {%- for key in ['time_zone', 'currency_code', 'entities']
                if not shop[key] -%}
                {%- do exceptions.raise_compiler_error(
                    "vars.shops." ~ source_name ~ " in dbt_project.yml has no "
                    ~ key ~ ". Add it; docs/add-a-source.md explains it."
                ) -%}
            {%- endfor -%}
            {%- for entity in shop.entities if entity not in entities -%}
                {%- do exceptions.raise_compiler_error(
                    "vars.shops." ~ source_name ~ ".entities in dbt_project.yml names '"
                    ~ entity ~ "', which is not an entity. Entities: "
                    ~ entities | sort | join(', ') ~ "."
                ) -%}
            {%- endfor -%}
            {%- if shop.history not in ['snapshot', none] and shop.history is defined -%}
                {%- do exceptions.raise_compiler_error(
                    "vars.shops." ~ source_name ~ ".history in dbt_project.yml is '"
                    ~ shop.history ~ "'. Set it to snapshot or leave it out."
                ) -%}
            {%- endif -%}
        {%- endfor -%}
        {%- for name, zone in run_query(
            "select shop_name, time_zone from (values ('"
            ~ zones | join("'), ('") ~ "')) as shops (shop_name, time_zone)"
            ~ " where lower(time_zone) not in"
            ~ " (select lower(name) from pg_timezone_names())"
        ).rows -%}
            {%- do exceptions.raise_compiler_error(
                "vars.shops." ~ name ~ ".time_zone in dbt_project.yml is '"
                ~ zone ~ "', which is not a time zone. Use an IANA name, such as Europe/London."
            ) -%}
        {%- endfor -%}
    {%- endif -%}
{% endmacro %}
