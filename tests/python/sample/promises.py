"""What holds in every sample: each query counts the rows that break a promise."""

from __future__ import annotations

PROMISES = {
    "the amounts of an order are those of its lines, in every version": """
        select count(*) from states
        where subtotal_amount is distinct from goods
            or tax_amount < tax
            or discount_amount < line_discounts""",
    "tax beyond the lines is that of shipping on the head, where goods are taxed": """
        select count(*) from states
        where tax_amount != tax and (tax > 0 and shipping_line is null
            and (tax_amount - tax) * minor(currency_code)
                = (40 * (shipping_amount * minor(currency_code))::hugeint
                    + if(is_tax_included, 120, 100)) // if(is_tax_included, 240, 200)
        ) is not true""",
    "the total of an order in every version": """
        select count(*) from states
        where total_amount != subtotal_amount - discount_amount + shipping_amount
            + if(is_tax_included, 0, tax_amount) + coalesce(cards, 0)""",
    "shipping is a line exactly where it is discounted": """
        select count(*) from states
        where shipping_line is not null
            and (shipping_discount <= 0 or shipping_amount != shipping_line - shipping_discount)""",
    "a gift card has no discount and no tax": """
        select count(*) from raw_order_lines where line_type = 'gift_card'
            and (discount_amount, tax_amount, product_id is null, quantity) != (0, 0, true, 1)""",
    "a discount on the whole order is allocated as the guide says": """
        select count(*) from goods left join (
            select order_line_id, sum(amount) as booked from ledger
            where entry_type = 'discount' group by order_line_id
        ) using (order_line_id)
        where -coalesce(booked, 0) * minor != discount_amount * minor + allocated""",
    "an allocated discount is allocated whole": """
        select count(*) from (
            select order_discount, sum(allocated) as allocated from goods
            group by order_id, order_discount
        ) where order_discount != allocated or order_discount < 0""",
    "tax is on what a line costs after all discounts": """
        select count(*) from goods join products using (product_id)
        where tax_amount * minor != if(category_name in ('Books', 'Food & Drink'), 0,
            (40 * (weight - allocated) + if(is_tax_included, 120, 100))
                // if(is_tax_included, 240, 200))""",
    "there are no parts of a minor unit": """
        select count(*) from ledger
        where amount * minor(currency_code) != (amount * minor(currency_code))::bigint""",
    "a reporting amount is the amount times the last rate, rounded half away from zero": """
        select count(*) from (
            select currency_code, entry_date, amount, reporting_amount from ledger
            union all
            select currency_code, processed_date, amount, reporting_amount from true_payments
        ) as moved asof left join rates
            on moved.currency_code = rates.currency_code
            and moved.entry_date >= rates.rate_date
        where (reporting_amount * 10000)::hugeint is distinct from sign(amount)::hugeint
            * ((2 * abs(amount * 10000)::hugeint * rate + 100000000) // 200000000)""",
    "rates are those of weekdays": """
        select count(*) from exchange_rates
        where isodow(rate_date) > 5 or quote_currency_code != own() or rate <= 0""",
    "the book of an order, without refunds, is its stated total": """
        select count(*) from orders left join (
            select order_id, sum(amount) as amount from ledger
            where refund_id is null group by order_id
        ) using (order_id) where amount is distinct from total_amount""",
    "the book of a refund is the money it states": """
        select count(*) from refunds
        left join (
            select refund_id, sum(amount + tax_amount) as goods
            from refund_lines group by refund_id
        ) using (refund_id)
        left join (
            select refund_id, sum(amount) as booked from ledger group by refund_id
        ) using (refund_id)
        where -booked is distinct from
            coalesce(goods, 0) + shipping_amount + shipping_tax_amount + adjustment_amount""",
    "a cancelled order ends at nothing": """
        select count(*) from (
            select order_id, sum(amount) as amount, sum(quantity) as quantity,
                sum(cost_amount) as cost
            from orders join ledger using (order_id)
            where order_status = 'cancelled' group by order_id
        ) where (amount, quantity, cost) != (0, 0, 0)""",
    "a cancelled order gives back what it charged of each kind": """
        select count(*) from (
            select sum(amount) as amount from orders join ledger using (order_id)
            where order_status = 'cancelled' and entry_type != 'adjustment'
            group by order_id, case replace(entry_type, 'refund_', '')
                when 'refund' then 'goods' when 'sale' then 'goods' when 'discount' then 'goods'
                else replace(entry_type, 'refund_', '') end
        ) where amount != 0""",
    "no line is refunded beyond what was sold": """
        select count(*) from (
            select order_line_id, sum(quantity) as quantity, sum(amount) as amount,
                sum(tax_amount) as tax
            from refund_lines group by order_line_id
        ) as back left join (
            select order_line_id, sum(quantity) as quantity, sum(amount) as amount
            from ledger where entry_type in ('sale', 'discount') group by order_line_id
        ) as sold using (order_line_id)
        left join order_lines using (order_line_id)
        where (back.quantity <= sold.quantity and back.amount <= sold.amount
            and back.tax <= tax_amount) is not true""",
    "a refund line names a line of its refund's order": """
        select count(*) from refund_lines
        left join refunds using (refund_id)
        left join order_lines using (order_line_id)
        where refunds.order_id is distinct from order_lines.order_id
            or refund_lines.product_id is distinct from order_lines.product_id""",
    "shipping is not given back beyond what was charged": """
        select count(*) from orders join (
            select order_id, sum(shipping_amount) as back, sum(shipping_tax_amount) as tax
            from refunds group by order_id
        ) using (order_id)
        where back + if(is_tax_included, tax, 0) > shipping_amount or tax > tax_amount""",
    "a sale has the price and cost in force when it was placed, and the rate": """
        with priced as (
            select goods.*, (list_price_amount * minor(own()))::hugeint as list_price,
                unit_cost_amount,
                category_name not in ('Books', 'Food & Drink') and is_tax_included as with_tax,
                local_date(placed_at) as placed_date
            from goods asof left join raw_products
                on goods.product_id = raw_products.product_id
                and goods.placed_at >= raw_products.updated_at
        )
        select count(*) from priced
        asof left join rates
            on priced.currency_code = rates.currency_code
            and priced.placed_date >= rates.rate_date
        left join ledger on entry_type = 'sale' and ledger.order_line_id = priced.order_line_id
        where (unit_price_amount * minor)::hugeint is distinct from
                (2 * if(with_tax, (list_price * 12 + 5) // 10, list_price) * minor * 100000000
                    + minor(own()) * rate) // (2 * minor(own()) * rate)
            or amount is distinct from priced.quantity * unit_price_amount
                - if(is_tax_included, tax_amount, 0)
            or cost_amount is distinct from priced.quantity * unit_cost_amount""",
    "entries are dated by the shop's clock": """
        select count(*) from ledger where entry_date
            != local_date(timezone('UTC', entry_at))""",
    "what a status claims has its moment, in order": """
        select count(*) from raw_orders where not case order_status
            when 'open' then coalesce(shipped_at, delivered_at, cancelled_at) is null
            when 'partially_shipped' then shipped_at > placed_at and updated_at = shipped_at
                and coalesce(delivered_at, cancelled_at) is null
            when 'shipped' then shipped_at > placed_at
                and coalesce(delivered_at, cancelled_at) is null
            when 'delivered' then delivered_at > shipped_at and cancelled_at is null
            when 'cancelled' then cancelled_at > placed_at and delivered_at is null
                and (shipped_at is null or cancelled_at > shipped_at)
            else false end""",
    "a charge that succeeded is the total of its order": """
        select count(*) from orders left join (
            select order_id, sum(amount) as paid from payments
            where payment_kind = 'charge' and payment_status = 'succeeded' group by order_id
        ) using (order_id) where paid is distinct from total_amount""",
    "payments less refunds are the book, and chargebacks no part of it": """
        select count(*) from (
            select order_id, sum(if(payment_kind = 'charge', amount, -amount)) as paid
            from payments where payment_status = 'succeeded' and payment_kind != 'chargeback'
            group by order_id
        ) full join (
            select order_id, sum(amount) as booked from ledger group by order_id
        ) using (order_id) where paid is distinct from booked""",
    "true payments are the payments": """
        select count(*) from (
            select payment_id, order_id, payment_kind, payment_status, payment_method,
                amount, currency_code, timezone('UTC', processed_at) as processed_at
            from payments
        ) full join true_payments using (payment_id, order_id, payment_kind, payment_status,
            payment_method, amount, currency_code, processed_at)
        where processed_date is null or processed_date
            != local_date(timezone('UTC', processed_at))
            or received_amount is distinct from amount * case
                when payment_status = 'failed' then 0
                when payment_kind = 'charge' then 1 else -1 end""",
    "no version of a thing has the moment of another": """
        select count(*) from (
            select order_id, updated_at from raw_orders
            group by all having count(*) > 1
            union all
            select order_line_id, updated_at from raw_order_lines
            group by all having count(*) > 1
            union all
            select customer_id, updated_at from raw_customers
            group by all having count(*) > 1
            union all
            select product_id, updated_at from raw_products
            group by all having count(*) > 1
        )""",
    "customers exist before they order": """
        select count(*) from orders join customers using (customer_id)
        where created_at > placed_at""",
    "who is merged or deleted orders no more": """
        select count(*) from orders join raw_customers using (customer_id)
        where (is_deleted or merged_into_customer_id is not null)
            and placed_at >= raw_customers.updated_at""",
    "a customer is merged into one who is there, and remains for longer": """
        select count(*) from customers as merged left join customers as other
            on merged.merged_into_customer_id = other.customer_id
        where merged.merged_into_customer_id is not null and (
            other.created_at <= merged.updated_at
            and (other.updated_at > merged.updated_at
                or (other.merged_into_customer_id is null and not other.is_deleted))
        ) is not true""",
    "a discontinued product is sold no more": """
        select count(*) from goods join raw_products using (product_id)
        where not is_active and placed_at >= raw_products.updated_at""",
}
