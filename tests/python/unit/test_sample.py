"""The sample shop: its files keep the promises of the export format, and its truth ties out."""

from __future__ import annotations

import hashlib
import itertools
import json
import re
from collections.abc import Iterator
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from storehouse.errors import ConfigError
from storehouse.sample import (
    ALL,
    DEFAULT_END,
    SampleSummary,
    Trouble,
    named_troubles,
    words,
    write_sample,
)
from storehouse.sample.arrays import NEVER
from storehouse.sample.period import edge_moments, period_of
from storehouse.sample.pricing import allocate
from storehouse.sample.shop import invent_shop
from storehouse.sample.tally import count_troubles
from storehouse.sample.troubles import IN_THE_SHOP

GUIDE = Path(__file__).parents[3] / "docs/shop-export-format.md"
# The columns of each table as the guide describes them.
TABLES = {
    name: re.findall(r"^\| (?!column)(\w+) \|", section, re.MULTILINE)
    for name, section in re.findall(
        r"^### (\w+)\n(.*?)(?=^##)", GUIDE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
    )
}
# The tables of the shop's trade; by what their rows are versions of.
KEYS = {
    "customers": "customer_id",
    "products": "product_id",
    "orders": "order_id",
    "order_lines": "order_id",  # delivered by whole orders
    "refunds": "refund_id",
    "refund_lines": "refund_id",
    "payments": "payment_id",
    "exchange_rates": "(base_currency_code, rate_date)",
}


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, SampleSummary]:
    out = tmp_path_factory.mktemp("sample") / "out"
    return out, write_sample(out, orders=5000, days=365, seed=7, troubles=IN_THE_SHOP)


@pytest.fixture(scope="module")
def shop(sample: tuple[Path, SampleSummary]) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        _read(connection, sample[0])
        yield connection


def _read(connection: duckdb.DuckDBPyConnection, out: Path) -> None:
    """`raw_<table>` as delivered, `<table>` as it stands in the end, `ledger`, `true_payments`.

    And `states`, each version of an order with the sums of its lines at the time, and `goods`.
    """
    connection.execute("set timezone = 'UTC'")
    for table, key in KEYS.items():
        columns = ", ".join(f"{name} {_type(name)}" for name in [*TABLES[table], "file_date"])
        connection.execute(f"create table raw_{table} ({columns})")
        # Without currencies there are no rates.
        if (out / "shop" / table).exists():
            types = ", ".join(f"'{name}': '{_type(name)}'" for name in TABLES[table])
            connection.execute(
                f"insert into raw_{table} select * exclude filename,"
                f" parse_filename(filename, true)::date"
                f" from read_csv('{out}/shop/{table}/*.csv', auto_detect = false,"
                f" header = true, delim = ',', quote = '\"', escape = '\"', nullstr = '',"
                f" filename = true, columns = {{{types}}})"
            )
        connection.execute(
            f"create view {table} as select * from raw_{table} qualify"
            f" rank() over (partition by {key} order by updated_at desc) = 1"
        )
    for name, file in (("ledger", "ledger"), ("true_payments", "payments")):
        connection.execute(f"create table {name} as from '{out}/truth/{file}.parquet'")
    for view in VIEWS:
        connection.execute(view)


VIEWS = (
    """create view rates as
        select base_currency_code as currency_code, rate_date, (rate * 100000000)::hugeint as rate
        from exchange_rates
        union all values ('GBP', date '1970-01-01', 100000000)""",
    """create table states as
        with lines as (
            select order_id, updated_at,
                sum(quantity * unit_price_amount) filter (line_type = 'goods') as goods,
                sum(unit_price_amount) filter (line_type = 'shipping') as shipping_line,
                sum(discount_amount) filter (line_type = 'shipping') as shipping_discount,
                sum(unit_price_amount) filter (line_type = 'gift_card') as cards,
                sum(discount_amount) filter (line_type = 'goods') as line_discounts,
                sum(tax_amount) as tax
            from raw_order_lines group by all
        )
        select raw_orders.*, lines.* exclude (order_id, updated_at)
        from raw_orders asof left join lines
            on raw_orders.order_id = lines.order_id and raw_orders.updated_at >= lines.updated_at
    """,
    # By the guide, in minor units: what the goods weigh, and what is allocated to them.
    """create table goods as
        with weights as (
            select order_lines.*, is_tax_included, currency_code, placed_at,
                if(currency_code = 'JPY', 1, 100) as minor,
                ((quantity * unit_price_amount - order_lines.discount_amount) * minor)::hugeint
                    as weight,
                ((orders.discount_amount - sum(order_lines.discount_amount) over whole) * minor)
                    ::hugeint as order_discount,
                sum(weight) over whole as total,
                sum(weight) over (whole order by line_number) as running
            from order_lines join orders using (order_id)
            where line_type = 'goods'
            window whole as (partition by order_id)
        )
        select *, (2 * order_discount * running + total) // (2 * total)
                - (2 * order_discount * (running - weight) + total) // (2 * total) as allocated
        from weights""",
)


def _type(column: str) -> str:
    if column.endswith("_at"):
        return "timestamptz"
    if column.endswith("amount"):
        return "decimal(18,4)"
    if column == "rate":
        return "decimal(18,8)"
    if column.endswith("_date"):
        return "date"
    if column.startswith("is_"):
        return "boolean"
    return "bigint" if column in {"quantity", "line_number"} else "varchar"


def _one(shop: duckdb.DuckDBPyConnection, query: str) -> Any:
    """The only value of a query's only row."""
    [(value,)] = shop.execute(query).fetchall()
    return value


def _hashes(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_the_same_arguments_give_the_same_bytes_and_another_seed_gives_others(
    tmp_path: Path,
) -> None:
    for name, seed in (("a", 3), ("b", 3), ("c", 4)):
        write_sample(tmp_path / name, orders=300, days=20, seed=seed)
    first, second, third = (_hashes(tmp_path / name) for name in ("a", "b", "c"))
    assert first == second
    assert first["truth/ledger.parquet"] != third["truth/ledger.parquet"]
    assert first["shop/orders/2025-12-31.csv"] != third["shop/orders/2025-12-31.csv"]


def test_the_columns_are_those_of_the_format_guide(
    sample: tuple[Path, SampleSummary],
) -> None:
    out, _ = sample
    tables = {folder.name for folder in (out / "shop").iterdir()}
    assert {*KEYS, "stock_movements", "web_events"} <= tables <= set(TABLES)
    for table in tables:
        files = list((out / "shop" / table).iterdir())
        headers = {path.read_text(encoding="utf-8").split("\n", 1)[0] for path in files}
        assert headers == {",".join(TABLES[table])}


def test_the_summary_counts_what_was_written(
    sample: tuple[Path, SampleSummary], shop: duckdb.DuckDBPyConnection
) -> None:
    out, summary = sample
    for table in ("orders", "customers", "products", "order_lines", "refunds", "payments"):
        key = "order_line_id" if table == "order_lines" else KEYS[table]
        stated = getattr(summary, table)
        assert _one(shop, f"select count(distinct {key}) from {table}") == stated, table
    assert summary.orders == 5000
    files = list((out / "shop").rglob("*.csv"))
    assert summary.files == len(files)
    assert summary.rows == sum(path.read_bytes().count(b"\n") - 1 for path in files)
    assert summary.ledger_entries == _one(shop, "select count(*) from ledger")
    assert summary.ledger_amount == _one(shop, "select sum(reporting_amount) from ledger")
    written = json.loads((out / "truth/summary.json").read_text(encoding="utf-8"))
    stated = {name: str(value) for name, value in asdict(summary).items()}
    arguments = {"days": "365", "seed": "7", "end": "2025-12-31"}
    assert {name: str(value) for name, value in written.items()} == {**arguments, **stated}


@pytest.mark.parametrize("table", KEYS)
def test_a_row_lies_in_the_file_of_the_local_day_on_which_it_changed(
    table: str, shop: duckdb.DuckDBPyConnection
) -> None:
    assert _one(shop, f"select min(file_date) from raw_{table}") >= date(2025, 1, 1)
    assert _one(shop, f"select max(file_date) from raw_{table}") <= date(2025, 12, 31)
    misplaced = (
        f"select count(*) from raw_{table}"
        " where file_date != (updated_at at time zone 'Europe/London')::date"
    )
    assert _one(shop, misplaced) == 0


def test_orders_are_placed_around_midnight_and_both_clock_changes(
    shop: duckdb.DuckDBPyConnection,
) -> None:
    hours = _one(
        shop,
        "select count(distinct hour(placed_at at time zone 'Europe/London')) from orders",
    )
    assert hours == 24
    for start in (
        "2025-03-30 00:00Z",
        "2025-03-30 01:00Z",
        "2025-10-25 23:00Z",  # 00:00 in London
        "2025-10-26 00:00Z",  # 01:00, for the first time
        "2025-10-26 01:00Z",  # 01:00, again
    ):
        within_the_hour = (
            "select count(*) from orders where placed_at >= timestamptz '{0}'"
            " and placed_at < timestamptz '{0}' + interval 1 hour"
        )
        assert _one(shop, within_the_hour.format(start)) > 0, start


IDENTITIES = {
    "the amounts of an order are those of its lines, in every version": """
        select count(*) from states
        where (subtotal_amount, tax_amount) is distinct from (goods, tax)
            or discount_amount < line_discounts""",
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
    "there are no parts of a yen": """
        select count(*) from ledger
        where currency_code = 'JPY' and amount != amount::bigint""",
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
        where isodow(rate_date) > 5 or quote_currency_code != 'GBP' or rate <= 0""",
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
            coalesce(goods, 0) + shipping_amount + adjustment_amount""",
    "a cancelled order ends at nothing": """
        select count(*) from (
            select order_id, sum(amount) as amount, sum(quantity) as quantity,
                sum(cost_amount) as cost
            from orders join ledger using (order_id)
            where order_status = 'cancelled' group by order_id
        ) where (amount, quantity, cost) != (0, 0, 0)""",
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
            select order_id, sum(shipping_amount) as back from refunds group by order_id
        ) using (order_id) where back > shipping_amount""",
    "a sale has the price and cost in force when it was placed, and the rate": """
        with priced as (
            select goods.*, (list_price_amount * 100)::hugeint as list_price, unit_cost_amount,
                category_name not in ('Books', 'Food & Drink') and is_tax_included as with_tax,
                timezone('Europe/London', placed_at)::date as placed_date
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
                    + 100 * rate) // (200 * rate)
            or amount is distinct from priced.quantity * unit_price_amount
                - if(is_tax_included, tax_amount, 0)
            or cost_amount is distinct from priced.quantity * unit_cost_amount""",
    "entries are dated by the shop's clock": """
        select count(*) from ledger where entry_date
            != timezone('Europe/London', timezone('UTC', entry_at))::date""",
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
            != timezone('Europe/London', timezone('UTC', processed_at))::date
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


@pytest.mark.parametrize("promise", IDENTITIES)
def test_no_row_breaks_the_promise(promise: str, shop: duckdb.DuckDBPyConnection) -> None:
    assert _one(shop, IDENTITIES[promise]) == 0


FEATURES = {
    "guests": "from orders where customer_id is null",
    "chains of mergers": "from customers join customers as other"
    " on customers.merged_into_customer_id = other.customer_id"
    " where other.merged_into_customer_id is not null",
    "products with six changes": "from (select product_id from raw_products where is_active"
    " group by all having count(*) = 7)",
    "products without a change": "from (select product_id from raw_products"
    " group by all having count(*) = 1)",
    "goods sold before they were discontinued": "from goods join products using (product_id)"
    " where not is_active",
    "open orders": "from orders where order_status = 'open'",
    "partly shipped orders": "from raw_orders where order_status = 'partially_shipped'",
    "shipped orders": "from orders where order_status = 'shipped'",
    "delivered orders": "from orders where order_status = 'delivered'",
    "orders cancelled before shipping": "from orders where order_status = 'cancelled'"
    " and shipped_at is null",
    "orders cancelled after shipping": "from orders where order_status = 'cancelled'"
    " and shipped_at is not null",
    "discounts of lines": "from goods where discount_amount > 0",
    "discounts on whole orders that don't divide": "from goods where allocated > 0"
    " and (order_discount * weight) % total != 0",
    "both discounts at once": "from goods where allocated > 0 and discount_amount > 0",
    "shipping half off": "from orders join order_lines using (order_id)"
    " where line_type = 'shipping' and shipping_amount > 0",
    "shipping given away": "from orders join order_lines using (order_id)"
    " where line_type = 'shipping' and shipping_amount = 0",
    "orders with free shipping": "from orders where shipping_amount = 0 and channel = 'web'"
    " and order_id not in (select order_id from order_lines where line_type = 'shipping')",
    "untaxed lines": "from goods where tax_amount = 0",
    "tax included in euros": "from orders where is_tax_included and currency_code = 'EUR'",
    "tax included in yen": "from orders where is_tax_included and currency_code = 'JPY'",
    "gift cards sold": "from order_lines where line_type = 'gift_card'",
    "gift cards used": "from payments where payment_method = 'gift_card'",
    "gift cards used in part": "from payments where payment_method = 'gift_card' and order_id in"
    " (select order_id from payments where payment_method = 'card')",
    "orders with an amount changed": "from (select order_id from raw_orders group by all"
    " having count(distinct total_amount) > 1)",
    "lines with a quantity changed": "from (select order_line_id from raw_order_lines group by all"
    " having count(distinct quantity) > 1)",
    "lines removed": "from raw_order_lines where order_line_id not in"
    " (select order_line_id from order_lines)",
    "lines added": "from order_lines join orders using (order_id)"
    " where order_line_id not in (select order_line_id from raw_order_lines"
    " where raw_order_lines.updated_at = placed_at)",
    "edits on another day": "from raw_order_lines join orders using (order_id)"
    " where raw_order_lines.updated_at::date > placed_at::date",
    "part of a line refunded": "from refund_lines join order_lines using (order_line_id)"
    " where refund_lines.quantity < order_lines.quantity",
    "two refunds of an order": "from (select order_id from refunds group by all"
    " having count(*) > 1)",
    "two refunds of a line": "from (select order_line_id from refund_lines group by all"
    " having count(*) > 1)",
    "goodwill without lines": "from refunds anti join refund_lines using (refund_id)"
    " where adjustment_amount > 0",
    "shipping alone given back": "from refunds anti join refund_lines using (refund_id)"
    " where shipping_amount > 0",
    "a return fee": "from refunds where adjustment_amount < 0",
    "days that give back more than they take in": "from (select entry_date from ledger"
    " group by all having sum(reporting_amount) < 0)",
    "goods not restocked": "from refund_lines where not is_restocked",
    "names with commas": "from customers where full_name like '%,%'",
    "names with quotes": "from products where product_name like '%\"%'",
    "names beyond ASCII": "from customers where full_name != strip_accents(full_name)",
}


@pytest.mark.parametrize("feature", FEATURES)
def test_the_sample_has(feature: str, shop: duckdb.DuckDBPyConnection) -> None:
    assert _one(shop, f"select count(*) {FEATURES[feature]}") > 0


OCCURRENCES = {
    Trouble.PRICES: """from (from raw_products
        qualify is_active and row_number() over (partition by product_id order by updated_at) > 1)
        """,
    Trouble.DISCONTINUED: "from products where not is_active",
    Trouble.MOVES: "from raw_customers where updated_at > created_at and not is_deleted"
    " and merged_into_customer_id is null",
    Trouble.MERGES: "from customers where merged_into_customer_id is not null",
    Trouble.DEPARTURES: "from customers where is_deleted",
    Trouble.EDITS: "from (select order_id from raw_order_lines group by all"
    " having count(distinct updated_at) > 1)",
    Trouble.CANCELLATIONS: "from orders where order_status = 'cancelled'",
    Trouble.PART_SHIPMENTS: "from raw_orders where order_status = 'partially_shipped'",
    Trouble.ODD_REFUNDS: "from refunds where reason = 'recalled by the maker'"
    " or refund_id not in (select refund_id from refund_lines)",
    Trouble.DISCOUNTS: "from states where updated_at = placed_at"
    " and (discount_amount > 0 or shipping_line is not null)",
    Trouble.TAX_INCLUDED: "from orders where is_tax_included",
    Trouble.GIFT_CARDS: "from orders where order_id in"
    " (select order_id from order_lines where line_type = 'gift_card'"
    " union select order_id from payments where payment_method = 'gift_card')",
    Trouble.SPLIT_PAYMENTS: "from (select order_id from payments where payment_kind = 'charge'"
    " and payment_status = 'succeeded' group by all having count(*) > 1)",
    Trouble.DECLINED_PAYMENTS: "from payments where payment_status = 'failed'",
    Trouble.CHARGEBACKS: "from payments where payment_kind = 'chargeback'",
    Trouble.CURRENCIES: "from orders where currency_code != 'GBP'",
}


@pytest.mark.parametrize("trouble", OCCURRENCES)
def test_the_summary_counts_how_often_a_trouble_struck(
    trouble: Trouble, sample: tuple[Path, SampleSummary], shop: duckdb.DuckDBPyConnection
) -> None:
    occurred = _one(shop, f"select count(*) {OCCURRENCES[trouble]}")
    assert sample[1].troubles[trouble] == occurred > 0


@pytest.mark.parametrize("trouble", OCCURRENCES)
def test_a_trouble_that_is_off_does_not_strike_and_the_shop_is_sound(
    trouble: Trouble, tmp_path: Path
) -> None:
    summary = write_sample(
        tmp_path / "out", orders=500, days=40, seed=5, troubles=IN_THE_SHOP - {trouble}
    )
    assert summary.troubles[trouble] == 0
    with duckdb.connect() as connection:
        _read(connection, tmp_path / "out")
        assert _one(connection, f"select count(*) {OCCURRENCES[trouble]}") == 0
        broken = [name for name, query in IDENTITIES.items() if _one(connection, query)]
    assert broken == []


def test_orders_at_the_edges_of_days_are_counted_and_can_be_left_out() -> None:
    year = period_of(365, DEFAULT_END)
    with_edges = invent_shop(year, orders=1000, seed=2)
    without = invent_shop(year, orders=1000, seed=2, troubles=ALL - {Trouble.CLOCKS})
    assert count_troubles(with_edges)["clocks"] == len(edge_moments(year)) > 0
    assert count_troubles(without)["clocks"] == 0


def test_without_troubles_a_shop_is_plain(tmp_path: Path) -> None:
    summary = write_sample(tmp_path / "out", orders=300, days=40, seed=1, troubles=frozenset())
    assert set(summary.troubles.values()) == {0}
    with duckdb.connect() as connection:
        types = connection.execute(
            f"select distinct entry_type from '{tmp_path}/out/truth/ledger.parquet'"
        ).fetchall()
    assert {name for (name,) in types} <= {
        "sale", "tax", "shipping", "refund", "refund_tax", "refund_shipping",
    }  # fmt: skip


@pytest.mark.parametrize("seed", range(4))
def test_every_small_shop_is_sound(seed: int, tmp_path: Path) -> None:
    write_sample(tmp_path / "out", orders=400, days=30 + seed, seed=seed, troubles=IN_THE_SHOP)
    with duckdb.connect() as connection:
        _read(connection, tmp_path / "out")
        broken = [name for name, query in IDENTITIES.items() if _one(connection, query)]
    assert broken == []


def test_goods_are_shipped_when_their_order_is_and_nothing_else_is() -> None:
    shop = invent_shop(period_of(60, DEFAULT_END), orders=2000, seed=1)
    lines, orders, shipped = shop.lines, shop.orders, shop.lines.shipped(shop.orders)
    goods = lines.line_type[: lines.final] == words.GOODS
    assert set(shipped[~goods]) == {NEVER}
    order = lines.order[: lines.final][goods]
    first, last = np.full(len(orders), NEVER), np.zeros(len(orders), dtype=np.int64)
    np.minimum.at(first, order, shipped[goods])
    np.maximum.at(last, order, shipped[goods])
    assert (first == orders.shipped).all()
    assert (last == orders.completed).all()
    assert orders.in_parts.sum() > 10


@given(
    groups=st.lists(
        st.tuples(
            st.integers(0, 10**7), st.lists(st.integers(0, 10**6), min_size=1, max_size=9)
        ).filter(lambda group: sum(group[1]) > 0),
        min_size=1,
        max_size=5,
    )
)
def test_a_discount_on_an_order_is_allocated_by_the_rule_of_the_guide(
    groups: list[tuple[int, list[int]]],
) -> None:
    expected = []
    for amount, weights in groups:
        whole, before = sum(weights), 0
        for running in itertools.accumulate(weights):
            so_far = (2 * amount * running + whole) // (2 * whole)
            expected.append(so_far - before)
            before = so_far
        assert before == amount
    parts = allocate(
        np.array([amount for amount, _ in groups]),
        np.array([weight for _, weights in groups for weight in weights]),
        np.repeat(np.arange(len(groups)), [len(weights) for _, weights in groups]),
    )
    assert parts.tolist() == expected


def test_troubles_are_named_on_the_command_line() -> None:
    assert named_troubles("all") == ALL
    assert named_troubles("none") == frozenset()
    assert named_troubles("moves, bots") == {Trouble.MOVES, Trouble.BOTS}
    with pytest.raises(ConfigError, match="no trouble 'nonsense'"):
        named_troubles("moves,nonsense")


def test_orders_come_from_all_channels_with_two_to_three_lines(
    shop: duckdb.DuckDBPyConnection,
) -> None:
    channels = {row[0] for row in shop.execute("select distinct channel from orders").fetchall()}
    assert channels == {"web", "app", "store", "marketplace"}
    assert 2 < _one(shop, "select count(*) / 5000 from goods") < 3
    assert _one(shop, "select max(line_number) from goods") <= 8
    assert _one(shop, "select max(line_number) from raw_order_lines") <= 10


@pytest.mark.parametrize(("orders", "days"), [(1, 1), (1, 30), (2, 1), (50, 3)])
def test_a_tiny_shop_is_a_shop(orders: int, days: int, tmp_path: Path) -> None:
    summary = write_sample(tmp_path / "out", orders=orders, days=days, seed=1)
    assert summary.orders == orders
    names = {path.stem[:10] for path in (tmp_path / "out/shop/orders").iterdir()}
    assert min(names) >= f"2025-12-{32 - days:02}"
    assert max(names) <= "2025-12-31"


def test_an_earlier_sample_is_replaced_whole(tmp_path: Path) -> None:
    out = tmp_path / "out"
    write_sample(out, orders=20, days=5, seed=1)
    write_sample(out, orders=20, days=2, seed=2, end=date(2024, 5, 2))
    dates = {path.stem[:10] for path in (out / "shop").rglob("*.csv")}
    assert dates == {"2024-05-01", "2024-05-02"}
    assert list(tmp_path.iterdir()) == [out]


@pytest.mark.parametrize("name", ["notes.txt", "shop/orders/2025-01-01.csv"])
def test_a_folder_that_holds_anything_else_is_left_alone(name: str, tmp_path: Path) -> None:
    foreign = tmp_path / "out" / name
    foreign.parent.mkdir(parents=True)
    foreign.write_text("mine", encoding="utf-8")
    with pytest.raises(ConfigError, match="not a sample"):
        write_sample(tmp_path / "out", orders=10, days=2, seed=1)
    assert foreign.read_text(encoding="utf-8") == "mine"
    assert list(tmp_path.rglob("*.csv")) == [path for path in [foreign] if path.suffix == ".csv"]


@pytest.mark.parametrize(
    "wrong", [{"orders": 0}, {"days": 0}, {"seed": -1}, {"days": 30_000}, {"end": date(1960, 1, 1)}]
)
def test_arguments_that_make_no_shop_are_refused(wrong: dict[str, Any], tmp_path: Path) -> None:
    arguments: dict[str, Any] = {"orders": 10, "days": 2, "seed": 1, **wrong}
    with pytest.raises(ConfigError, match="can't be made"):
        write_sample(tmp_path / "out", **arguments)
    assert not (tmp_path / "out").exists()


def test_an_out_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("mine", encoding="utf-8")
    with pytest.raises(ConfigError, match="can't be written"):
        write_sample(tmp_path / "out", orders=10, days=2, seed=1)
    assert (tmp_path / "out").read_text(encoding="utf-8") == "mine"
