"""Incremental runs over random deliveries give, row for row, what a full refresh gives."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import duckdb
import pytest

from storehouse.core.errors import ProofError
from storehouse.core.progress import Silent
from storehouse.prove import Comparison, Proof, prove_equivalence
from storehouse.prove.compare import Other, compare_warehouses
from storehouse.prove.equivalence import some_of
from storehouse.prove.invoices import write_invoices
from warehouse.shop import Home


@pytest.mark.parametrize("seed", [1])
def test_deliveries_in_any_order_corrected_and_repeated_give_what_a_full_refresh_gives(
    tmp_path: Path, seed: int
) -> None:
    proof = prove_equivalence(
        Home(tmp_path).settings,
        seeds=[seed],
        orders=300,
        days=40,
        slices=3,
        keep=False,
        progress=Silent(),
        now=lambda: datetime.now(UTC),
    )
    proof.raise_for_problems()
    compared = {(one.table, one.against) for one in proof.comparisons}
    for against in ("a full refresh half-way", "a second run", "a full refresh", "a fresh home"):
        assert ("marts.fct_ledger_entries", against) in compared
    # No two products of so small a shop are bought together often enough, nothing about it is
    # odd in the end, the proof runs dbt and no `storehouse build`, and a fresh home has loads of
    # its own.
    may_be_empty = {"reports.rpt_product_affinity", "reports.rpt_findings", "reports.rpt_builds"}
    final = [one for one in proof.comparisons if one.against != "a full refresh half-way"]
    empty = {(one.table, one.against) for one in final if not one.rows}
    assert {table for table, _ in empty - {("reports.rpt_loads", "a fresh home")}} <= may_be_empty


def test_models_run_alone_are_never_those_of_a_source_that_is_off() -> None:
    models = ("stg_shop__orders", "stg_nightly_extract__orders", "fct_orders", "rpt_alerts")
    drawn = [some_of(models, ("online_retail",), Random(seed)) for seed in range(50)]
    assert {model for some in drawn for model in some} == {"fct_orders", "rpt_alerts"}
    assert [] in drawn
    on = [some_of(models, ("shop",), Random(seed)) for seed in range(50)]
    assert {model for some in on for model in some} == set(models) - {models[1]}


@pytest.mark.long
def test_a_source_switched_on_late_is_built_whole_and_switched_off_is_gone(
    tmp_path: Path, sample_shop: Callable[..., Path]
) -> None:
    write_invoices(tmp_path / "home" / "inbox", days=5, seed=3)
    shutil.copytree(sample_shop(200, 30) / "shop", tmp_path / "home" / "inbox" / "shop")
    both = Home(tmp_path / "home", sources="shop,online_retail")
    shop_only = Home(tmp_path / "home", sources="shop")
    both.storehouse("load")

    shop_only.models()
    alone = shop_only.fingerprints()
    both.models()
    together = both.fingerprints()
    both.models("--full-refresh")
    assert both.fingerprints() == together
    assert together != alone
    shop_only.models()
    assert shop_only.fingerprints() == alone


def _warehouse(file: Path, *rows: str) -> Path:
    with duckdb.connect(str(file)) as con:
        con.execute("create schema marts")
        con.execute("create table marts.dim (key varchar, value integer, _loaded_at varchar)")
        for row in rows:
            con.execute(f"insert into marts.dim values {row}")
    return file


def test_a_row_that_differs_or_stands_there_twice_is_found_and_named(tmp_path: Path) -> None:
    here = _warehouse(tmp_path / "here", "('a', 1, 'x')", "('b', 2, 'x')", "('b', 2, 'x')")
    there = _warehouse(tmp_path / "there", "('b', 2, 'y')", "('a', 3, 'y')", "('c', 4, 'y')")
    (found,) = compare_warehouses(7, here, Other("that", there, {"_loaded_at": "because"}))
    assert found == Comparison(
        seed=7,
        table="marts.dim",
        against="that",
        rows=3,
        surplus=2,
        missing=2,
        examples=(
            "key a: value 1 instead of 3",
            "surplus: key b, value 2",
            "missing: key c, value 4",
        ),
    )
    (strict,) = compare_warehouses(7, here, Other("that", there))
    assert (strict.surplus, strict.missing) == (3, 3)


def test_a_table_or_column_that_only_one_warehouse_has_differs(tmp_path: Path) -> None:
    here, there = _warehouse(tmp_path / "here"), _warehouse(tmp_path / "there")
    with duckdb.connect(str(there)) as con:
        con.execute("alter table marts.dim add column more integer")
        con.execute("create table marts.other (key varchar)")
    found = {one.table: one.differences for one in compare_warehouses(1, here, Other("", there))}
    assert found == {"marts.dim": 1, "marts.other": 1}


def test_a_proof_that_compared_nothing_or_found_a_difference_fails() -> None:
    alike = Comparison(seed=1, table="marts.dim", against="that", rows=5)
    Proof("it", (alike,), (), (), 1.0, "again").raise_for_problems()
    unlike = Comparison(seed=4, table="marts.dim", against="that", rows=5, missing=1)
    with pytest.raises(ProofError, match="seeds 4") as ended:
        Proof("it", (alike, unlike), (), (), 1.0, "again").raise_for_problems()
    assert ended.value.exit_code == 5
    with pytest.raises(ProofError, match="nothing"):
        Proof("it", (), (), (), 1.0, "again").raise_for_problems()
    with pytest.raises(ProofError, match="a test failed"):
        Proof("it", (alike,), ("a test failed",), (), 1.0, "again").raise_for_problems()
