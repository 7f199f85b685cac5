{% macro check_source(source_name) %}
    {%- set entities = var('shops')[source_name].entities -%}
    {%- set values = [] -%}
    {%- for entity in entities -%}
        {%- set united = graph.nodes['model.storehouse.int_' ~ entity ~ '_united'] -%}
        {%- set staged = staged_relation(source_name, entity) -%}
        {%- set types = {} -%}
        {%- for column in adapter.get_columns_in_relation(staged) -%}
            {%- do types.update({column.name: column.dtype}) -%}
        {%- endfor -%}
        {%- set key = entity_key(entity)
            + (['updated_at'] if entity.endswith('_versions') else []) -%}
        {%- set key_text = "concat_ws(' ', " ~ key | join(', ') ~ ')' -%}
        {%- set checks = [] -%}
        {%- set missing = missing_columns(types.keys() | list, united) -%}
        {%- for name in missing -%}
            {%- do checks.append((
                'it lacks ' ~ name ~ ' (' ~ united.columns[name].data_type ~ '): '
                ~ united.columns[name].description,
                'select 1, null'
            )) -%}
        {%- endfor -%}
        {%- for name in types if name not in united.columns -%}
            {%- do checks.append((
                'note: nothing reads its column ' ~ name, 'select 1, null'
            )) -%}
        {%- endfor -%}
        {%- do checks.append((
            'note: it has no rows',
            'select 1, null where not exists (select 1 from ' ~ staged ~ ')'
        )) -%}
        {%- for name, type in types.items() if name in united.columns -%}
            {%- do checks.extend(column_checks(
                staged, key_text if not missing else "''", united.columns[name], type
            )) -%}
        {%- endfor -%}
        {%- if not missing -%}
            {%- do checks.extend(row_checks(source_name, entity, staged, key, united)) -%}
        {%- endif -%}
        {%- for problem, query in checks -%}
            {%- do values.append(
                "('" ~ staged.identifier ~ "', '" ~ problem | replace("'", "''")
                ~ "', '" ~ query | replace("'", "''") ~ "')"
            ) -%}
        {%- endfor -%}
    {%- endfor -%}
    {#- An operation's transaction is rolled back else. -#}
    {%- do run_query(
        'create or replace table ops.source_checks as select * from (values '
        ~ values | join(', ') ~ ') as checks (model_name, problem, query); commit'
    ) -%}
{% endmacro %}
