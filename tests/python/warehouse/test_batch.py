"""`storehouse run` and its parts, as an operator uses them."""

from __future__ import annotations

import os
import shutil
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import duckdb

from storehouse.serving.published_files import KEPT_BUILDS, withdrawn_mark
from warehouse.homes import copy_of
from warehouse.shop import Home


def test_a_second_run_loads_nothing_and_publishes_the_same_rows(
    shop_home: Home, tmp_path: Path
) -> None:
    home = copy_of(shop_home, tmp_path / "home")
    before = home.fingerprints()
    stood = home.storehouse("run")
    assert stood["build"]["unchanged"] is True
    assert stood["build"]["build_id"] == stood["publish"]["build_id"]
    again = home.storehouse("run", "--force")
    assert again["build"]["unchanged"] is False
    assert sum(table["loaded"] for table in again["load"]["tables"]) == 0
    assert sum(table["unchanged"] for table in again["load"]["tables"]) > 1000
    assert home.fingerprints() == before
    published = dict(home.published("select table_name, row_count from meta.row_counts"))
    assert published.pop("reports.rpt_builds") == 1  # the build before
    assert published == {table: rows for table, (rows, _) in before.items()}


def test_the_published_file_carries_comments_and_says_what_it_was_built_from(
    shop_home: Home,
) -> None:
    ((comment,),) = shop_home.published(
        "select comment from duckdb_tables() where table_name = 'fct_ledger_entries'"
    )
    assert "One row per" in comment
    bare = shop_home.published(
        "select table_name, column_name from duckdb_columns() "
        "where schema_name in ('marts', 'reports') and comment is null"
    )
    assert bare == []
    ((build_id, versions),) = shop_home.published("select build_id, versions from meta.builds")
    assert build_id == shop_home.storehouse("status")["current"]
    assert "dbt-core" in versions
    landed = shop_home.query(
        "select source, table_name, count(*), sum(row_count) from ops.loads "
        "where status = 'loaded' group by all"
    )
    assert sorted(landed) == sorted(
        shop_home.published(
            "select source_name, table_name, file_count, row_count from meta.watermarks"
        )
    )


def test_no_names_or_mail_addresses_are_published(shop_home: Home) -> None:
    personal = shop_home.published(
        "select column_name from duckdb_columns() where column_name in ('email', 'full_name')"
    )
    assert personal == []


def test_a_failed_test_publishes_nothing_and_names_the_test_and_its_file(
    small_home: Home,
) -> None:
    published = small_home.storehouse("status")["current"]
    orders = max((small_home.path / "inbox" / "shop" / "orders").iterdir())
    header, first, *rest = orders.read_text().splitlines()
    columns = header.split(",")
    values = first.split(",")
    values[columns.index("total_amount")] = "99999.99"
    orders.write_text("\n".join([header, ",".join(values), *rest]) + "\n")

    small_home.storehouse("load")
    strict = replace(small_home, environ={"STOREHOUSE_FINDINGS": "strict"})
    error = strict.storehouse("run", code=5)["error"]
    assert "findings stay below what their rules stop at" in error
    assert "tests/singular/findings_stay_below_what_their_rules_stop_at.sql" in error
    assert f"order {values[columns.index('order_id')]}" in error
    wrong = small_home.query(
        "select compared_id, expected_amount from reports.rpt_reconciliation_exceptions "
        "where check_name = 'order_total'"
    )
    assert wrong == [(values[columns.index("order_id")], Decimal("99999.99"))]
    assert small_home.storehouse("status")["current"] == published
    assert "failed" in small_home.storehouse("publish", code=6)["error"]


def test_a_failed_load_stops_the_run_before_dbt_and_publishes_nothing(small_home: Home) -> None:
    published = small_home.storehouse("status")["current"]
    (small_home.path / "inbox" / "shop" / "orders" / "2031-01-01.csv").write_bytes(b"\xff\xfe\x00")
    assert "2031-01-01.csv" in small_home.storehouse("run", code=4)["error"]
    found = small_home.storehouse("status")
    assert found["current"] == published
    assert found["build"]["build_id"] == published


def test_what_dbt_changed_after_the_tested_build_is_not_published(small_home: Home) -> None:
    small_home.dbt("run", "--quiet", "-s", "dim_dates")
    assert "untested" in small_home.storehouse("publish", code=6)["error"]
    small_home.storehouse("build")
    small_home.storehouse("publish")


def test_five_builds_are_kept_and_rollback_goes_back_one(small_home: Home) -> None:
    settings = small_home.settings
    builds = [small_home.storehouse("status")["current"]]
    newest = settings.published_dir / builds[0]
    for number in range(KEPT_BUILDS + 1):
        shutil.copytree(newest, newest.with_name(f"1999010{number}T000000.000000Z"))
    small_home.storehouse("publish")
    kept = sorted(folder.name for folder in settings.published_dir.glob("[0-9]*"))
    assert len(kept) == KEPT_BUILDS
    assert small_home.storehouse("rollback")["current"] == kept[-2]
    assert small_home.storehouse("status")["current"] == kept[-2]
    assert small_home.storehouse("rollback")["current"] == kept[-3]
    assert small_home.storehouse("publish")["build_id"] == builds[0]
    # kept[-2] was withdrawn, so the way back passes it over.
    assert small_home.storehouse("rollback")["current"] == kept[-3]


def test_builds_published_by_an_older_version_are_read_gone_back_to_and_pruned(
    small_home: Home,
) -> None:
    """It wrote `published/<build id>.duckdb`, and the link pointed there."""
    settings = small_home.settings
    build_id = small_home.storehouse("status")["current"]
    folder = settings.published_dir / build_id
    flat = [settings.published_dir / f"1999010{n}T000000.000000Z.duckdb" for n in (1, 2, 3)]
    for file in flat:
        shutil.copy(folder / "current.duckdb", file)
    shutil.rmtree(folder)
    settings.current.unlink()
    settings.current.symlink_to(flat[-1].name)

    assert small_home.storehouse("status")["current"] == flat[2].stem
    assert small_home.storehouse("report", "daily_totals")["build_id"] == flat[2].stem
    assert small_home.storehouse("rollback")["current"] == flat[1].stem
    assert small_home.storehouse("publish")["build_id"] == build_id
    assert settings.current.readlink() == Path(build_id, "current.duckdb")
    left = {path.name for path in settings.published_dir.iterdir()}
    mark = withdrawn_mark(settings, flat[2].stem).name
    assert left == {build_id, "current.duckdb", flat[0].name, flat[1].name, mark}
    assert small_home.storehouse("rollback")["current"] == flat[1].stem


def test_a_build_that_lost_much_of_what_readers_have_asks_before_it_is_published(
    small_home: Home,
) -> None:
    before = small_home.storehouse("status")["current"]
    for file in (small_home.path / "inbox" / "shop" / "web_events").iterdir():
        header, first, *_ = file.read_text().splitlines()
        file.write_text(f"{header}\n{first}\n")

    refused = small_home.storehouse("run", code=6)
    events = next(one for one in refused["losses"] if one["table"] == "marts.fct_web_events")
    assert events["source"] == "shop"
    assert 0 < events["rows_now"] < 0.8 * events["rows_before"]
    assert f"{events['rows_now']:,} rows, {events['rows_before']:,} published" in refused["error"]
    assert "fct_orders" not in refused["error"]
    assert "--accept-loss" in refused["error"]
    assert small_home.storehouse("status")["current"] == before
    assert "lost more" in small_home.storehouse("publish", code=6)["error"]

    accepted = small_home.storehouse("publish", "--accept-loss")
    assert accepted["row_counts"]["marts.fct_web_events"] == events["rows_now"]
    assert small_home.storehouse("publish")["build_id"] == accepted["build_id"] > before


def test_a_dbt_that_dies_is_a_failed_build_and_a_file_in_the_way_is_exit_6(
    small_home: Home,
) -> None:
    broken = Home(small_home.path, environ={"DBT_TARGET": "nowhere"})
    (failure,) = broken.storehouse("build", code=5)["failures"]
    assert "left no results" in failure["message"]
    assert small_home.storehouse("status")["build"]["status"] == "failed"
    published = small_home.settings.published_dir
    shutil.rmtree(published)
    published.write_text("in the way")
    assert small_home.storehouse("run", code=6)["exit_code"] == 6


def test_a_warehouse_open_elsewhere_is_exit_7_and_status_still_answers(small_home: Home) -> None:
    with duckdb.connect(str(small_home.settings.warehouse)):
        error = small_home.storehouse("build", code=7)["error"]
        assert str(os.getpid()) in error
        assert small_home.storehouse("status")["busy"]


def test_plain_dbt_works_on_a_fresh_clone_before_any_data(tmp_path: Path) -> None:
    home = Home(tmp_path / "home", sources="shop,online_retail")
    home.path.mkdir()
    # `build` has run every test, so that few of them do for `test`.
    tests = ("test", "-s", "path:models/reports")
    for command in (("parse",), ("build",), tests, ("docs", "generate")):
        home.dbt(*command)
    assert home.query("select count(*) from marts.fct_ledger_entries") == [(0,)]
    home.storehouse("run")
    assert home.published("select count(*) from reports.rpt_daily_sales") == [(0,)]


def test_the_same_shop_is_written_for_the_same_seed_by_the_command(tmp_path: Path) -> None:
    home = Home(tmp_path)
    arguments = ("--orders", "100", "--days", "10", "--seed", "3")
    first = home.storehouse("sample", *arguments)
    assert home.storehouse("sample", *arguments) == first
    assert first["orders"] == 100
