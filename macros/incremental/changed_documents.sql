{% macro changed_documents(changes) %}
    {%- set follows = model.config.meta.follows -%}
    {%- set key = model.config.unique_key -%}
    {%- set cost_currency = ', ' ~ follows.costs_in if follows.costs_in else '' -%}
    with delivered as (
        select
            changes.source_name as changed_source,
            changes.document_type as changed_type,
            changes.document_id as changed_id,
            min(coalesce(changes.changed_from, timestamp '1900-01-01'))
                as changed_from
        from {{ changes }} as changes
        left join ops.watermarks as watermarks
            on
                watermarks.relation_name
                = '{{ this.schema }}.{{ this.identifier }}'
                and changes.source_name = watermarks.source_name
        where
            watermarks.loaded_until is null
            or changes._loaded_at > watermarks.loaded_until
        group by
            changes.source_name,
            changes.document_type,
            changes.document_id
    )

    select
        changed_source as source_name,
        {{ 'changed_type as document_type,' if 'document_type' in key }}
        changed_id as {{ key | last }}
    from delivered
    where changed_type in ('{{ follows.documents | join("', '") }}')
    {% if follows.orders_of -%}
    union
    select {{ key | join(', ') }}
    from {{ this }}
    where
        (source_name, {{ follows.orders_of }}) in (
            select changed_source, changed_id
            from delivered
            where changed_type = 'order'
        )
    {% endif -%}
    {% if follows.product_terms_at -%}
    union
    select {{ key | join(', ') }}
    from {{ this }} as booked
    inner join delivered
        on
            changed_type = 'product'
            and product_key = {{ surrogate_key(
                "'product'", 'changed_id', 'changed_source'
            ) }}
            and {{ follows.product_terms_at }} >= changed_from
    {% endif -%}
    {% if follows.rates_on -%}
    union
    select {{ key | join(', ') }}
    from {{ this }}
    inner join delivered
        on
            changed_type = 'exchange_rate'
            and changed_id in (currency_code{{ cost_currency }})
            and changed_id <> '{{ var("reporting_currency_code") }}'
            and {{ follows.rates_on }} >= cast(changed_from as date)
    {%- set switched_off = [] -%}
    {%- for source_name, shop in var('shops').items() -%}
        {%- if 'exchange_rates' in shop.entities
            and source_name not in active_sources() -%}
            {%- do switched_off.append(source_name) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- if switched_off %}
    union
    select {{ key | join(', ') }}
    from {{ this }}
    where
        (
            currency_code <> '{{ var("reporting_currency_code") }}'
            {%- if follows.costs_in %}
            or {{ follows.costs_in }} <> '{{ var("reporting_currency_code") }}'
            {%- endif %}
        )
        and exists (
            select 1
            from ops.watermarks
            where
                relation_name = '{{ this.schema }}.{{ this.identifier }}'
                and source_name in ('{{ switched_off | join("', '") }}')
        )
    {%- endif %}
    {% endif -%}
{% endmacro %}
