{% macro changed_documents() %}
    {%- set follows = model.config.meta.follows -%}
    {%- set key = model.config.unique_key -%}
    with delivered as (
        select
            changes.source_name,
            changes.document_type,
            changes.document_id,
            min(changes.changed_from) as changed_from
        from {{ ref('int_changes_united') }} as changes
        left join ops.watermarks as watermarks
            on
                changes.source_name = watermarks.source_name
                and watermarks.relation_name
                = '{{ this.schema }}.{{ this.identifier }}'
        where
            watermarks.loaded_until is null
            or changes._loaded_at > watermarks.loaded_until
        group by
            changes.source_name,
            changes.document_type,
            changes.document_id
    )

    select
        source_name,
        {{ 'document_type,' if 'document_type' in key }}
        document_id as {{ key | last }}
    from delivered
    where document_type in ('{{ follows.documents | join("', '") }}')
    {% if follows.orders_of -%}
    union
    select {{ key | join(', ') }}
    from {{ this }}
    where
        {{ follows.orders_of }} in (
            select {{ surrogate_key("'order'", 'document_id') }}
            from delivered
            where document_type = 'order'
        )
    {% endif -%}
    {% if follows.product_terms_at -%}
    union
    select {{ 'booked.' ~ key | join(', booked.') }}
    from {{ this }} as booked
    inner join delivered
        on
            delivered.document_type = 'product'
            and booked.product_key = {{ surrogate_key(
                "'product'", 'delivered.document_id', 'delivered.source_name'
            ) }}
            and {{ follows.product_terms_at }} >= delivered.changed_from
    {% endif -%}
    {% if follows.rates_on -%}
    union
    select {{ 'booked.' ~ key | join(', booked.') }}
    from {{ this }} as booked
    inner join delivered
        on
            delivered.document_type = 'exchange_rate'
            and booked.currency_code = delivered.document_id
            and booked.{{ follows.rates_on }}
            >= cast(delivered.changed_from as date)
    {% endif -%}
{% endmacro %}
