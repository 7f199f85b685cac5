{% macro share_of_line(amount, so_far, line, whole, minor_unit) -%}
    {%- set unit = 'case when ' ~ amount ~ ' % ' ~ minor_unit ~ ' = 0 then '
        ~ minor_unit ~ ' else 1 end' -%}
    {%- set units = 'abs(' ~ amount ~ ') // ' ~ unit -%}
    {{ money_of_ten_thousandths(
        'sign(' ~ amount ~ ') * ' ~ unit ~ ' * ('
        ~ allocated(units, so_far, whole) ~ ' - '
        ~ allocated(units, so_far ~ ' - ' ~ line, whole) ~ ')'
    ) }}
{%- endmacro %}
