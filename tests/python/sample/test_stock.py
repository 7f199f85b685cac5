"""The sample's stock: movements match orders and refunds, and add up to the true days."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import duckdb
import numpy as np
import pytest

from sample.shop import one
from sample_shop import write_sample
from sample_shop.arrays import NEVER
from sample_shop.rows import packed, unpacked
from sample_shop.troubles import IN_THE_SHOP, Trouble

COLUMNS = (
    "stock_movement_id", "product_id", "location_id", "movement_type", "quantity", "moved_at",
    "updated_at",
)  # fmt: skip


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("stock") / "out"
    write_sample(folder, orders=4000, days=365, seed=3, troubles=IN_THE_SHOP)
    return folder


@pytest.fixture(scope="module")
def shop(out: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """`movements`, `stock_daily` (the truth), and the newest versions of the shop's tables."""
    with duckdb.connect() as connection:
        for table, key in (
            ("stock_movements", "stock_movement_id"),
            ("orders", "order_id"),
            ("order_lines", "order_id"),
            ("refunds", "refund_id"),
            ("refund_lines", "refund_id"),
        ):
            connection.execute(
                f"create table {table} as select *, parse_filename(filename, true)::date as"
                f" file_date from read_csv('{out}/shop/{table}/*.csv', all_varchar = true,"
                " filename = true) qualify"
                f" rank() over (partition by {key} order by updated_at desc) = 1"
            )
        connection.execute(
            "create view movements as select * replace (quantity::bigint as quantity),"
            " timezone('Europe/London', moved_at::timestamptz)::date as stock_date"
            " from stock_movements"
        )
        # Of these no row says which of their lines were in which of two parcels.
        connection.execute(
            "create table sent_in_parts as select distinct order_id from read_csv("
            f"'{out}/shop/orders/*.csv', all_varchar = true)"
            " where order_status = 'partially_shipped'"
        )
        connection.execute(f"create table stock_daily as from '{out}/truth/stock_daily.parquet'")
        yield connection


SUMS = """
select product_id, stock_date,
    coalesce(sum(quantity) filter (where movement_type = 'receipt'), 0) as received_quantity,
    -coalesce(sum(quantity) filter (where movement_type = 'sale'), 0) as sold_quantity,
    coalesce(sum(quantity) filter (where movement_type = 'return'), 0) as returned_quantity,
    -coalesce(sum(quantity) filter (where movement_type = 'write_off'), 0)
        as written_off_quantity,
    coalesce(sum(quantity) filter (where movement_type = 'count'), 0)
        as counted_difference_quantity,
    sum(sum(quantity)) over (partition by product_id order by stock_date) as on_hand_quantity
from movements group by product_id, stock_date
"""

PROMISES = {
    "the truth's days are the sums of their movements": f"""
        from ({SUMS}) as sums left join stock_daily using (product_id, stock_date)
        where (sums.received_quantity, sums.sold_quantity, sums.returned_quantity,
            sums.written_off_quantity, sums.counted_difference_quantity, sums.on_hand_quantity)
            is distinct from
            (stock_daily.received_quantity, stock_daily.sold_quantity,
            stock_daily.returned_quantity, stock_daily.written_off_quantity,
            stock_daily.counted_difference_quantity, stock_daily.on_hand_quantity)""",
    "a day without movements ends as the one before": """
        from (select *, lag(on_hand_quantity, 1, 0) over (
            partition by product_id order by stock_date) as before from stock_daily)
        where on_hand_quantity != before + received_quantity - sold_quantity + returned_quantity
            - written_off_quantity + counted_difference_quantity""",
    "no shelf ever holds less than nothing": """
        from (select sum(quantity) over (partition by product_id, location_id
            order by moved_at, quantity desc rows unbounded preceding) as on_hand from movements)
        where on_hand < 0""",
    "a movement's sign is that of its type": """
        from movements where quantity = 0
            or (movement_type in ('receipt', 'return') and quantity < 0)
            or (movement_type in ('sale', 'write_off') and quantity > 0)""",
    "what was shipped was sold from stock, then, and from its channel's place": """
        from ((
            select product_id, shipped_at, -sum(quantity::bigint),
                if(channel = 'store', 'high-street', 'warehouse')
            from order_lines join orders using (order_id) anti join sent_in_parts using (order_id)
            where shipped_at is not null and line_type = 'goods' group by all
        ) except (
            select product_id, moved_at, sum(quantity), location_id
            from movements where movement_type = 'sale' group by all
        ))""",
    "what came back went on the shelf, unless it had never left": """
        from ((
            select refund_lines.product_id, refunded_at, sum(refund_lines.quantity::bigint)
            from refund_lines join refunds using (refund_id) join orders using (order_id)
                anti join sent_in_parts using (order_id)
            where is_restocked::boolean and shipped_at <= refunded_at group by all
        ) except (
            select product_id, moved_at, sum(quantity)
            from movements where movement_type = 'return' group by all
        ))""",
    "a movement lies in the file of its local day": """
        from movements where file_date != stock_date""",
    "a movement has a number of its own": """
        from (select stock_movement_id from movements group by all having count(*) > 1)""",
    "a movement never changes": "from movements where moved_at != updated_at",
}


@pytest.mark.parametrize("promise", PROMISES)
def test_no_row_breaks_the_promise(promise: str, shop: duckdb.DuckDBPyConnection) -> None:
    assert one(shop, f"select count(*) {PROMISES[promise]}") == 0


MOVED = {
    "sale": """
        from order_lines join orders using (order_id)
        where shipped_at is not null and line_type = 'goods'""",
    "return": """
        from refund_lines join refunds using (refund_id) join orders using (order_id)
        where is_restocked::boolean and shipped_at <= refunded_at""",
}


@pytest.mark.parametrize("movement", MOVED)
def test_only_what_was_shipped_is_sold_and_only_that_comes_back(
    movement: str, shop: duckdb.DuckDBPyConnection
) -> None:
    """Of orders on their way in two parcels, it may be a part."""
    units = f"select coalesce(sum(quantity::bigint), 0) {MOVED[movement]} and order_status"
    surely = one(shop, f"{units} != 'partially_shipped'")
    perhaps = one(shop, f"{units} = 'partially_shipped'")
    moved = f"select abs(sum(quantity)) from movements where movement_type = '{movement}'"
    assert 0 < surely <= one(shop, moved) <= surely + perhaps


def test_every_product_has_a_row_for_every_day(shop: duckdb.DuckDBPyConnection) -> None:
    days = "select count(*) from stock_daily group by product_id"
    assert {count for (count,) in shop.execute(days).fetchall()} == {365}
    products = one(shop, "select count(distinct product_id) from movements")
    assert one(shop, "select count(distinct product_id) from stock_daily") == products


FEATURES = {
    "both locations": "from (select distinct location_id from movements) having count(*) = 2",
    "all types of movement": "from (select distinct movement_type from movements)"
    " having count(*) = 5",
    "days on which a product that sells is sold out": "from stock_daily where on_hand_quantity = 0",
    "deliveries to shelves that had run out": "from (select movement_type, quantity,"
    " sum(quantity) over (partition by product_id, location_id order by moved_at"
    " rows unbounded preceding) as on_hand, row_number() over (partition by product_id,"
    " location_id order by moved_at) as number from movements)"
    " where movement_type = 'receipt' and number > 1 and on_hand = quantity",
    "counts that found more": "from movements where movement_type = 'count' and quantity > 0",
    "counts that found less": "from movements where movement_type = 'count' and quantity < 0",
}


@pytest.mark.parametrize("feature", FEATURES)
def test_the_sample_has(feature: str, shop: duckdb.DuckDBPyConnection) -> None:
    assert one(shop, f"select count(*) {FEATURES[feature]}") > 0


def test_products_are_mostly_in_stock(shop: duckdb.DuckDBPyConnection) -> None:
    out_of_stock = "select avg((on_hand_quantity = 0)::int) from stock_daily"
    assert 0 < one(shop, out_of_stock) < 0.1


def test_the_header_is_that_of_the_export_format(out: Path) -> None:
    for path in (out / "shop/stock_movements").iterdir():
        assert path.read_text(encoding="utf-8").split("\n", 1)[0] == ",".join(COLUMNS)


def test_the_summary_counts_movements_write_offs_and_differences(
    out: Path, shop: duckdb.DuckDBPyConnection
) -> None:
    summary = json.loads((out / "truth/summary.json").read_text(encoding="utf-8"))
    assert summary["stock_movements"] == one(shop, "select count(*) from movements")
    odd = "select count(*) from movements where movement_type in ('write_off', 'count')"
    assert summary["troubles"]["stock_counts"] == one(shop, odd)


def test_without_counts_nothing_breaks_and_nothing_differs(tmp_path: Path) -> None:
    summary = write_sample(
        tmp_path / "out",
        orders=500,
        days=120,
        seed=1,
        troubles=IN_THE_SHOP - {Trouble.STOCK_COUNTS},
    )
    assert summary.troubles[Trouble.STOCK_COUNTS] == 0
    assert summary.stock_movements > 0
    truth = f"'{tmp_path}/out/truth/stock_daily.parquet'"
    odd = "sum(written_off_quantity + abs(counted_difference_quantity))"
    with duckdb.connect() as connection:
        assert one(connection, f"select {odd} from {truth}") == 0


@pytest.mark.parametrize(
    "values", [[], [0], [-1, 5], [255, 256], [-129, 127], [0, 2**31], [-1, 2**31], [0, NEVER]]
)
def test_packed_values_come_back_as_they_were(values: list[int]) -> None:
    original = np.array(values, dtype=np.int64)
    again = unpacked(packed(original))
    assert again.dtype == np.int64
    assert again.tolist() == values
    assert packed(original).nbytes <= original.nbytes
