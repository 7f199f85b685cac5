{% macro shopify_rows(table_name) %}
    select nested.*
    from (
        {{ current_rows('shopify', table_name) }}
    ) as nested
    where
        (nested.order_id, nested._source_file, nested._loaded_at) in (
            select
                orders.order_id,
                orders._source_file,
                orders._loaded_at
            from {{ ref('base_shopify__orders') }} as orders
        )
{% endmacro %}
