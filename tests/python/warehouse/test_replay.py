"""What has landed of any source, landed again in other loads, gives what a full refresh gives."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb
import pytest

from storehouse.core.errors import ConfigError
from storehouse.core.progress import Silent
from storehouse.prove import prove_landed
from storehouse.prove.dbt_runs import MODELS_ONLY
from storehouse.prove.landed import copy_landed
from warehouse.author import author
from warehouse.histories import ALL, CHANGED_ON_THE_QUIET_DAY, live
from warehouse.shop import Home, parsed_dbt

MARTS = "+path:models/marts"
# Facts of which a run replaces what has changed; the others are built whole.
FACTS = (
    "fct_order_lines",
    "fct_ledger_entries",
    "fct_orders",
    "fct_payments",
    "fct_stock_movements",
    "fct_web_events",
    "fct_sessions",
)
# Raises strictly when a run tells rows that were read again from rows that have changed.
MEDUSA_READS_WHOLE = (
    "each load reads all variants, payments and stock levels of Medusa again, and each row read "
    "counts as a change: all order lines, entries, payments and newest movements are replaced"
)
SHOPIFY_READS_STOCK = (
    "each load reads all stock levels of Shopify again, and each row read counts as a change: "
    "the newest movement of each level is replaced"
)


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A home of all sources and of the guide's, in which five loads have landed."""
    home = author(tmp_path_factory.mktemp("lived"))
    return live(replace(home, sources=",".join(ALL)))


def test_loads_of_all_sources_cut_and_grouped_anew_give_what_a_full_refresh_gives(
    lived: Home,
) -> None:
    before = _hash(lived)
    proof = prove_landed(
        lived.settings, parsed_dbt(), seeds=[4], slices=3, select=MARTS, progress=Silent()
    )
    proof.raise_for_problems()
    for against in ("a full refresh half-way", "a second run", "a full refresh"):
        rows = {one.table: one.rows for one in proof.comparisons if one.against == against}
        assert {f"marts.{fact}" for fact in FACTS} <= rows.keys()
        assert all(rows.values())
    assert sum("medusa" in reason for reason in proof.left_out) == 1
    assert _hash(lived) == before


def _hash(home: Home) -> str:
    return hashlib.sha256((home.path / "warehouse.duckdb").read_bytes()).hexdigest()


@dataclass(frozen=True)
class Replaced:
    """Of each source, facts with rows that the run of the quiet day took away and put again."""

    rows: dict[str, dict[str, int]]
    of_the_changed_order: dict[str, int]


@pytest.fixture(scope="module")
def quiet(lived: Home, tmp_path_factory: pytest.TempPathFactory) -> Replaced:
    landed = copy_landed(lived.settings, tmp_path_factory.mktemp("landed"))
    home = replace(landed.home, home=tmp_path_factory.mktemp("quiet"))
    rows = []
    for loads in (landed.loads[:-1], landed.loads[-1:]):
        landed.land(home, loads)
        assert parsed_dbt().run(home, "build", *MODELS_ONLY, "-s", MARTS, variables={}) == ()
        rows.append(_rows(home.warehouse))
    before, after = rows
    new = after - before
    counted: dict[str, dict[str, int]] = {source: {} for source in ALL}
    for source, fact, *_ in new:
        counted[source][fact] = counted[source].get(fact, 0) + 1
    with duckdb.connect(str(home.warehouse), read_only=True) as con:
        of_it = {
            fact: con.execute(
                f"select count(*) from marts.{fact} where source_name = 'shop' and order_key = "
                "(select order_key from marts.fct_orders where order_id = ?)",
                [CHANGED_ON_THE_QUIET_DAY],
            ).fetchall()[0][0]
            for fact in FACTS
            if fact in {"fct_order_lines", "fct_ledger_entries", "fct_orders", "fct_payments"}
        }
    return Replaced(counted, of_it)


def _rows(warehouse: Path) -> set[tuple[str, str, int]]:
    """A row that stays keeps DuckDB's number of it."""
    with duckdb.connect(str(warehouse), read_only=True) as con:
        return {
            row
            for fact in FACTS
            for row in con.execute(
                f"select source_name, '{fact}', rowid from marts.{fact}"
            ).fetchall()
        }


@pytest.mark.parametrize(
    "source",
    [
        "online_retail",
        "nightly_extract",
        pytest.param("medusa", marks=pytest.mark.xfail(strict=True, reason=MEDUSA_READS_WHOLE)),
        pytest.param("shopify", marks=pytest.mark.xfail(strict=True, reason=SHOPIFY_READS_STOCK)),
        "ecb",
        "my_shop",
    ],
)
def test_lists_that_are_delivered_whole_again_touch_no_row_of_a_fact(
    quiet: Replaced, source: str
) -> None:
    assert quiet.rows[source] == {}


def test_products_delivered_again_beside_a_changed_order_touch_the_rows_of_that_order_only(
    quiet: Replaced,
) -> None:
    assert all(quiet.of_the_changed_order.values())
    assert quiet.rows["shop"] == quiet.of_the_changed_order


@pytest.mark.long
@pytest.mark.parametrize("source", ALL)
def test_loads_of_one_source_give_what_a_full_refresh_gives(tmp_path: Path, source: str) -> None:
    home = live(replace(author(tmp_path), sources=source))
    proof = prove_landed(home.settings, parsed_dbt(), seeds=range(1, 4), progress=Silent())
    proof.raise_for_problems()
    against = {(one.seed, one.against) for one in proof.comparisons}
    assert {seed for seed, _ in against} == {None, 1, 2, 3}


def test_too_little_that_has_landed_is_no_proof(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no warehouse"):
        prove_landed(Home(tmp_path).settings, parsed_dbt(), seeds=[1], progress=Silent())
    home = Home(tmp_path)
    file = tmp_path / "inbox" / "shop" / "deletions" / "1.csv"
    file.parent.mkdir(parents=True)
    file.write_text("entity,entity_id,deleted_at\n")
    home.storehouse("load")
    with pytest.raises(ConfigError, match="1 files or pages"):
        prove_landed(home.settings, parsed_dbt(), seeds=[1], progress=Silent())
