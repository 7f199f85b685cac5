{% macro column_checks(staged, key, column, type) %}
    {%- set checks = [] -%}
    {%- set name, meta = column.name, column.config.meta -%}
    {%- set wanted = column.data_type | upper | replace(' ', '') -%}
    {%- set given = type | upper | replace(' ', '') -%}
    {%- set is_number = wanted.startswith('DECIMAL') or wanted == 'INTEGER' -%}
    {%- if 'WITHTIMEZONE' in given or (is_number and given in ['DOUBLE', 'FLOAT', 'REAL']) -%}
        {%- set remedy = 'utc() gives UTC' if 'WITH' in given else 'as_number() casts text' -%}
        {%- do checks.append((
            name ~ ' is of type ' ~ type ~ ', not ' ~ column.data_type ~ ': ' ~ remedy,
            offending_rows(staged, name, name ~ ' is not null')
        )) -%}
    {%- elif wanted != given -%}
        {%- set loses = 'try_cast(' ~ name ~ ' as ' ~ wanted ~ ') is null' -%}
        {%- if is_number -%}
            {%- set loses = loses ~ ' or try_cast(' ~ name ~ ' as decimal(38, 10))'
                ~ ' <> try_cast(' ~ name ~ ' as ' ~ wanted ~ ')' -%}
        {%- endif -%}
        {%- do checks.append((
            name ~ ' does not become ' ~ column.data_type ~ ' unchanged',
            offending_rows(staged, name, name ~ ' is not null and (' ~ loses ~ ')')
        )) -%}
    {%- endif -%}
    {%- if meta.required -%}
        {%- do checks.append((
            name ~ ' is null; it never may be',
            offending_rows(staged, key, name ~ ' is null')
        )) -%}
    {%- endif -%}
    {%- if meta.pattern -%}
        {%- do checks.append((
            name ~ ' is no code of ISO in capitals',
            offending_rows(
                staged, name, 'not regexp_full_match(' ~ name ~ ", '" ~ meta.pattern ~ "')"
            )
        )) -%}
    {%- endif -%}
    {%- if meta.one_of -%}
        {%- do checks.append((
            name ~ ' is none of ' ~ meta.one_of | join(', '),
            offending_rows(
                staged, name, name ~ " not in ('" ~ meta.one_of | join("', '") ~ "')"
            )
        )) -%}
    {%- endif -%}
    {%- if name == '_unread' -%}
        {%- do checks.append((
            '_unread: texts are empty or can not be read', offending_rows(
                staged, name, name ~ ' is not null'
            )
        )) -%}
    {%- endif -%}
    {%- do return(checks) -%}
{% endmacro %}
