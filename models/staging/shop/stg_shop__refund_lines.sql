with source as (
    {{ current_rows('shop', 'refund_lines') }}
),

renamed as (
    select
        refund_line_id,
        refund_id,
        order_line_id,
        product_id,

        line_type,

        {{ exact('quantity', 'integer') }} as quantity,
        {{ exact('amount', 'decimal(18, 4)') }} as amount,
        {{ exact('tax_amount', 'decimal(18, 4)') }} as tax_amount,

        cast(is_restocked as boolean) as is_restocked,
        false as is_duplicate,

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

-- A delivery of lines holds all lines of its refund: the newest one counts
-- whole, and what it no longer holds is gone.
newest as (
    select * exclude (_source_file, _row_number)
    from standing
    qualify
        {{ newest_of('updated_at', 'refund_id') }}
        and {{ newest_version('refund_id, refund_line_id') }}
)

select * from newest
