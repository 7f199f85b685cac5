with heads_to_book as (
    select
        * replace (
            {{ booked_currency() }} as currency_code,
            coalesce(channel, 'unknown') as channel
        ),
        {{ booked_at('placed_at') }} as ordered_at,
        {{ surrogate_key("'order'", 'order_id') }} as order_key,
        {{ surrogate_key("'customer'", 'customer_id') }} as customer_key,
        {{ local_date('ordered_at') }} as order_date
    from {{ ref('int_orders_united') }}
    where {{ in_changed_groups("source_name, 'order', order_id") }}
    {{ one_a_key(
        'source_name, order_id',
        ['updated_at', '_loaded_at', 'total_amount', 'placed_at']
    ) }}
),

lines_to_book as (
    select * from {{ ref('fct_order_lines') }}
    where {{ in_changed_groups("source_name, 'order', order_id") }}
),

refund_heads as (
    select
        * replace ({{ booked_currency() }} as currency_code),
        {{ booked_at('refunded_at') }} as given_at,
        {{ surrogate_key("'refund'", 'refund_id') }} as refund_key,
        {{ surrogate_key("'customer'", 'customer_id') }} as customer_key,
        {{ local_date('given_at') }} as refund_date
    from {{ ref('int_refunds_united') }}
    where {{ in_changed_groups("source_name, 'refund', refund_id") }}
    {{ one_a_key(
        'source_name, refund_id',
        ['updated_at', '_loaded_at', 'adjustment_amount', 'refunded_at']
    ) }}
),

refund_lines_to_book as (
    select
        * replace (
            coalesce(quantity, 0) as quantity,
            coalesce(amount, 0) as amount,
            coalesce(tax_amount, 0) as tax_amount,
            coalesce(is_restocked, false) as is_restocked,
            coalesce(is_duplicate, false) as is_duplicate,
            {{ booked_line_type() }} as line_type
        )
    from {{ ref('int_refund_lines_united') }}
    where {{ in_changed_groups("source_name, 'refund', refund_id") }}
    {{ one_a_key(
        'source_name, refund_id, refund_line_id',
        ['_loaded_at', 'amount', 'quantity', 'product_id']
    ) }}
),

-- A line of an order is known by its order's number and its own.
refund_lines as (
    select
        refund_lines_to_book.*,
        refund_heads.refund_key,
        {{ order_line_key(
            'refund_heads.order_id', 'refund_lines_to_book.order_line_id',
            'refund_heads.source_name'
        ) }} as order_line_key
    from refund_lines_to_book
    inner join refund_heads
        on
            refund_lines_to_book.source_name = refund_heads.source_name
            and refund_lines_to_book.refund_id = refund_heads.refund_id
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
    {{ one_a_key(
        'source_name, order_id',
        ['updated_at', '_loaded_at', 'total_amount', 'placed_at']
    ) }}
),

refunded_lines as (
    select * from {{ ref('fct_order_lines') }}
    where
        (source_name, order_id) in (
            select
                refund_heads.source_name,
                refund_heads.order_id
            from refund_heads
        )
),

product_history as (
    select
        *,
        {{ booked_currency() }} as cost_currency_code
    from {{ ref('int_product_history') }}
),

rates as (
    select * from {{ ref('int_exchange_rates_filled') }}
),

entry_types as (
    select * from {{ ref('entry_types') }}
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
        sum(tax_amount + order_tax_amount) as tax_amount,
        sum(case line_type
            when 'shipping' then 0
            when 'discount' then -gross_amount
            else discount_amount + order_discount_amount
        end) as discount_amount,
        sum(case when line_type = 'shipping' then net_amount else 0 end)
            as shipping_amount,
        sum(net_amount + tax_amount + order_tax_amount) as total_amount
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
            when parts.part in ('tax', 'order_tax') then 'tax'
            when lines.line_type = 'shipping' then 'shipping'
            when parts.part <> 'price' then 'discount'
            when lines.line_type = 'goods' then 'sale'
            else lines.line_type
        end as entry_type,
        lines.channel,
        lines.currency_code,
        lines.cost_currency_code,
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
            when 'order_tax' then lines.order_tax_amount
        end as amount,
        case
            when parts.part = 'price' and lines.line_type = 'goods'
                then lines.cost_amount
            else 0
        end as cost_amount,
        lines.is_duplicate and parts.part = 'price' as is_duplicate,
        lines.order_date as entry_date,
        heads.ordered_at as entry_at,
        lines._loaded_at
    from lines_to_book as lines
    inner join heads_to_book as heads
        on lines.order_key = heads.order_key
    cross join (
        values ('price'), ('discount'), ('order_discount'), ('tax'),
        ('order_tax')
    ) as parts (part)
),

-- What an order states beyond its lines belongs to the order itself. Shipping
-- that includes its tax is booked without it.
order_rests as (
    select
        heads.*,
        coalesce(heads.discount_amount - line_totals.discount_amount, 0)
            as discount,
        coalesce(heads.tax_amount - line_totals.tax_amount, 0) as tax,
        coalesce(heads.shipping_amount - line_totals.shipping_amount, 0)
            as stated_shipping,
        stated_shipping
        - case
            when heads.is_tax_included
                then least(greatest(tax, 0), greatest(stated_shipping, 0))
            else 0
        end as shipping,
        line_totals.total_amount as lines_amount
    from heads_to_book as heads
    inner join (
        select
            heads_to_book.order_key,
            coalesce(line_totals.discount_amount, 0) as discount_amount,
            coalesce(line_totals.tax_amount, 0) as tax_amount,
            coalesce(line_totals.shipping_amount, 0) as shipping_amount,
            coalesce(line_totals.total_amount, 0) as total_amount
        from heads_to_book
        left join line_totals
            on heads_to_book.order_key = line_totals.order_key
    ) as line_totals
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
        cast(null as varchar) as cost_currency_code,
        0 as quantity,
        case parts.part
            when 'shipping' then heads.shipping
            when 'discount' then -heads.discount
            when 'tax' then heads.tax
            when 'difference'
                then
                    heads.total_amount
                    - heads.lines_amount - heads.shipping
                    + heads.discount - heads.tax
        end as amount,
        0 as cost_amount,
        false as is_duplicate,
        heads.order_date as entry_date,
        heads.ordered_at as entry_at,
        heads._loaded_at
    from order_rests as heads
    cross join (
        values ('shipping'), ('discount'), ('tax'), ('difference')
    ) as parts (part)
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
            when refunded_lines.order_line_key is not null
                then refunded_lines.cost_currency_code
            else product_history.cost_currency_code
        end as cost_currency_code,
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
                        else {{ in_reporting_currency(
                            'product_history.unit_cost_amount',
                            'product_history.cost_currency_code',
                            'cost_rates.rate'
                        ) }}
                    end
            else 0
        end as cost_amount,
        refund_lines.is_duplicate and parts.part = 'price' as is_duplicate,
        refunds.refund_date as entry_date,
        refunds.given_at as entry_at,
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
            and refunds.given_at >= product_history.valid_from
            and refunds.given_at < product_history.valid_to
    left join rates as cost_rates
        on
            product_history.cost_currency_code = cost_rates.currency_code
            and refunds.refund_date = cost_rates.rate_date
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
        case parts.part
            when 'shipping_tax' then 'refund_tax' else parts.part
        end as entry_type,
        refunds.channel,
        refunds.currency_code,
        cast(null as varchar) as cost_currency_code,
        0 as quantity,
        case parts.part
            when 'refund_shipping' then -refunds.shipping_amount
            when 'shipping_tax' then -refunds.shipping_tax_amount
            when 'adjustment' then -refunds.adjustment_amount
        end as amount,
        0 as cost_amount,
        false as is_duplicate,
        refunds.refund_date as entry_date,
        refunds.given_at as entry_at,
        refunds._loaded_at
    from refunds_to_book as refunds
    cross join (
        values ('refund_shipping'), ('shipping_tax'), ('adjustment')
    ) as parts (part)
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
        nullif(entries.line_id, '') as document_line_id,
        entries.order_id,

        entries.entry_type,
        entry_types.sales_measure,
        entries.channel,
        entries.currency_code,
        entries.cost_currency_code,

        cast(entries.quantity as integer) as quantity,
        {{ money('entries.amount') }} as amount,
        {{ in_reporting_currency(
            'entries.amount', 'entries.currency_code', 'rates.rate'
        ) }} as reporting_amount,
        {{ money('entries.cost_amount') }} as cost_amount,

        entry_types.is_net_sales,
        entry_types.is_total_sales,
        entries.is_duplicate,

        entries.entry_date,
        entries.entry_at,

        entries._loaded_at
    from entries
    left join entry_types
        on entries.entry_type = entry_types.entry_type
    left join rates
        on
            entries.currency_code = rates.currency_code
            and entries.entry_date = rates.rate_date
)

select * from fct_ledger_entries
