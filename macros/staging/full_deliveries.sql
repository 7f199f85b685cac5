{% macro full_deliveries(source_name, table_name) %}
    select
        coalesce(delivery, '') as delivery,
        row_number() over (order by coalesce(delivery, '')) as delivery_number,
        -- One that states no moment counts from when it, or one after it, came.
        coalesce(
            max(delivered_at),
            min(min(first_loaded_at)) over (
                order by coalesce(delivery, '')
                rows between current row and unbounded following
            )
        ) as delivered_at,
        max(loaded_at) as loaded_at,
        -- When it was last changed after it had come: a file of it, or one more.
        case when max(loaded_at) > min(first_loaded_at) then max(loaded_at) end
            as restated_at
    from (
        select
            *,
            min(loaded_at) over (partition by source_file) as first_loaded_at
        from {{ source('ops', 'loads') }}
        where
            source = '{{ source_name }}'
            and table_name = '{{ table_name }}'
            and status = 'loaded'
            and {{ delivered_whole(source_name, table_name) }}
        qualify
            row_number() over (
                partition by source_file order by loaded_at desc
            ) = 1
    ) as newest
    group by coalesce(delivery, '')
{% endmacro %}
