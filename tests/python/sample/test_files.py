"""Which files a sample has, and what stands in the way of writing them."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from sample.shop import KEYS, TABLES, one
from sample_shop import SampleSummary, write_sample
from storehouse.core.errors import ConfigError


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
        assert one(shop, f"select count(distinct {key}) from {table}") == stated, table
    assert summary.orders == 5000
    files = list((out / "shop").rglob("*.csv"))
    assert summary.files == len(files)
    assert summary.rows == sum(path.read_bytes().count(b"\n") - 1 for path in files)
    assert summary.ledger_entries == one(shop, "select count(*) from ledger")
    assert summary.ledger_amount == one(shop, "select sum(reporting_amount) from ledger")
    written = json.loads((out / "truth/summary.json").read_text(encoding="utf-8"))
    stated = {name: str(value) for name, value in asdict(summary).items()}
    arguments = {"days": "365", "seed": "7", "end": "2025-12-31"}
    assert {name: str(value) for name, value in written.items()} == {**arguments, **stated}


@pytest.mark.parametrize("table", KEYS)
def test_a_row_lies_in_the_file_of_the_local_day_on_which_it_changed(
    table: str, shop: duckdb.DuckDBPyConnection
) -> None:
    assert one(shop, f"select min(file_date) from raw_{table}") >= date(2025, 1, 1)
    assert one(shop, f"select max(file_date) from raw_{table}") <= date(2025, 12, 31)
    misplaced = (
        f"select count(*) from raw_{table}"
        " where file_date != (updated_at at time zone 'Europe/London')::date"
    )
    assert one(shop, misplaced) == 0


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
    with pytest.raises(ConfigError, match="can't be generated"):
        write_sample(tmp_path / "out", **arguments)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"currency": "ZZZ"}, "has no prices in 'ZZZ'. Name one of: BRL, CHF, EUR"),
        ({"currency": "gbp"}, "has no prices in 'gbp'"),
        ({"time_zone": "Asia/Osaka"}, "no time zone 'Asia/Osaka'"),
    ],
)
def test_a_currency_or_zone_that_is_none_is_refused(
    wrong: dict[str, str], message: str, tmp_path: Path
) -> None:
    with pytest.raises(ConfigError, match=message):
        write_sample(tmp_path / "out", orders=10, days=2, seed=1, **wrong)  # type: ignore[arg-type]
    assert list(tmp_path.iterdir()) == []


def test_an_out_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("mine", encoding="utf-8")
    with pytest.raises(ConfigError, match="can't be written"):
        write_sample(tmp_path / "out", orders=10, days=2, seed=1)
    assert (tmp_path / "out").read_text(encoding="utf-8") == "mine"
