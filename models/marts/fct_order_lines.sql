with orders as (
    select
        *,
        {{ surrogate_key("'order'", 'order_id') }} as order_key,
        {{ surrogate_key("'customer'", 'customer_id') }} as customer_key,
        {{ local_date('placed_at') }} as order_date
    from {{ ref('int_orders_united') }}
    {{ only_changed('source_name, order_id') }}
),

order_lines as (
    select
        *,
        {{ surrogate_key("'order_line'", 'order_line_id') }} as order_line_key,
        {{ surrogate_key("'product'", 'product_id') }} as product_key,
        cast(quantity * unit_price_amount as decimal(18, 4)) as price_amount
    from {{ ref('int_order_lines_united') }}
    {{ only_changed('source_name, order_id') }}
),

product_history as (
    select * from {{ ref('int_product_history') }}
),

rates as (
    select * from {{ ref('int_exchange_rates_filled') }}
),

currencies as (
    select * from {{ ref('currencies') }}
),

line_totals as (
    select
        source_name,
        order_id,
        sum(
            case line_type
                when 'shipping' then 0
                when 'discount' then -price_amount
                else discount_amount
            end
        ) as discount_amount,
        sum(
            case
                when line_type = 'goods' then price_amount - discount_amount
            end
        ) as goods_amount
    from order_lines
    group by source_name, order_id
),

-- What an order takes off beyond its lines, in ten-thousandths; it is shared
-- out in whole minor units of the currency where it is a number of them.
order_discounts as (
    select
        orders.order_key,
        orders.source_name,
        orders.order_id,
        {{ in_ten_thousandths(
            'orders.discount_amount - line_totals.discount_amount'
        ) }} as discount,
        {{ in_ten_thousandths('line_totals.goods_amount') }} as goods,
        cast(
            power(10, 4 - coalesce(currencies.minor_unit_digits, 2)) as hugeint
        ) as minor_unit
    from orders
    inner join line_totals
        on
            orders.source_name = line_totals.source_name
            and orders.order_id = line_totals.order_id
    left join currencies
        on orders.currency_code = currencies.currency_code
    where
        orders.discount_amount > line_totals.discount_amount
        and line_totals.goods_amount > 0
),

running as (
    select
        order_lines.order_line_key,
        order_discounts.goods,
        case
            when order_discounts.discount % order_discounts.minor_unit = 0
                then order_discounts.minor_unit
            else 1
        end as unit,
        order_discounts.discount // unit as units,
        {{ in_ten_thousandths(
            'order_lines.price_amount - order_lines.discount_amount'
        ) }} as line_goods,
        sum(line_goods) over (
            partition by order_discounts.order_key
            order by order_lines.line_number, order_lines.order_line_id
            rows unbounded preceding
        ) as goods_so_far
    from order_lines
    inner join order_discounts
        on
            order_lines.source_name = order_discounts.source_name
            and order_lines.order_id = order_discounts.order_id
    where order_lines.line_type = 'goods'
),

-- Each line bears what rounding the running share adds at it: the shares make
-- up the whole.
shares as (
    select
        order_line_key,
        {{ money_of_ten_thousandths(
            'unit * (' ~ allocated('units', 'goods_so_far', 'goods') ~ ' - '
            ~ allocated('units', 'goods_so_far - line_goods', 'goods') ~ ')'
        ) }} as order_discount_amount
    from running
),

-- Where prices include the tax, a sale is what remains without it.
valued as (
    select
        order_lines.order_line_key,
        orders.order_key,
        order_lines.product_key,
        orders.customer_key,

        orders.source_name,
        orders.order_id,
        order_lines.order_line_id,
        order_lines.product_id,

        order_lines.line_type,
        orders.channel,
        orders.currency_code,

        order_lines.line_number,
        order_lines.quantity,
        order_lines.unit_price_amount,
        order_lines.price_amount
        - case
            when orders.is_tax_included then order_lines.tax_amount else 0
        end as gross_amount,
        order_lines.discount_amount,
        coalesce(shares.order_discount_amount, 0) as order_discount_amount,
        order_lines.tax_amount,

        orders.is_tax_included,
        order_lines.is_duplicate,

        orders.order_date,
        orders.placed_at,

        greatest(orders._loaded_at, order_lines._loaded_at) as _loaded_at
    from order_lines
    inner join orders
        on
            order_lines.source_name = orders.source_name
            and order_lines.order_id = orders.order_id
    left join shares
        on order_lines.order_line_key = shares.order_line_key
),

fct_order_lines as (
    select
        valued.order_line_key,
        valued.order_key,
        valued.product_key,
        coalesce(product_history.product_version_key, '-1')
            as product_version_key,
        valued.customer_key,

        valued.source_name,
        valued.order_id,
        valued.order_line_id,
        valued.product_id,

        valued.line_type,
        valued.channel,
        valued.currency_code,

        valued.line_number,
        valued.quantity,
        valued.unit_price_amount,
        {{ money('valued.gross_amount') }} as gross_amount,
        valued.discount_amount,
        {{ money('valued.order_discount_amount') }} as order_discount_amount,
        {{ money(
            'valued.gross_amount - valued.discount_amount'
            ' - valued.order_discount_amount'
        ) }} as net_amount,
        valued.tax_amount,
        {{ money(
            in_reporting_currency(
                'valued.gross_amount', 'valued.currency_code', 'rates.rate'
            ) ~ ' - ' ~ in_reporting_currency(
                'valued.discount_amount', 'valued.currency_code', 'rates.rate'
            ) ~ ' - ' ~ in_reporting_currency(
                'valued.order_discount_amount', 'valued.currency_code',
                'rates.rate'
            )
        ) }} as reporting_net_amount,
        product_history.list_price_amount,
        product_history.unit_cost_amount,
        {{ money('valued.quantity * product_history.unit_cost_amount') }}
            as cost_amount,

        valued.is_tax_included,
        valued.is_duplicate,

        valued.order_date,
        valued.placed_at,

        valued._loaded_at
    from valued
    left join product_history
        on
            valued.source_name = product_history.source_name
            and valued.product_id = product_history.product_id
            and valued.placed_at >= product_history.valid_from
            and valued.placed_at < product_history.valid_to
    left join rates
        on
            valued.currency_code = rates.currency_code
            and valued.order_date = rates.rate_date
)

select * from fct_order_lines
