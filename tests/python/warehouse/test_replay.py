"""What has landed of any source, landed again in other loads, gives what a full refresh gives."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Sequence
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
from storehouse.serving.explain_raw import raw_rows
from warehouse.author import author
from warehouse.histories import CHANGED_ON_THE_QUIET_DAY, FILES, OTHERS, live
from warehouse.shop import Home, parsed_dbt

# Facts of which a run replaces what has changed, but those of the web, which one source has.
FACTS = (
    "fct_order_lines",
    "fct_ledger_entries",
    "fct_orders",
    "fct_payments",
    "fct_stock_movements",
)
BUILD = (
    *("build", *MODELS_ONLY, "--select", "+dim_products", "+dim_customers"),
    *(f"+{fact}" for fact in FACTS),
)


@dataclass(frozen=True)
class Replayed:
    """What was compared before the quiet day, and what its run took away and put again.

    `replaced` counts rows of facts by source.
    """

    home: Home
    comparisons: list[Comparison]
    failures: list[str]
    sources: set[str]
    replaced: dict[str, dict[str, int]]
    warehouse: Path


def _replayed(folder: Path, sources: Sequence[str]) -> Replayed:
    home = live(replace(author(folder / "lived"), sources=",".join(sources)))
    landed = copy_landed(home.settings, folder / "landed")
    rng = Random(4)
    subject = Subject(4, folder, home.settings, parsed_dbt(), Silent(), {}, rng, BUILD)
    runs = grouped(cut_loads(landed.loads[:-1], rng), 2, rng)
    comparisons = list(replay(subject, landed, runs))

    incremental = subject.home("incremental")
    before = _rows(incremental.warehouse)
    landed.land(incremental, landed.loads[-1:])
    subject.run(incremental, *BUILD)
    replaced: dict[str, dict[str, int]] = {source: {} for source in sources}
    for (source, fact), rows in _rows(incremental.warehouse).items():
        if count := len(rows - before[source, fact]):
            replaced[source][fact] = count
    return Replayed(
        home,
        comparisons,
        subject.failures,
        {source for source, _ in before},
        replaced,
        incremental.warehouse,
    )


@pytest.fixture(scope="module")
def others(tmp_path_factory: pytest.TempPathFactory) -> Replayed:
    """Sources that the proof over invented shops does not have, the guide's among them."""
    return _replayed(tmp_path_factory.mktemp("others"), OTHERS)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Replayed:
    """Those that it has."""
    return _replayed(tmp_path_factory.mktemp("files"), FILES)


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


def _is_equal_to_a_full_refresh(replayed: Replayed) -> bool:
    assert replayed.failures == []
    assert [one for one in replayed.comparisons if one.differences] == []
    against = {"a full refresh half-way", "a second run", "a full refresh"}
    facts = {
        (one.table.removeprefix("marts."), one.against) for one in replayed.comparisons if one.rows
    }
    return facts >= {(fact, other) for fact in FACTS for other in against}


def test_loads_of_apis_and_the_guides_shop_cut_and_grouped_anew_give_what_a_full_refresh_gives(
    others: Replayed,
) -> None:
    assert _is_equal_to_a_full_refresh(others)
    assert others.sources == {*OTHERS} - {"ecb"}  # which has rates and no facts


@pytest.mark.long
def test_loads_of_files_cut_and_grouped_anew_give_what_a_full_refresh_gives(
    files: Replayed,
) -> None:
    assert _is_equal_to_a_full_refresh(files)
    assert files.sources == {*FILES}


@pytest.mark.parametrize("source", ["medusa", "shopify"])
def test_lists_that_are_read_whole_again_touch_no_row_of_a_fact(
    others: Replayed, source: str
) -> None:
    assert others.replaced[source] == {}


def test_rates_that_are_delivered_whole_again_touch_no_money(others: Replayed) -> None:
    # Shopify's pounds are reported in euros.
    assert others.replaced["shopify"] == {}


@pytest.mark.long
def test_tables_that_a_night_delivers_again_touch_no_row_of_a_fact(files: Replayed) -> None:
    assert files.replaced["nightly_extract"] == {}


@pytest.mark.parametrize(
    ("source", "replayed"),
    [("my_shop", "others"), pytest.param("shop", "files", marks=pytest.mark.long)],
)
def test_a_changed_order_touches_its_rows_only(
    request: pytest.FixtureRequest, source: str, replayed: str
) -> None:
    found: Replayed = request.getfixturevalue(replayed)
    replaced = found.replaced[source]
    assert replaced["fct_orders"] == 1
    with duckdb.connect(str(found.warehouse), read_only=True) as con:
        for fact, count in replaced.items():
            rows = con.execute(
                f"select count(*) from marts.{fact} where order_key = (select order_key "
                "from marts.fct_orders where source_name = ? and order_id = ?)",
                [source, CHANGED_ON_THE_QUIET_DAY[source]],
            ).fetchall()
            assert count <= rows[0][0]


def test_a_proof_reads_the_home_only_and_says_what_it_leaves_out(others: Replayed) -> None:
    home = others.home
    before = _hash(home)
    proof = prove_landed(
        home.settings, parsed_dbt(), seeds=[4], slices=2, select="+fct_exchange_rates",
        progress=Silent(),
    )  # fmt: skip
    proof.raise_for_problems()
    rates = [one for one in proof.comparisons if one.table == "marts.fct_exchange_rates"]
    assert [(one.seed, one.rows > 0) for one in rates] == [(4, True)] * 3
    left_out = {name for name in OTHERS if any(f"of {name} " in why for why in proof.left_out)}
    assert left_out == {"medusa", "shopify"}
    assert _hash(home) == before


def test_every_document_of_any_source_leads_on_to_all_its_raw_rows_and_no_others(
    others: Replayed,
) -> None:
    home = Home(others.warehouse.parent, others.home.sources, project=others.home.project)
    home.dbt("parse", "--target-path", str(home.settings.target_dir))
    documents = home.query(
        "select distinct source_name, document_type, document_id, order_id "
        "from marts.fct_ledger_entries"
    )
    untraced: set[str] = set()
    for source, kind, number, order in documents:
        found = raw_rows(home.settings, source, kind, number)
        untraced |= {*found.untraced}
        assert found.tables
        for name, table in found.tables.items():
            assert name.startswith(f"{source}.")
            assert all({number, order} & {*map(str, row)} for row in table.rows), name
            if kind == "order" and "order_id" in table.columns:
                query = f"select count(*) from raw_{name} where order_id = '{order}'"
                assert home.query(query) == [(len(table.rows),)], name
    assert {source for source, *_ in documents} == others.sources
    # They follow nothing, and not all of their inputs have their key under its name.
    assert untraced == {
        "stg_medusa__refund_lines",
        "stg_shopify__refund_lines",
    }


def _hash(home: Home) -> str:
    return hashlib.sha256((home.path / "warehouse.duckdb").read_bytes()).hexdigest()


@pytest.mark.long
@pytest.mark.parametrize("source", [*FILES, *OTHERS])
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
