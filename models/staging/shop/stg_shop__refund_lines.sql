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

        {{ as_number('quantity', 'integer') }} as quantity,
        {{ as_number('amount') }} as amount,
        {{ as_number('tax_amount') }} as tax_amount,

        {{ as_flag('is_restocked') }} as is_restocked,
        false as is_duplicate,

        {{ as_moment('updated_at') }} as updated_at,

        {{ unread(
            numbers={
                'quantity': 'integer',
                'amount': 'decimal(18, 4)',
                'tax_amount': 'decimal(18, 4)',
            },
            moments=['updated_at'],
            flags=['is_restocked'],
            required=['tax_amount', 'updated_at']
        ) }} as _unread,
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
