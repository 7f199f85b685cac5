"""What the export format says of the sample's files, and a sample as tables."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import duckdb

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


# In one unit, as ISO 4217 has it.
MINOR_UNITS = {"JPY": 1, "KRW": 1, "KWD": 1000, "TND": 1000}


VIEWS = (
    """create view rates as
        select base_currency_code as currency_code, rate_date,
            (rate::decimal(28, 8) * 100000000)::hugeint as rate
        from exchange_rates
        union all values (own(), date '1970-01-01', 100000000)""",
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
                minor(currency_code) as minor,
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


def read(
    connection: duckdb.DuckDBPyConnection,
    out: Path,
    currency: str = "GBP",
    time_zone: str = "Europe/London",
) -> None:
    """`raw_<table>` as delivered, `<table>` as it stands in the end, `ledger`, `true_payments`.

    And `states`, each version of an order with the sums of its lines at the time, and `goods`.
    """
    connection.execute("set timezone = 'UTC'")
    connection.execute(f"create macro own() as '{currency}'")
    connection.execute(
        f"create macro minor(code) as coalesce(map {MINOR_UNITS}[code], 100)::bigint"
    )
    connection.execute(
        f"create macro local_date(moment) as timezone('{time_zone}', moment::timestamptz)::date"
    )
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


def one(shop: duckdb.DuckDBPyConnection, query: str) -> Any:
    """The only value of a query's only row."""
    [(value,)] = shop.execute(query).fetchall()
    return value
