with heads_to_book as (
    select
        *,
        {{ surrogate_key("'order'", 'order_id') }} as order_key,
        {{ surrogate_key("'customer'", 'customer_id') }} as customer_key,
        {{ local_date('placed_at') }} as order_date
    from {{ ref('int_orders_united') }}
    {{ only_changed("source_name, 'order', order_id") }}
),

lines_to_book as (
    select * from {{ ref('fct_order_lines') }}
    {{ only_changed("source_name, 'order', order_id") }}
),

refund_heads as (
    select
        *,
        {{ surrogate_key("'refund'", 'refund_id') }} as refund_key,
        {{ surrogate_key("'customer'", 'customer_id') }} as customer_key,
        {{ local_date('refunded_at') }} as refund_date
    from {{ ref('int_refunds_united') }}
    {{ only_changed("source_name, 'refund', refund_id") }}
),

refund_lines as (
    select
        *,
        {{ surrogate_key("'refund'", 'refund_id') }} as refund_key,
        {{ surrogate_key("'order_line'", 'order_line_id') }} as order_line_key
    from {{ ref('int_refund_lines_united') }}
    {{ only_changed("source_name, 'refund', refund_id") }}
),

refunded_orders as (
    select
        *,
        {{ surrogate_key("'order'", 'order_id') }} as order_key,
        {{ surrogate_key("'customer'", 'customer_id') }} as customer_key
    from {{ ref('int_orders_united') }}
    where
        (source_name, order_id) in (
            select
                refund_heads.source_name,
                refund_heads.order_id
            from refund_heads
        )
),

refunded_lines as (
    select * from {{ ref('fct_order_lines') }}
    where
        order_line_key in (
            select refund_lines.order_line_key from refund_lines
        )
),

product_history as (
    select * from {{ ref('int_product_history') }}
),

rates as (
    select * from {{ ref('int_exchange_rates_filled') }}
),

refunds_to_book as (
    select
        refund_heads.* replace (
            case
                when refund_heads.customer_key = '-1'
                    then coalesce(refunded_orders.customer_key, '-1')
                else refund_heads.customer_key
            end as customer_key,
            coalesce(refunded_orders.channel, refund_heads.channel, 'unknown')
                as channel
        ),
        coalesce(refunded_orders.order_key, '-1') as order_key
    from refund_heads
    left join refunded_orders
        on
            refund_heads.source_name = refunded_orders.source_name
            and refund_heads.order_id = refunded_orders.order_id
),

line_totals as (
    select
        order_key,
        sum(tax_amount) as tax_amount,
        sum(case line_type
            when 'shipping' then 0
            when 'discount' then -gross_amount
            else discount_amount + order_discount_amount
        end) as discount_amount,
        sum(case when line_type = 'shipping' then net_amount else 0 end)
            as shipping_amount
    from lines_to_book
    group by order_key
),

-- A line is booked as its price, its own discount, its share of the order's and
-- its tax. What is taken off shipping makes the shipping less.
line_entries as (
    select
        lines.order_key as document_key,
        lines.order_key,
        lines.order_line_key,
        lines.product_key,
        lines.customer_key,
        lines.source_name,
        'order' as document_type,
        lines.order_id as document_id,
        lines.order_id,
        lines.order_line_id as line_id,
        parts.part,
        case
            when parts.part = 'tax' then 'tax'
            when lines.line_type = 'shipping' then 'shipping'
            when parts.part <> 'price' then 'discount'
            when lines.line_type = 'goods' then 'sale'
            else lines.line_type
        end as entry_type,
        lines.channel,
        lines.currency_code,
        case
            when parts.part = 'price' and lines.line_type = 'goods'
                then lines.quantity
            else 0
        end as quantity,
        case parts.part
            when 'price' then lines.gross_amount
            when 'discount' then -lines.discount_amount
            when 'order_discount' then -lines.order_discount_amount
            when 'tax' then lines.tax_amount
        end as amount,
        case
            when parts.part = 'price' and lines.line_type = 'goods'
                then lines.cost_amount
            else 0
        end as cost_amount,
        lines.is_duplicate and parts.part = 'price' as is_duplicate,
        lines.order_date as entry_date,
        lines.placed_at as entry_at,
        lines._loaded_at
    from lines_to_book as lines
    cross join (
        values ('price'), ('discount'), ('order_discount'), ('tax')
    ) as parts (part)
),

-- What an order states beyond its lines belongs to the order itself.
order_rests as (
    select
        heads.*,
        heads.shipping_amount - coalesce(line_totals.shipping_amount, 0)
            as rest_of_shipping_amount,
        heads.discount_amount - coalesce(line_totals.discount_amount, 0)
            as rest_of_discount_amount,
        heads.tax_amount - coalesce(line_totals.tax_amount, 0)
            as rest_of_tax_amount
    from heads_to_book as heads
    left join line_totals
        on heads.order_key = line_totals.order_key
),

head_entries as (
    select
        heads.order_key as document_key,
        heads.order_key,
        '-1' as order_line_key,
        '-1' as product_key,
        heads.customer_key,
        heads.source_name,
        'order' as document_type,
        heads.order_id as document_id,
        heads.order_id,
        '' as line_id,
        parts.part,
        parts.part as entry_type,
        heads.channel,
        heads.currency_code,
        0 as quantity,
        case parts.part
            when 'shipping'
                then
                    heads.rest_of_shipping_amount
                    - case
                        when heads.is_tax_included
                            then coalesce(heads.rest_of_tax_amount, 0)
                        else 0
                    end
            when 'discount' then -heads.rest_of_discount_amount
            when 'tax' then heads.rest_of_tax_amount
        end as amount,
        0 as cost_amount,
        false as is_duplicate,
        heads.order_date as entry_date,
        heads.placed_at as entry_at,
        heads._loaded_at
    from order_rests as heads
    cross join (values ('shipping'), ('discount'), ('tax')) as parts (part)
),

-- Goods given back cost what they cost when they were sold, and only come
-- back to the books when they come back to the shelf.
refund_line_entries as (
    select
        refunds.refund_key as document_key,
        refunds.order_key,
        coalesce(refunded_lines.order_line_key, '-1') as order_line_key,
        coalesce(
            refunded_lines.product_key,
            {{ surrogate_key(
                "'product'", 'refund_lines.product_id', 'refunds.source_name'
            ) }}
        ) as product_key,
        refunds.customer_key,
        refunds.source_name,
        'refund' as document_type,
        refunds.refund_id as document_id,
        refunds.order_id,
        refund_lines.refund_line_id as line_id,
        parts.part,
        case
            when parts.part = 'tax' then 'refund_tax'
            when refund_lines.line_type = 'goods' then 'refund'
            when refund_lines.line_type = 'shipping' then 'refund_shipping'
            else refund_lines.line_type
        end as entry_type,
        refunds.channel,
        refunds.currency_code,
        case
            when parts.part = 'price' and refund_lines.line_type = 'goods'
                then -refund_lines.quantity
            else 0
        end as quantity,
        case parts.part
            when 'price' then -refund_lines.amount
            when 'tax' then -refund_lines.tax_amount
        end as amount,
        case
            when
                parts.part = 'price'
                and refund_lines.line_type = 'goods'
                and refund_lines.is_restocked
                then
                    -refund_lines.quantity
                    * case
                        when refunded_lines.order_line_key is not null
                            then refunded_lines.unit_cost_amount
                        else product_history.unit_cost_amount
                    end
            else 0
        end as cost_amount,
        refund_lines.is_duplicate and parts.part = 'price' as is_duplicate,
        refunds.refund_date as entry_date,
        refunds.refunded_at as entry_at,
        greatest(refunds._loaded_at, refund_lines._loaded_at) as _loaded_at
    from refunds_to_book as refunds
    inner join refund_lines
        on refunds.refund_key = refund_lines.refund_key
    cross join (values ('price'), ('tax')) as parts (part)
    left join refunded_lines
        on refund_lines.order_line_key = refunded_lines.order_line_key
    left join product_history
        on
            refund_lines.source_name = product_history.source_name
            and refund_lines.product_id = product_history.product_id
            and refunds.refunded_at >= product_history.valid_from
            and refunds.refunded_at < product_history.valid_to
),

refund_head_entries as (
    select
        refunds.refund_key as document_key,
        refunds.order_key,
        '-1' as order_line_key,
        '-1' as product_key,
        refunds.customer_key,
        refunds.source_name,
        'refund' as document_type,
        refunds.refund_id as document_id,
        refunds.order_id,
        '' as line_id,
        parts.part,
        parts.part as entry_type,
        refunds.channel,
        refunds.currency_code,
        0 as quantity,
        case parts.part
            when 'refund_shipping' then -refunds.shipping_amount
            when 'adjustment' then -refunds.adjustment_amount
        end as amount,
        0 as cost_amount,
        false as is_duplicate,
        refunds.refund_date as entry_date,
        refunds.refunded_at as entry_at,
        refunds._loaded_at
    from refunds_to_book as refunds
    cross join (values ('refund_shipping'), ('adjustment')) as parts (part)
),

entries as (
    select * from line_entries
    where part = 'price' or amount <> 0
    union all
    select * from head_entries
    where amount <> 0
    union all
    select * from refund_line_entries
    where part = 'price' or amount <> 0
    union all
    select * from refund_head_entries
    where amount <> 0
),

fct_ledger_entries as (
    select
        md5(concat_ws(
            '|', entries.document_key, entries.line_id, entries.part
        )) as ledger_entry_key,
        entries.document_key,
        entries.order_key,
        entries.order_line_key,
        entries.product_key,
        entries.customer_key,

        entries.source_name,
        entries.document_type,
        entries.document_id,
        entries.order_id,

        entries.entry_type,
        entries.channel,
        entries.currency_code,

        cast(entries.quantity as integer) as quantity,
        {{ money('entries.amount') }} as amount,
        {{ in_reporting_currency(
            'entries.amount', 'entries.currency_code', 'rates.rate'
        ) }} as reporting_amount,
        {{ money('entries.cost_amount') }} as cost_amount,

        entries.is_duplicate,

        entries.entry_date,
        entries.entry_at,

        entries._loaded_at
    from entries
    left join rates
        on
            entries.currency_code = rates.currency_code
            and entries.entry_date = rates.rate_date
)

select * from fct_ledger_entries
