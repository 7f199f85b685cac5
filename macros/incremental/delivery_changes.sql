{% macro delivery_changes(source_name, table_name, document_id, ignored) %}
    with files as (
        {{ landed_files(source_name, table_name) }}
    ),

    full_deliveries as (
        {{ full_deliveries(source_name, table_name) }}
    ),

    states as (
        select
            delivered.{{ document_id }} as document_id,
            full_deliveries.delivery_number,
            sum({{ content_hash('delivered', ignored) }}) as content
        from {{ source(source_name, table_name) }} as delivered
        inner join files
            on
                delivered._source_file = files.source_file
                and delivered._loaded_at = files.loaded_at
        inner join full_deliveries
            on coalesce(files.delivery, '') = full_deliveries.delivery
        group by
            delivered.{{ document_id }},
            full_deliveries.delivery_number
    ),

    compared as (
        select
            *,
            lag(delivery_number) over by_document as number_before,
            lag(content) over by_document as content_before,
            lead(delivery_number) over by_document as number_after
        from states
        window by_document as (
            partition by document_id order by delivery_number
        )
    ),

    differing as (
        select
            document_id,
            delivery_number,
            number_before is null as is_first
        from compared
        where
            number_before is distinct from delivery_number - 1
            or content <> content_before
        union all
        select
            document_id,
            delivery_number + 1 as delivery_number,
            false as is_first
        from compared
        where number_after is distinct from delivery_number + 1
    ),

    changed as (
        select
            differing.document_id,
            case
                when not differing.is_first then full_deliveries.delivered_at
            end as changed_from,
            greatest(
                full_deliveries.loaded_at,
                coalesce(before.loaded_at, full_deliveries.loaded_at)
            ) as _loaded_at
        from differing
        inner join full_deliveries
            on differing.delivery_number = full_deliveries.delivery_number
        left join full_deliveries as before
            on differing.delivery_number = before.delivery_number + 1
    ),

    -- A delivery that was corrected may have moved anything.
    restated as (
        select distinct
            delivered.{{ document_id }} as document_id,
            cast(null as timestamp) as changed_from,
            restatements.restated_at as _loaded_at
        from {{ source(source_name, table_name) }} as delivered
        cross join (
            select max(restated_at) as restated_at from full_deliveries
        ) as restatements
        where restatements.restated_at is not null
    )

    select * from changed
    union all
    select * from restated
{% endmacro %}
