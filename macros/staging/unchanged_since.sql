{% macro unchanged_since(source_name, table_name) %}
    with full_deliveries as (
        {{ full_deliveries(source_name, table_name) }}
    ),

    files as (
        {{ landed_files(source_name, table_name) }}
    ),

    held as (
        select distinct
            {{ content_hash('delivered') }} as content,
            full_deliveries.delivery_number,
            full_deliveries.loaded_at
        from {{ source(source_name, table_name) }} as delivered
        inner join files
            on
                delivered._source_file = files.source_file
                and delivered._loaded_at = files.loaded_at
        inner join full_deliveries
            on coalesce(files.delivery, '') = full_deliveries.delivery
    ),

    in_a_row as (
        select
            *,
            delivery_number - row_number() over (
                partition by content order by delivery_number
            ) as first_number
        from held
    )

    select
        content,
        arg_min(loaded_at, delivery_number) as loaded_at
    from in_a_row
    group by
        content,
        first_number
    having
        max(delivery_number)
        = (select max(delivery_number) from full_deliveries)
{% endmacro %}
