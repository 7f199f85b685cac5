"""What counts as a loss, between a published file and a warehouse."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import duckdb
import pytest

from storehouse.core.errors import PublishError
from storehouse.serving.losses import Loss, losses

_TABLES = ("marts.fct_orders", "marts.fct_payments", "marts.fct_stock_daily", "marts.dim_dates")


def _write(con: duckdb.DuckDBPyConnection, rows: Mapping[tuple[str, str], int]) -> None:
    con.execute("create schema marts")
    for table in _TABLES:
        con.execute(f"create table {table} (source_name varchar)")
    for (table, source), count in rows.items():
        con.execute(f"insert into marts.{table} select '{source}' from range({count})")


def _losses(
    folder: Path,
    before: Mapping[tuple[str, str], int],
    now: Mapping[tuple[str, str], int],
    share: float = 0.2,
) -> tuple[Loss, ...]:
    with duckdb.connect(str(folder / "current.duckdb")) as con:
        _write(con, before)
    with duckdb.connect(str(folder / "warehouse.duckdb")) as con:
        _write(con, now)
        return losses(con, folder / "current.duckdb", _TABLES, ["shop", "other"], share)


def test_more_than_the_share_of_one_sources_rows_is_a_loss(tmp_path: Path) -> None:
    before = {("fct_payments", "shop"): 1000, ("fct_payments", "other"): 1000}
    now = {("fct_payments", "shop"): 1900, ("fct_payments", "other"): 799}
    assert _losses(tmp_path, before, now) == (Loss("marts.fct_payments", "other", 1000, 799),)


def test_the_share_itself_may_be_lost_and_all_of_it_where_the_share_is_one(
    tmp_path: Path,
) -> None:
    before, now = {("fct_payments", "shop"): 1000}, {("fct_payments", "shop"): 800}
    for name, left, share in (("a", now, 0.2), ("b", {}, 1.0)):
        (tmp_path / name).mkdir()
        assert _losses(tmp_path / name, before, left, share) == ()


def test_few_rows_are_no_loss_but_the_last_order_is(tmp_path: Path) -> None:
    before = {("fct_payments", "shop"): 19, ("fct_orders", "shop"): 1, ("fct_orders", "other"): 19}
    now = {("fct_orders", "other"): 1}
    assert _losses(tmp_path, before, now) == (Loss("marts.fct_orders", "shop", 1, 0),)


def test_a_source_that_is_off_and_a_calendar_that_got_shorter_are_no_loss(
    tmp_path: Path,
) -> None:
    before = {("fct_orders", "switched_off"): 500, ("fct_stock_daily", "shop"): 10_000}
    assert _losses(tmp_path, before, {}) == ()


def test_a_published_file_that_cannot_be_read_says_how_to_publish_all_the_same(
    tmp_path: Path,
) -> None:
    (tmp_path / "current.duckdb").write_bytes(b"not a database" * 1000)
    with (
        duckdb.connect() as con,
        pytest.raises(PublishError, match="--accept-loss"),
    ):
        losses(con, tmp_path / "current.duckdb", _TABLES, ["shop"], 0.2)
