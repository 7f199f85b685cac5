{% macro delivered_versions(source_name, table_name, key, ignored=[]) %}
    with files as (
        {{ landed_files(source_name, table_name) }}
    ),

    -- Of deliveries of one moment the last counts.
    full_deliveries as (
        select
            delivery,
            delivered_at,
            loaded_at,
            row_number() over (order by delivery) as delivery_number
        from (
            {{ full_deliveries(source_name, table_name) }}
        ) as numbered
        qualify
            row_number() over (
                partition by delivered_at order by delivery desc
            ) = 1
    ),

    states as (
        select
            delivered.*,
            full_deliveries.delivered_at as _valid_from,
            full_deliveries.delivery_number as _number,
            {{ content_hash('delivered', ignored) }} as _content
        from {{ source(source_name, table_name) }} as delivered
        inner join files
            on
                delivered._source_file = files.source_file
                and delivered._loaded_at = files.loaded_at
        inner join full_deliveries
            on coalesce(files.delivery, '') = full_deliveries.delivery
        where ({{ key }}) is not null
        qualify
            row_number() over (
                partition by {{ key }}, full_deliveries.delivery
                order by delivered._source_file desc, delivered._row_number desc
            ) = 1
    ),

    compared as (
        select
            *,
            lag(_number) over by_key as _number_before,
            lag(_content) over by_key as _content_before,
            lead(_number) over by_key as _number_after
        from states
        window by_key as (partition by {{ key }} order by _number)
    ),

    changed as (
        select
            * exclude (
                _number, _content,
                _number_before, _content_before, _number_after
            ),
            false as _is_deleted
        from compared
        where
            _number_before is distinct from _number - 1
            or _content <> _content_before
    ),

    vanished as (
        select
            compared.* exclude (
                _number, _content,
                _number_before, _content_before, _number_after
            ) replace (
                next.delivered_at as _valid_from,
                greatest(compared._loaded_at, next.loaded_at) as _loaded_at
            ),
            true as _is_deleted
        from compared
        inner join full_deliveries as next
            on compared._number + 1 = next.delivery_number
        where
            compared._number_after is distinct from compared._number + 1
    )

    select * from changed
    union all by name
    select * from vanished
{% endmacro %}
