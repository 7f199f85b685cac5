with lines as (
    select * from {{ ref('base_online_retail__invoice_lines') }}
    where
        document_type = 'invoice'
        and {{ in_changed_groups('invoice_no') }}
),

countries as (
    select * from {{ ref('online_retail_countries') }}
),

-- The source has no heads: what all lines of an invoice share stands for one.
-- Some invoices span two minutes; the first counts.
heads as (
    select
        invoice_no,
        min(customer_id) as customer_id,
        min(country_name) as country_name,
        min(invoiced_at) as placed_at,
        max(_loaded_at) as _loaded_at
    from lines
    group by invoice_no
),

orders as (
    select
        heads.invoice_no as order_id,
        heads.customer_id,

        'web' as channel,
        'completed' as order_status,
        '{{ var("shops").online_retail.currency_code }}' as currency_code,
        countries.country_code as ship_country_code,

        {{ money('null') }} as subtotal_amount,
        {{ money('null') }} as discount_amount,
        {{ money('null') }} as shipping_amount,
        {{ money('null') }} as tax_amount,
        {{ money('null') }} as total_amount,

        false as is_tax_included,

        heads.placed_at,
        cast(null as timestamp) as cancelled_at,
        cast(null as timestamp) as shipped_at,
        cast(null as timestamp) as delivered_at,
        heads.placed_at as updated_at,

        heads._loaded_at
    from heads
    left join countries
        on heads.country_name = countries.country_name
)

select * from orders
