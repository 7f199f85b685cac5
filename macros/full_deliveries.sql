{% macro full_deliveries(source_name, table_name) %}
    select
        coalesce(delivery, '') as delivery,
        row_number() over (order by coalesce(delivery, '')) as delivery_number,
        -- One that states no moment counts from when it, or one after it, came.
        coalesce(
            max(delivered_at),
            min(min(loaded_at)) over (
                order by coalesce(delivery, '')
                rows between current row and unbounded following
            )
        ) as delivered_at,
        max(loaded_at) as loaded_at,
        -- When it was last changed after it had come: a file of it, or one more.
        case when max(loaded_at) > min(loaded_at) then max(loaded_at) end
            as restated_at
    from {{ source('ops', 'loads') }}
    where
        source = '{{ source_name }}'
        and table_name = '{{ table_name }}'
        and status = 'loaded'
        and {{ delivered_whole(source_name, table_name) }}
    group by coalesce(delivery, '')
{% endmacro %}
