"""The sample shop: its files keep the promises of the export format, and its truth ties out."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml

from storehouse.errors import ConfigError
from storehouse.sample import SampleSummary, write_sample

SOURCES = Path(__file__).parents[3] / "models/staging/shop/_shop__sources.yml"
TABLES = {
    table["name"]: [column["name"] for column in table["columns"]]
    for table in yaml.safe_load(SOURCES.read_text(encoding="utf-8"))["sources"][0]["tables"]
}
KEYS = {
    "customers": "customer_id",
    "products": "product_id",
    "orders": "order_id",
    "order_lines": "order_id",  # delivered by whole orders
    "refunds": "refund_id",
    "refund_lines": "refund_id",
    "payments": "payment_id",
}


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, SampleSummary]:
    out = tmp_path_factory.mktemp("sample") / "out"
    return out, write_sample(out, orders=5000, days=365, seed=7)


@pytest.fixture(scope="module")
def shop(sample: tuple[Path, SampleSummary]) -> Iterator[duckdb.DuckDBPyConnection]:
    """`raw_<table>` as delivered, `<table>` as it stands in the end, `ledger`, `true_payments`."""
    out, _ = sample
    with duckdb.connect() as connection:
        connection.execute("set timezone = 'UTC'")
        for table, columns in TABLES.items():
            types = ", ".join(f"'{name}': '{_type(name)}'" for name in columns)
            connection.execute(
                f"create table raw_{table} as select *, parse_filename(filename, true)::date"
                f" as file_date from read_csv('{out}/shop/{table}/*.csv', auto_detect = false,"
                f" header = true, delim = ',', quote = '\"', escape = '\"', nullstr = '',"
                f" filename = true, columns = {{{types}}})"
            )
            connection.execute(
                f"create view {table} as select * from raw_{table} qualify"
                f" rank() over (partition by {KEYS[table]} order by updated_at desc) = 1"
            )
        for name, file in (("ledger", "ledger"), ("true_payments", "payments")):
            connection.execute(f"create table {name} as from '{out}/truth/{file}.parquet'")
        yield connection


def _type(column: str) -> str:
    if column.endswith("_at"):
        return "timestamptz"
    if column.endswith("amount"):
        return "decimal(18,4)"
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


def test_the_columns_are_those_of_the_source_declaration(
    sample: tuple[Path, SampleSummary],
) -> None:
    out, _ = sample
    folders = {folder.name for folder in (out / "shop").iterdir()}
    assert folders == {*TABLES, "stock_movements", "web_events"}
    for table, columns in TABLES.items():
        files = list((out / "shop" / table).iterdir())
        headers = {path.read_text(encoding="utf-8").split("\n", 1)[0] for path in files}
        assert headers == {",".join(columns)}


def test_the_summary_counts_what_was_written(
    sample: tuple[Path, SampleSummary], shop: duckdb.DuckDBPyConnection
) -> None:
    out, summary = sample
    for table in ("orders", "customers", "products", "order_lines", "refunds", "payments"):
        key = "order_line_id" if table == "order_lines" else KEYS[table]
        stated = getattr(summary, table)
        assert _one(shop, f"select count(distinct {key}) from {table}") == stated, table
    assert summary.orders == 5000
    assert summary.files == len(list((out / "shop").rglob("*.csv")))
    rows = sum(_one(shop, f"select count(*) from raw_{table}") for table in TABLES)
    assert summary.rows == rows + summary.stock_movements + summary.web_events
    assert summary.ledger_entries == _one(shop, "select count(*) from ledger")
    assert summary.ledger_amount == _one(shop, "select sum(amount) from ledger")
    written = json.loads((out / "truth/summary.json").read_text(encoding="utf-8"))
    stated = {name: str(value) for name, value in asdict(summary).items()}
    arguments = {"days": "365", "seed": "7", "end": "2025-12-31"}
    assert {name: str(value) for name, value in written.items()} == {**arguments, **stated}


@pytest.mark.parametrize("table", TABLES)
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
    "the total of an order in every version": """
        select count(*) from raw_orders
        where total_amount
            != subtotal_amount - discount_amount + shipping_amount + tax_amount""",
    "the amounts of an order are those of its lines": """
        select count(*) from orders
        left join (
            select order_id, sum(quantity * unit_price_amount) as subtotal,
                sum(discount_amount) as discount, sum(tax_amount) as tax
            from order_lines group by order_id
        ) using (order_id)
        where (subtotal, discount, tax)
            is distinct from (subtotal_amount, discount_amount, tax_amount)""",
    "the first version of an order has the amounts of the first version of its lines": """
        select count(*) from (
            from raw_orders qualify row_number() over (
                partition by order_id order by updated_at) = 1
        ) left join (
            select order_id, sum(quantity * unit_price_amount) as subtotal,
                sum(tax_amount) as tax
            from (from raw_order_lines qualify rank() over (
                partition by order_id order by updated_at) = 1)
            group by order_id
        ) using (order_id)
        where (subtotal, tax) is distinct from (subtotal_amount, tax_amount)""",
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
        select count(*) from order_lines join (
            select order_line_id, sum(quantity) as units, sum(amount) as amount,
                sum(tax_amount) as tax
            from refund_lines group by order_line_id
        ) as back using (order_line_id)
        where back.units > quantity or back.tax > tax_amount
            or back.amount > quantity * unit_price_amount - discount_amount""",
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
    "a sale has the price and cost in force when it was placed": """
        select count(*) from ledger
        join order_lines using (order_line_id)
        asof join raw_products
            on ledger.product_id = raw_products.product_id
            and ledger.entry_at >= timezone('UTC', raw_products.updated_at)
        where entry_type = 'sale' and (
            unit_price_amount != list_price_amount
            or amount != ledger.quantity * unit_price_amount
            or cost_amount != ledger.quantity * unit_cost_amount)""",
    "entries are dated by the shop's clock": """
        select count(*) from ledger where entry_date
            != timezone('Europe/London', timezone('UTC', entry_at))::date""",
    "what a status claims has its moment, in order": """
        select count(*) from raw_orders where not case order_status
            when 'open' then coalesce(shipped_at, delivered_at, cancelled_at) is null
            when 'shipped' then shipped_at > placed_at
                and coalesce(delivered_at, cancelled_at) is null
            when 'delivered' then delivered_at > shipped_at and cancelled_at is null
            when 'cancelled' then cancelled_at > placed_at and shipped_at is null
            else false end""",
    "a charge that succeeded is the total of its order": """
        select count(*) from orders left join (
            select order_id, sum(amount) as paid from payments
            where payment_kind = 'charge' and payment_status = 'succeeded' group by order_id
        ) using (order_id) where paid is distinct from total_amount""",
    "payments less refunds are the book": """
        select count(*) from (
            select order_id, sum(if(payment_kind = 'charge', amount, -amount)) as paid
            from payments where payment_status = 'succeeded' group by order_id
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
            != timezone('Europe/London', timezone('UTC', processed_at))::date""",
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
}


@pytest.mark.parametrize("promise", IDENTITIES)
def test_no_row_breaks_the_promise(promise: str, shop: duckdb.DuckDBPyConnection) -> None:
    assert _one(shop, IDENTITIES[promise]) == 0


FEATURES = {
    "guests": "from orders where customer_id is null",
    "customers who moved": "from raw_customers where updated_at > created_at and not is_deleted",
    "deleted customers": "from customers where is_deleted",
    "products with a new price": "from (select product_id from raw_products group by all"
    " having count(distinct (list_price_amount, unit_cost_amount)) > 1)",
    "products that can't be bought": "from products where not is_active",
    "open orders": "from orders where order_status = 'open'",
    "shipped orders": "from orders where order_status = 'shipped'",
    "delivered orders": "from orders where order_status = 'delivered'",
    "cancelled orders": "from orders where order_status = 'cancelled'",
    "discounted orders": "from orders where discount_amount > 0",
    "orders with free shipping": "from orders where shipping_amount = 0",
    "untaxed lines": "from order_lines where tax_amount = 0",
    "orders with an amount changed": "from (select order_id from raw_orders group by all"
    " having count(distinct total_amount) > 1)",
    "lines with a quantity changed": "from (select order_line_id from raw_order_lines group by all"
    " having count(distinct quantity) > 1)",
    "lines removed": "from raw_order_lines where order_line_id not in"
    " (select order_line_id from order_lines)",
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
    "goods not restocked": "from refund_lines where not is_restocked",
    "failed charges": "from payments where payment_status = 'failed'",
    "names with commas": "from customers where full_name like '%,%'",
    "names with quotes": "from products where product_name like '%\"%'",
    "names beyond ASCII": "from customers where full_name != strip_accents(full_name)",
}


@pytest.mark.parametrize("feature", FEATURES)
def test_the_sample_has(feature: str, shop: duckdb.DuckDBPyConnection) -> None:
    assert _one(shop, f"select count(*) {FEATURES[feature]}") > 0


def test_orders_come_from_all_channels_with_two_to_three_lines(
    shop: duckdb.DuckDBPyConnection,
) -> None:
    channels = {row[0] for row in shop.execute("select distinct channel from orders").fetchall()}
    assert channels == {"web", "app", "store", "marketplace"}
    assert 2 < _one(shop, "select count(*) / 5000 from order_lines") < 3
    assert _one(shop, "select max(line_number) from raw_order_lines") <= 8


@pytest.mark.parametrize(("orders", "days"), [(1, 1), (1, 30), (2, 1), (50, 3)])
def test_a_tiny_shop_is_a_shop(orders: int, days: int, tmp_path: Path) -> None:
    summary = write_sample(tmp_path / "out", orders=orders, days=days, seed=1)
    assert summary.orders == orders
    names = {path.stem for path in (tmp_path / "out/shop/orders").iterdir()}
    assert min(names) >= f"2025-12-{32 - days:02}"
    assert max(names) <= "2025-12-31"


def test_an_earlier_sample_is_replaced_whole(tmp_path: Path) -> None:
    out = tmp_path / "out"
    write_sample(out, orders=20, days=5, seed=1)
    write_sample(out, orders=20, days=2, seed=2, end=date(2024, 5, 2))
    dates = {path.stem for path in (out / "shop").rglob("*.csv")}
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
