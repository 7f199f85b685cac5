with source as (
    {{ current_rows('shop', 'refunds') }}
),

renamed as (
    select
        refund_id,
        order_id,
        customer_id,

        cast(null as varchar) as channel,
        reason,
        currency_code,

        {{ exact('shipping_amount', 'decimal(18, 4)') }} as shipping_amount,
        coalesce({{ exact('shipping_tax_amount', 'decimal(18, 4)') }}, 0)
            as shipping_tax_amount,
        {{ exact('adjustment_amount', 'decimal(18, 4)') }} as adjustment_amount,

        {{ utc('refunded_at') }} as refunded_at,
        {{ utc('updated_at') }} as updated_at,

        _loaded_at,
        _source_file,
        _row_number
    from source
),

standing as (
    select *
    from renamed
    where {{ not_deleted(
        'shop', 'refund', 'renamed.refund_id', 'renamed.updated_at'
    ) }}
),

newest as (
    select * exclude (_source_file, _row_number)
    from standing
    qualify {{ newest_version('refund_id') }}
)

select * from newest
