{%- set percents = 'list_sum(list_transform('
    ~ 'from_json(tax_lines, \'[{"raw_rate": {"value": "VARCHAR"}}]\'), '
    ~ 'lambda line: cast(line.raw_rate.value as decimal(9, 4))))' -%}
{%- set adjusted = 'list_sum(list_transform('
    ~ 'from_json(adjustments, \'[{"raw_amount": {"value": "VARCHAR"}, '
    ~ '"is_tax_inclusive": "BOOLEAN"}]\'), '
    ~ 'lambda one: case when coalesce(one.is_tax_inclusive, false) = KIND '
    ~ 'then cast(one.raw_amount.value as decimal(18, 6)) else 0 end))' -%}
with orders as (
    select * from {{ ref('base_medusa__orders') }}
    where {{ in_changed_groups('order_id') }}
),

items as (
    select
        order_item_id as order_line_id,
        order_id,
        variant_id as product_id,
        case
            when cast(is_giftcard as boolean) then 'gift_card' else 'goods'
        end as line_type,
        is_tax_inclusive,
        quantity,
        unit_price,
        cast(coalesce(return_received_quantity, '0') as integer)
        + cast(coalesce(return_dismissed_quantity, '0') as integer)
            as returned_quantity,
        {{ money("coalesce(return_received_total, '0')") }}
        + {{ money("coalesce(return_dismissed_total, '0')") }}
            as returned_amount,
        tax_lines,
        adjustments,
        created_at,
        _source_file,
        _loaded_at
    from {{ source('medusa', 'order_items') }}
    where {{ in_changed_groups('order_id') }}
),

shipping as (
    select
        shipping_method_id as order_line_id,
        order_id,
        cast(null as varchar) as product_id,
        'shipping' as line_type,
        is_tax_inclusive,
        '1' as quantity,
        amount as unit_price,
        0 as returned_quantity,
        {{ money('0') }} as returned_amount,
        tax_lines,
        adjustments,
        created_at,
        _source_file,
        _loaded_at
    from {{ source('medusa', 'shipping_methods') }}
    where {{ in_changed_groups('order_id') }}
),

lines as (
    select * from items
    union all
    select * from shipping
),

-- What came with the newest version of an order is all of it that counts.
typed as (
    select
        lines.order_line_id,
        lines.order_id,
        lines.product_id,

        lines.line_type,

        {{ exact('lines.quantity', 'integer') }} as quantity,
        lines.returned_quantity,
        lines.returned_amount,
        cast(lines.unit_price as decimal(18, 6)) as unit_price,
        cast(coalesce({{ percents }}, 0) * 0.01 as decimal(9, 6)) as tax_rate,
        coalesce({{ adjusted | replace('KIND', 'true') }}, 0)
            as discount_with_tax,
        coalesce({{ adjusted | replace('KIND', 'false') }}, 0)
            as discount_without_tax,

        coalesce(cast(lines.is_tax_inclusive as boolean), false)
            as is_line_tax_included,
        -- One line with its tax in the price makes all of an order so.
        bool_or(
            coalesce(cast(lines.is_tax_inclusive as boolean), false)
            and lines.line_type <> 'shipping'
        ) over (partition by lines.order_id) as is_tax_included,

        {{ utc('lines.created_at') }} as created_at,
        orders.updated_at,

        lines._loaded_at
    from lines
    inner join orders
        on
            lines.order_id = orders.order_id
            and lines._source_file = orders._source_file
            and lines._loaded_at = orders._loaded_at
),

-- What is paid for one unit, and what is taken off, with their tax: whole
-- numbers in trillionths, since amounts and rates have six places.
taxed as (
    select
        * exclude (unit_price, discount_with_tax, discount_without_tax),
        cast(1000000 * tax_rate as hugeint) as rate,
        rate + 1000000 as whole,
        cast(1000000 * cast(unit_price as decimal(38, 6)) as hugeint)
        * case when is_line_tax_included then 1000000 else whole end as price,
        cast(1000000 * discount_with_tax as hugeint) * 1000000
        + cast(1000000 * discount_without_tax as hugeint) * whole as discount,
        -- So many of them are a ten-thousandth, in the terms of the order.
        100 * case when is_tax_included then 1000000 else whole end as unit
    from typed
),

valued as (
    select
        *,
        row_number() over (
            partition by order_id
            order by
                case line_type
                    when 'goods' then 1 when 'gift_card' then 2 else 3
                end,
                created_at,
                order_line_id
        ) as line_number,
        {{ money_of_ten_thousandths(divided('price', 'unit')) }}
            as unit_price_amount,
        {{ money_of_ten_thousandths(divided('discount', 'unit')) }}
            as discount_amount,
        {{ money_of_ten_thousandths(divided(
            '(quantity * price - discount) * rate', '100000000 * whole'
        )) }} as tax_amount
    from taxed
),

lines_valued as (
    select
        order_line_id,
        order_id,
        product_id,

        line_type,

        cast(line_number as integer) as line_number,
        quantity,
        returned_quantity,
        unit_price_amount,
        discount_amount,
        tax_amount,
        -- What the customer pays for it, without and with tax.
        {{ money(
            'quantity * unit_price_amount - discount_amount'
            ' - case when is_tax_included then tax_amount else 0 end'
        ) }} as net_amount,
        {{ money(
            'quantity * unit_price_amount - discount_amount'
            ' + case when is_tax_included then 0 else tax_amount end'
        ) }} as total_amount,
        returned_amount,

        is_tax_included,

        updated_at,

        _loaded_at
    from valued
)

select * from lines_valued
