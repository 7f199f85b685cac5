with source as (
    {{ current_rows('online_retail', 'invoice_lines') }}
),

service_codes as (
    select * from {{ ref('online_retail_service_codes') }}
),

typed as (
    select
        invoice_no,
        upper(trim(stock_code)) as stock_code,
        split_part(customer_id, '.', 1) as customer_id,

        nullif(trim(description), '') as product_name,
        country as country_name,

        {{ as_number('quantity', 'integer') }} as quantity,
        {{ as_number('unit_price') }} as unit_price_amount,

        row_number() over (
            partition by
                invoice_no,
                stock_code,
                description,
                quantity,
                invoice_date,
                unit_price,
                customer_id,
                country
            order by _source_file, _row_number
        ) > 1 as is_duplicate,

        {{ utc_from_local(
            'try_cast(invoice_date as timestamp)',
            var('shops').online_retail.time_zone
        ) }} as invoiced_at,

        {{ unread(numbers={
            'quantity': 'integer', 'unit_price': 'decimal(18, 4)'
        }) }} as _unread,
        _loaded_at,
        _source_file,
        _row_number
    from source
),

-- The source numbers no lines: their place within the document serves.
numbered as (
    select
        *,
        row_number() over (
            partition by invoice_no
            order by _source_file, _row_number
        ) as line_number
    from typed
),

classified as (
    select
        numbered.*,
        numbered.invoice_no || '-' || numbered.line_number as line_id,
        case when service_codes.stock_code is null then numbered.stock_code end
            as product_id,
        case
            when numbered.invoice_no like 'C%' then 'credit_note'
            when numbered.invoice_no like 'A%' then 'adjustment'
            else 'invoice'
        end as document_type,
        case
            when service_codes.line_type is not null
                then service_codes.line_type
            when numbered.invoice_no not like 'C%' and numbered.quantity < 0
                then 'adjustment'
            else 'goods'
        end as line_type
    from numbered
    left join service_codes
        on numbered.stock_code = service_codes.stock_code
)

select * from classified
