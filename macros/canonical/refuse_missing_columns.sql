{% macro refuse_missing_columns(staged, provided) %}
    {#- Where a model is only compiled, an older version of the view may stand. -#}
    {%- if execute and flags.WHICH in ['build', 'run'] -%}
        {%- set missing = missing_columns(provided, model) -%}
        {%- if missing -%}
            {%- do exceptions.raise_compiler_error(
                staged.identifier ~ ' lacks ' ~ missing | join(', ')
                ~ '. Select it there; for what the source does not have, select null or what '
                ~ model.original_file_path | replace('.sql', '.yml')
                ~ ' states for the column.'
            ) -%}
        {%- endif -%}
    {%- endif -%}
{% endmacro %}
