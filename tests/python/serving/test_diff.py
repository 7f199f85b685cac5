"""What was restated between two builds is said with the documents and causes that did it."""

from __future__ import annotations

import shutil
from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from random import Random

import duckdb
import pytest

from sample_shop import write_sample
from storehouse.core.config import Settings
from storehouse.core.errors import ConfigError
from storehouse.prove.deliveries import cut
from storehouse.serving.diff import Difference, diff
from storehouse.serving.published import kept_builds
from storehouse.serving.published_files import current_file
from warehouse.shop import Home

Plant = Callable[..., Difference]
OLDER, NEWER = "20250101T000000.000000Z", "20250102T000000.000000Z"
# What was loaded up to the older build; a document of which more is there was loaded since.
LOADED_SINCE = "update meta.watermarks set loaded_at = loaded_at - interval 1 day"
OTHER_CODE = "update meta.builds set code_hash = 'other'"
AN_ORDER = "(select min(document_id) from marts.fct_ledger_entries where document_type = 'order')"


@pytest.fixture(scope="module")
def delivered(tmp_path_factory: pytest.TempPathFactory) -> tuple[Home, Path]:
    """A shop with all troubles that arrived in two parts, each of them published; its truth."""
    folder = tmp_path_factory.mktemp("delivered")
    export = folder / "export"
    write_sample(export, orders=400, days=60, seed=5)
    parts = [part for part in cut(export, ("shop",), slices=2, rng=Random(5)) if part]
    home = Home(folder / "home")
    for arrivals in (parts[0], [arrival for part in parts[1:] for arrival in part]):
        for arrival in arrivals:
            arrival.arrive(home.path / "inbox")
        home.storehouse("run", "--accept-loss")
    return home, export / "truth" / "ledger.parquet"


@pytest.fixture
def plant(delivered: tuple[Home, Path], tmp_path: Path) -> Plant:
    """Compare a build with an older one that differs from it by these statements."""
    shop_home, _ = delivered
    file = current_file(shop_home.settings)
    assert file is not None
    settings = replace(shop_home.settings, home=tmp_path)

    def compared(*statements: str) -> Difference:
        for build_id in (OLDER, NEWER):
            target = settings.published_dir / build_id / file.name
            target.parent.mkdir(parents=True)
            shutil.copyfile(file, target)
        with duckdb.connect(str(settings.published_dir / OLDER / file.name)) as con:
            for statement in statements:
                con.execute(statement)
        settings.current.symlink_to(settings.published_dir / NEWER / file.name)
        found = diff(settings)
        _sums_exactly(found)
        return found

    return compared


def _sums_exactly(found: Difference) -> None:
    """Causes make up each difference; each document has a cause once a figure."""
    sums: dict[object, Decimal] = defaultdict(Decimal)
    for change in found.changes:
        sums[change.metric, change.source_name, change.day] += change.difference or 0
    for figure in found.figures:
        key = (figure.metric, figure.source_name, figure.day)
        if figure.older is not None and figure.newer is not None:
            assert sums[key] == figure.newer - figure.older, figure
        else:
            assert key in sums, figure


def _named(found: Difference) -> set[tuple[str, str | None]]:
    return {(change.cause, change.document_id) for change in found.changes}


def test_builds_that_are_alike_have_nothing_restated(plant: Plant) -> None:
    found = plant()
    assert (found.figures, found.changes, found.new_days, found.dimension_changes) == ((),) * 4
    assert (found.code_changed, found.settings_changed) == (False, ())


def test_a_document_that_arrived_late_is_named_with_its_load(plant: Plant) -> None:
    found = plant(
        LOADED_SINCE, f"delete from marts.fct_ledger_entries where document_id = {AN_ORDER}"
    )
    assert _named(found) == {("document_late", "O000001")}
    assert [(load.documents, load.tables is not None) for load in found.loads] == [(1, True)]


def test_a_document_that_was_corrected_has_its_old_and_its_new_amount(plant: Plant) -> None:
    found = plant(
        LOADED_SINCE,
        "update marts.fct_ledger_entries set amount = amount + 1, "
        f"reporting_amount = reporting_amount + 1 where document_id = {AN_ORDER} "
        "and entry_type = 'sale'",
    )
    assert _named(found) == {("document_changed", "O000001")}
    (sale,) = [change for change in found.changes if change.metric == "gross_sales"]
    assert sale.difference is not None
    assert sale.older == sale.newer - sale.difference  # type: ignore[operator]
    assert sale.difference < 0


def test_a_document_that_was_deleted_is_named_with_the_load_of_its_deletion(plant: Plant) -> None:
    deleted = "(select min(document_id) from reports.rpt_deletions where document_type = 'order')"
    found = plant(
        "insert into marts.fct_ledger_entries select * replace (md5(ledger_entry_key) as "
        f"ledger_entry_key, 'gone' as document_key, {deleted} as document_id) "
        f"from marts.fct_ledger_entries where document_id = {AN_ORDER}"
    )
    assert {(change.cause, change.loaded_at is not None) for change in found.changes} == {
        ("document_deleted", True)
    }


def test_a_rate_and_the_cost_of_a_product_are_causes_of_their_own_in_one_entry(
    plant: Plant,
) -> None:
    found = plant(
        "create table one as select * from marts.fct_ledger_entries where entry_type = 'sale' "
        "and currency_code <> 'GBP' and product_key <> '-1' and cost_amount > 0 limit 1",
        "update marts.fct_ledger_entries set reporting_amount = reporting_amount + 3, "
        "cost_amount = cost_amount + 1 "
        "where ledger_entry_key = (select ledger_entry_key from one)",
        "update marts.fct_exchange_rates set rate = rate + 1 where (currency_code, rate_date) = "
        "(select (currency_code, entry_date) from one)",
        "update marts.dim_products_history set unit_cost_amount = 1000 "
        "where product_key = (select product_key from one)",
        "drop table one",
    )
    assert {(one.metric, one.cause, one.difference) for one in found.causes} >= {
        ("gross_sales", "rate_changed", -3),
        ("margin", "rate_changed", -3),
        ("margin", "product_cost_changed", 1),
        ("cost", "product_cost_changed", -1),
    }


@pytest.mark.parametrize(
    ("statement", "cause"),
    [
        (OTHER_CODE, "code_or_settings_changed"),
        ("update meta.builds set settings = '{}'", "code_or_settings_changed"),
        ("select 1", "unattributed"),
        ("update meta.builds set code_hash = null, settings = null", "unattributed"),
    ],
)
def test_what_no_row_accounts_for_is_due_to_code_or_settings_or_not_attributed(
    plant: Plant, statement: str, cause: str
) -> None:
    found = plant(
        statement,
        "update marts.fct_ledger_entries set cost_amount = cost_amount + 1 "
        f"where document_id = {AN_ORDER} and entry_type = 'sale'",
    )
    assert _named(found) == {(cause, "O000001")}


def test_settings_that_changed_are_named(plant: Plant) -> None:
    found = plant(
        "update meta.builds set settings = "
        """json_merge_patch(settings, '{"reporting_currency_code": "EUR"}')"""
    )
    assert found.settings_changed == ("reporting_currency_code",)
    assert not found.figures


def test_another_definition_of_a_metric_is_no_documents_doing(plant: Plant) -> None:
    found = plant(OTHER_CODE, "update marts.dim_entry_types set is_net_sales = entry_type = 'sale'")
    assert _named(found) == {("code_or_settings_changed", None)}
    assert {figure.metric for figure in found.figures} == {"margin", "net_sales"}


def test_a_merge_and_a_move_between_categories_restate_no_figure(plant: Plant) -> None:
    found = plant(
        "update marts.dim_products set category_name = 'Elsewhere' where product_id = 'P000001'",
        "update marts.dim_customers set surviving_customer_key = customer_key where is_merged",
    )
    assert not found.figures
    assert {(one.kind, one.column) for one in found.dimension_changes} == {
        ("product", "category_name"),
        ("customer", "merged_into"),
    }
    assert all(one.newer for one in found.dimension_changes)


def test_days_after_the_last_of_the_older_build_are_new(plant: Plant) -> None:
    last = "(select max(last_entry_date) from marts.dim_sources)"
    found = plant(
        f"delete from marts.fct_ledger_entries where entry_date = {last}",
        "update marts.dim_sources set last_entry_date = last_entry_date - 1",
    )
    assert not found.figures
    assert {(str(one.first_day), str(one.last_day)) for one in found.new_days} == {
        ("2025-12-31", "2025-12-31")
    }


def test_a_build_that_had_no_entries_had_no_days(plant: Plant) -> None:
    found = plant(
        "delete from marts.fct_ledger_entries",
        "update marts.dim_sources set last_entry_date = null",
    )
    assert (found.figures, found.changes) == ((), ())
    assert {one.metric for one in found.new_days} > {"net_sales", "tax"}


def test_a_metric_that_one_build_does_not_define_is_not_compared(plant: Plant) -> None:
    found = plant(
        OTHER_CODE,
        "update meta.semantic_manifest set document = "
        """replace(document, '"name": "shipping"', '"name": "carriage"')""",
    )
    assert (found.figures, found.changes) == ((), ())


def test_gift_cards_that_were_restated_are_found(plant: Plant) -> None:
    found = plant(
        OTHER_CODE,
        "update marts.fct_ledger_entries set reporting_amount = reporting_amount + 1 "
        "where ledger_entry_key = (select min(ledger_entry_key) from marts.fct_ledger_entries "
        "where entry_type = 'gift_card')",
    )
    assert {figure.metric for figure in found.figures} == {"gift_cards"}


def test_a_file_of_an_older_version_is_compared_and_what_it_lacks_is_not_known(
    plant: Plant,
) -> None:
    found = plant(
        "drop table meta.semantic_manifest",
        "alter table meta.builds drop code_hash",
        "alter table meta.builds drop settings",
    )
    assert not found.figures
    assert (found.code_changed, found.settings_changed) == (None, None)


def test_builds_that_are_not_there_are_refused(
    delivered: tuple[Home, Path], tmp_path: Path
) -> None:
    shop_home, _ = delivered
    with pytest.raises(ConfigError, match="no two published builds"):
        diff(replace(shop_home.settings, home=tmp_path))
    with pytest.raises(ConfigError, match="no published build 'never'"):
        diff(shop_home.settings, "never", "neither")
    older, newer = kept_builds(shop_home.settings)
    for pair in ((newer, older), (newer, None), (older, older)):
        with pytest.raises(ConfigError, match="is not older than"):
            diff(shop_home.settings, *pair)


def test_the_documents_that_the_truth_says_arrived_are_named_and_no_others(
    delivered: tuple[Home, Path],
) -> None:
    """Files late, corrected and repeated, deletions, merges, price changes, rates."""
    home, truth = delivered
    home.storehouse("diff", code=8)
    found = diff(home.settings)
    _sums_exactly(found)
    causes = {change.cause for change in found.changes}
    assert causes >= {"document_late", "document_changed", "document_deleted", "rate_changed"}
    assert not causes & {"unattributed", "code_or_settings_changed"}
    _names_what_the_truth_says(home.settings, found, truth)


def _names_what_the_truth_says(settings: Settings, found: Difference, truth: Path) -> None:
    older = settings.published_dir / found.older.build_id / "current.duckdb"
    with duckdb.connect(str(older), read_only=True) as con:
        con.execute("create temp table named (cause varchar, id varchar)")
        con.executemany(
            "insert into named values (?, ?)",
            sorted({(one.cause, str(one.document_id)) for one in found.changes}),
        )
        columns = (
            "document_id, order_id, entry_date, entry_type, sum(reporting_amount), sum(quantity), "
            "sum(cost_amount), count(*) filter (where cost_amount is null)"
        )
        con.execute(
            f"""
            create temp table was as select {columns} from marts.fct_ledger_entries group by all;
            create temp table truth as select {columns} from (
                select *, coalesce(refund_id, order_id) as document_id from '{truth}'
            ) where entry_date <= (select last_entry_date from marts.dim_sources)
                and entry_type <> 'gift_card' group by all;
            """
        )
        late = con.execute(
            "select document_id from truth except select document_id from was order by 1"
        ).fetchall()
        deleted = con.execute(
            "select document_id from was except select document_id from truth order by 1"
        ).fetchall()
        other = con.execute(
            "select distinct order_id from ((from was except from truth) union all "
            "(from truth except from was)) where entry_type <> 'gift_card' order by 1"
        ).fetchall()
        named = con.execute(
            "select distinct order_id from named inner join "
            "(select document_id as id, order_id from was union select document_id, order_id "
            "from truth) using (id) order by 1"
        ).fetchall()
        documents = {
            cause: con.execute(
                "select distinct id from named where cause = ? order by 1", [cause]
            ).fetchall()
            for cause in ("document_late", "document_deleted")
        }
    assert late
    assert deleted
    assert documents["document_late"] == late
    assert documents["document_deleted"] == deleted
    assert named == other
