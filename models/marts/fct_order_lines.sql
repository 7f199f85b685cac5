with orders as (
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
    where {{ in_changed_groups('source_name, order_id') }}
    {{ one_a_key(
        'source_name, order_id',
        ['updated_at', '_loaded_at', 'total_amount', 'placed_at']
    ) }}
),

-- What a source leaves out, or writes so that it can't be read, counts as 0.
order_lines as (
    select
        * replace (
            coalesce(quantity, 0) as quantity,
            coalesce(unit_price_amount, 0) as unit_price_amount,
            coalesce(discount_amount, 0) as discount_amount,
            coalesce(tax_amount, 0) as tax_amount,
            coalesce(is_duplicate, false) as is_duplicate,
            {{ booked_line_type() }} as line_type
        ),
        {{ order_line_key('order_id', 'order_line_id') }} as order_line_key,
        {{ surrogate_key("'product'", 'product_id') }} as product_key,
        {{ line_price('quantity', 'unit_price_amount') }} as price_amount
    from {{ ref('int_order_lines_united') }}
    where {{ in_changed_groups('source_name, order_id') }}
    {{ one_a_key(
        'source_name, order_id, order_line_id',
        ['_loaded_at', 'quantity', 'unit_price_amount', 'product_id']
    ) }}
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
        ) as goods_amount,
        coalesce(
            sum(price_amount - discount_amount)
            filter (where line_type = 'shipping'),
            0
        ) as shipping_amount,
        sum(tax_amount) as tax_amount,
        bool_or(tax_amount <> 0) as has_taxed_lines
    from order_lines
    group by source_name, order_id
),

-- What an order states beyond its lines: of discounts all, and of tax that
-- prices include what shipping does not bear. Where no line states a tax,
-- shipping bears none.
rests as (
    select
        orders.order_key,
        orders.source_name,
        orders.order_id,
        line_totals.goods_amount,
        greatest(
            coalesce(orders.discount_amount - line_totals.discount_amount, 0), 0
        ) as discount_amount,
        case
            when orders.is_tax_included
                then coalesce(orders.tax_amount - line_totals.tax_amount, 0)
            else 0
        end as rest_of_tax_amount,
        rest_of_tax_amount
        - case
            when line_totals.has_taxed_lines
                then least(
                    greatest(rest_of_tax_amount, 0),
                    greatest(
                        coalesce(
                            orders.shipping_amount
                            - line_totals.shipping_amount,
                            0
                        ),
                        0
                    )
                )
            else 0
        end as tax_amount,
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
    where line_totals.goods_amount > 0
),

running as (
    select
        order_lines.order_line_key,
        {{ in_ten_thousandths('rests.discount_amount') }} as discount,
        {{ in_ten_thousandths('rests.tax_amount') }} as tax,
        {{ in_ten_thousandths('rests.goods_amount') }} as goods,
        rests.minor_unit,
        {{ in_ten_thousandths(
            'order_lines.price_amount - order_lines.discount_amount'
        ) }} as line_goods,
        sum(line_goods) over (
            partition by rests.order_key
            order by order_lines.line_number, order_lines.order_line_id
            rows unbounded preceding
        ) as goods_so_far
    from order_lines
    inner join rests
        on
            order_lines.source_name = rests.source_name
            and order_lines.order_id = rests.order_id
            and (rests.discount_amount <> 0 or rests.tax_amount <> 0)
    where order_lines.line_type = 'goods'
),

-- Each line bears what rounding the running share adds at it: the shares make
-- up the whole, in whole minor units where it is a number of them.
shares as (
    select
        order_line_key,
        {{ share_of_line(
            'discount', 'goods_so_far', 'line_goods', 'goods', 'minor_unit'
        ) }} as order_discount_amount,
        {{ share_of_line(
            'tax', 'goods_so_far', 'line_goods', 'goods', 'minor_unit'
        ) }} as order_tax_amount
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
            when orders.is_tax_included
                then
                    order_lines.tax_amount
                    + coalesce(shares.order_tax_amount, 0)
            else 0
        end as gross_amount,
        order_lines.discount_amount,
        coalesce(shares.order_discount_amount, 0) as order_discount_amount,
        order_lines.tax_amount,
        coalesce(shares.order_tax_amount, 0) as order_tax_amount,

        orders.is_tax_included,
        order_lines.is_duplicate,

        orders.order_date,
        orders.placed_at,
        orders.ordered_at,

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
        product_history.cost_currency_code,

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
        {{ money('valued.order_tax_amount') }} as order_tax_amount,
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
        {{ in_reporting_currency(
            'product_history.unit_cost_amount',
            'product_history.cost_currency_code', 'cost_rates.rate'
        ) }} as unit_cost_amount,
        {{ money(
            'valued.quantity * ' ~ in_reporting_currency(
                'product_history.unit_cost_amount',
                'product_history.cost_currency_code', 'cost_rates.rate'
            )
        ) }} as cost_amount,

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
            and valued.ordered_at >= product_history.valid_from
            and valued.ordered_at < product_history.valid_to
    left join rates
        on
            valued.currency_code = rates.currency_code
            and valued.order_date = rates.rate_date
    left join rates as cost_rates
        on
            product_history.cost_currency_code = cost_rates.currency_code
            and valued.order_date = cost_rates.rate_date
)

select * from fct_order_lines
