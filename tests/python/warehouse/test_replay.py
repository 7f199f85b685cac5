"""What has landed of any source, landed again in other loads, gives what a full refresh gives."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random

import duckdb
import pytest

from storehouse.core.errors import ConfigError
from storehouse.core.progress import Silent
from storehouse.prove import Comparison, prove_landed
from storehouse.prove.dbt_runs import MODELS_ONLY
from storehouse.prove.landed import copy_landed, cut_loads, grouped
from storehouse.prove.replay import replay
from storehouse.prove.subject import Subject
from warehouse.author import author
from warehouse.histories import ALL, CHANGED_ON_THE_QUIET_DAY, live
from warehouse.shop import Home, parsed_dbt

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


@dataclass(frozen=True)
class Replayed:
    """What was compared before the quiet day, and what its run took away and put again.

    `replaced` counts rows of facts by source; `of_the_order` those of the order that changed.
    """

    comparisons: list[Comparison]
    failures: list[str]
    sources: set[str]
    replaced: dict[str, dict[str, int]]
    of_the_order: dict[str, int]


@pytest.fixture(scope="module")
def replayed(lived: Home, tmp_path_factory: pytest.TempPathFactory) -> Replayed:
    folder, chance = tmp_path_factory.mktemp("replayed"), Random(4)
    landed = copy_landed(lived.settings, folder / "landed")
    build = ("build", *MODELS_ONLY, "-s", "+path:models/marts")
    subject = Subject(4, folder, lived.settings, parsed_dbt(), Silent(), {}, chance, build)
    runs = grouped(cut_loads(landed.loads[:-1], chance), 2, chance)
    comparisons = list(replay(subject, landed, runs))

    home = subject.home("incremental")
    before = _rows(home.warehouse)
    landed.land(home, landed.loads[-1:])
    subject.run(home, *build)
    replaced: dict[str, dict[str, int]] = {source: {} for source in ALL}
    for (source, fact), rows in _rows(home.warehouse).items():
        if count := len(rows - before[source, fact]):
            replaced[source][fact] = count
    return Replayed(
        comparisons,
        subject.failures,
        {source for source, _ in before},
        replaced,
        _of_the_order(home.warehouse),
    )


def _rows(warehouse: Path) -> dict[tuple[str, str], set[int]]:
    """DuckDB's numbers of the rows of each source and fact: a row that stays keeps its number."""
    found: dict[tuple[str, str], set[int]] = defaultdict(set)
    with duckdb.connect(str(warehouse), read_only=True) as con:
        for fact in FACTS:
            for source, row in con.execute(
                f"select source_name, rowid from marts.{fact}"
            ).fetchall():
                found[source, fact].add(row)
    return found


def _of_the_order(warehouse: Path) -> dict[str, int]:
    with duckdb.connect(str(warehouse), read_only=True) as con:
        counts = {
            fact: con.execute(
                f"select count(*) from marts.{fact} where order_key = (select order_key "
                "from marts.fct_orders where source_name = 'shop' and order_id = ?)",
                [CHANGED_ON_THE_QUIET_DAY],
            ).fetchall()[0][0]
            for fact in ("fct_order_lines", "fct_ledger_entries", "fct_orders", "fct_payments")
        }
    return {fact: count for fact, count in counts.items() if count}


def test_loads_of_all_sources_cut_and_grouped_anew_give_what_a_full_refresh_gives(
    replayed: Replayed,
) -> None:
    assert replayed.failures == []
    assert replayed.sources == {*ALL} - {"ecb"}  # which has rates and no facts
    assert [one for one in replayed.comparisons if one.differences] == []
    for against in ("a full refresh half-way", "a second run", "a full refresh"):
        rows = {one.table: one.rows for one in replayed.comparisons if one.against == against}
        assert {f"marts.{fact}" for fact in FACTS} <= rows.keys()
        assert all(rows.values())


def test_a_proof_reads_the_home_only_and_says_what_it_leaves_out(lived: Home) -> None:
    before = _hash(lived)
    proof = prove_landed(
        lived.settings, parsed_dbt(), seeds=[4], slices=2, select="+fct_exchange_rates",
        progress=Silent(),
    )  # fmt: skip
    proof.raise_for_problems()
    rates = [one for one in proof.comparisons if one.table == "marts.fct_exchange_rates"]
    assert {one.seed for one in rates} == {4}
    assert len(rates) == 3
    assert [source for source in ALL if any(f"of {source} " in why for why in proof.left_out)] == [
        "medusa",
        "shopify",
    ]
    assert _hash(lived) == before


def _hash(home: Home) -> str:
    return hashlib.sha256((home.path / "warehouse.duckdb").read_bytes()).hexdigest()


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
    replayed: Replayed, source: str
) -> None:
    assert replayed.replaced[source] == {}


def test_products_delivered_again_beside_a_changed_order_touch_the_rows_of_that_order_only(
    replayed: Replayed,
) -> None:
    assert {"fct_orders", "fct_order_lines"} <= replayed.of_the_order.keys()
    assert replayed.replaced["shop"] == replayed.of_the_order


@pytest.mark.long
@pytest.mark.parametrize("source", ALL)
def test_loads_of_one_source_give_what_a_full_refresh_gives(tmp_path: Path, source: str) -> None:
    home = live(replace(author(tmp_path), sources=source))
    proof = prove_landed(home.settings, parsed_dbt(), seeds=[1], progress=Silent())
    proof.raise_for_problems()
    against = {(one.seed, one.against) for one in proof.comparisons}
    assert {seed for seed, _ in against} == {None, 1}


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
