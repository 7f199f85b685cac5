"""`storehouse run` finds the planted alerts and no other, sends them once, and clears them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import pytest

from alerts.receiver import Receiver, http_receiver
from warehouse.alarming_shop import EXPECTED, mended, ordinary_weeks, planted
from warehouse.copied import Copy
from warehouse.shop import PROJECT, Home

_TARGET = """
targets: {chat: {url_variable: ALERTS_CHAT_URL}}
digest_at: "08:00"
clear_after: 2
"""


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    with http_receiver() as chat:
        yield chat


@pytest.fixture(scope="module")
def shop(
    tmp_path_factory: pytest.TempPathFactory, receiver: Receiver
) -> tuple[Home, list[dict[str, Any]]]:
    """Ordinary weeks, then planted cases, the same again, and mended: the home and its runs."""
    folder = tmp_path_factory.mktemp("alarming")
    (folder / "alerts.yml").write_text(_TARGET)
    environ = {
        "STOREHOUSE_ALERTS": str(folder / "alerts.yml"),
        "ALERTS_CHAT_URL": receiver.url,
    }
    home = Home(folder / "home", environ=environ)
    runs = []
    for name, rows in (("1", ordinary_weeks()), ("2", planted()), ("3", None), ("4", mended())):
        if rows:
            rows.write(home.path / "inbox", f"{name}.csv")
        runs.append(home.storehouse("run"))
    return home, [*runs, home.storehouse("run")]


def _keys(run: dict[str, Any], what: str) -> set[str]:
    return {one["alert_key"] for one in run["alerts"][what]}


def test_each_planted_case_is_an_alert_and_nothing_else_is(
    shop: tuple[Home, list[dict[str, Any]]],
) -> None:
    _, (ordinary, alarming, same, *_) = shop
    assert ordinary["alerts"]["open_count"] == 0
    assert _keys(alarming, "raised") == EXPECTED
    assert (_keys(same, "raised"), same["alerts"]["open_count"]) == (set(), len(EXPECTED))


def test_what_is_mended_is_cleared_after_two_runs(
    shop: tuple[Home, list[dict[str, Any]]],
) -> None:
    home, (*_, mending, mended_for_good) = shop
    assert _keys(mending, "cleared") == set()
    gone = {
        "finding:shop:order_total:order:odd",
        "low_stock:shop:low",
        "low_stock:shop:out",
        "out_of_stock:shop:out",
    }
    assert _keys(mended_for_good, "cleared") == gone
    still = {one["alert_key"] for one in home.storehouse("alerts")["alerts"]}
    assert still == EXPECTED - gone
    counts = home.storehouse("status")["alerts"]
    assert (counts["critical"], sum(counts.values())) == (1, len(still))


def test_each_alert_was_sent_once_and_so_was_its_end(
    shop: tuple[Home, list[dict[str, Any]]], receiver: Receiver
) -> None:
    _, runs = shop
    assert [run["alerts"]["delivered"][0]["problem"] for run in runs] == [None] * len(runs)
    held_back = {key for key in EXPECTED if key.startswith("unusual_sales")}  # info: a digest
    for key in EXPECTED - held_back:
        is_gone = key.startswith(("finding", "low_stock", "out_of_stock"))
        assert receiver.text.count(f"[{key}]") == 1 + is_gone, key
    assert receiver.titles[-1] == "4 alerts are cleared"


def test_the_published_file_has_the_alerts_of_its_build(
    shop: tuple[Home, list[dict[str, Any]]],
) -> None:
    home, _ = shop
    published = home.published("select alert_key, detail from reports.rpt_alerts")
    still = {one["alert_key"] for one in home.storehouse("alerts")["alerts"]}
    assert {key for key, _ in published} == still
    assert all("null" not in detail.lower() for _, detail in published)
    report = home.storehouse("report", "alerts")
    assert len(report["rows"]) == len(still)


def test_an_alert_is_acknowledged_by_its_key(shop: tuple[Home, list[dict[str, Any]]]) -> None:
    home, _ = shop
    key = "refund_surge:shop:all"
    home.storehouse("alerts", "ack", key)
    (found,) = [a for a in home.storehouse("alerts")["alerts"] if a["alert_key"] == key]
    assert (found["acknowledged_at"] is not None, found["sent_to"]) == (True, ["chat"])
    assert "none" in home.storehouse("alerts", "ack", "none", code=2)["error"]


def test_after_a_failed_build_alerts_on_the_shop_stay_and_the_build_is_one(
    small_home: Home,
) -> None:
    before = {one["alert_key"] for one in small_home.storehouse("alerts")["alerts"]}
    assert "failed_build" not in before
    broken = replace(small_home, environ={"DBT_TARGET": "nowhere"})
    broken.storehouse("build", code=5)
    after = {one["alert_key"]: one for one in small_home.storehouse("alerts")["alerts"]}
    assert set(after) == before | {"failed_build"}
    for key in before:
        assert after[key]["is_stale"]
        assert after[key]["stale_reason"] == "the last build failed"
    small_home.storehouse("run")
    assert "failed_build" in {o["alert_key"] for o in small_home.storehouse("alerts")["alerts"]}
    cleared = small_home.storehouse("run")["alerts"]["cleared"]
    assert [one["alert_key"] for one in cleared] == ["failed_build"]
    assert not any(one["is_stale"] for one in small_home.storehouse("alerts")["alerts"])


def test_a_run_that_is_killed_while_it_sends_repeats_one_message_and_loses_none(
    small_home: Home, tmp_path: Path, receiver: Receiver
) -> None:
    (tmp_path / "alerts.yml").write_text(_TARGET)
    environ = {
        "STOREHOUSE_ALERTS": str(tmp_path / "alerts.yml"),
        "ALERTS_CHAT_URL": receiver.url,
    }
    home = replace(small_home, environ=environ)
    receiver.messages.clear()
    running = home.start("storehouse", "run")
    receiver.received = running.kill
    running.communicate()
    receiver.received = bool
    assert running.returncode == -9
    (killed,) = receiver.messages
    home.storehouse("run")
    home.storehouse("run")
    assert receiver.messages.count(killed) == 2
    bodies = [message["message"] for message in receiver.messages]
    assert len(set(bodies)) == len(bodies) - 1
    alerts = [one for one in home.storehouse("alerts")["alerts"] if one["severity"] != "info"]
    assert len({one["severity"] for one in alerts}) == 2
    for one in alerts:
        assert one["sent_to"] == ["chat"]
        assert f"[{one['alert_key']}]" in receiver.text


def test_refused_files_are_an_alert_in_a_home_that_was_never_built(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    file = home.path / "inbox" / "shop" / "orders" / "2025-01-01.csv"
    file.parent.mkdir(parents=True)
    file.write_bytes(b"\xff\xfe\x00")
    home.storehouse("run", code=4)
    alerts = {one["alert_key"]: one["detail"] for one in home.storehouse("alerts")["alerts"]}
    assert set(alerts) == {"refused_files:shop:orders", "stale_source:shop"}
    assert "2025-01-01.csv" in alerts["refused_files:shop:orders"]


def test_a_source_without_new_data_makes_its_alerts_old(small_home: Home) -> None:
    with duckdb.connect(str(small_home.settings.warehouse)) as con:
        con.execute("update ops.loads set loaded_at = loaded_at - interval '3 days'")
        con.execute("update ops.builds set loaded_until = loaded_until - interval '3 days'")
    assert small_home.storehouse("run")["build"]["unchanged"]
    alerts = {one["alert_key"]: one for one in small_home.storehouse("alerts")["alerts"]}
    assert "othing new of shop" in alerts.pop("stale_source:shop")["detail"]
    assert alerts
    for one in alerts.values():
        assert one["is_stale"]
        assert "nothing new of shop" in one["stale_reason"]


def test_an_alert_of_ones_own_is_two_files(tmp_path: Path, small_home: Home) -> None:
    project = Copy(tmp_path / "project").path
    guide = (PROJECT / "docs" / "alerts.md").read_text()
    model = guide.partition("```sql\n")[2].partition("```")[0]
    folder = project / "models" / "alerts"
    (folder / "alert_antarctica.sql").write_text(model.replace("= 'AQ'", "= 'GB'"))
    yml = (folder / "alert_finding.yml").read_text().partition("\nunit_tests:")[0]
    (folder / "alert_antarctica.yml").write_text(yml.replace("alert_finding", "alert_antarctica"))
    home = replace(small_home, project=project)
    home.dbt("build", "--quiet", "-s", "alert_antarctica", "rpt_alerts")
    found = home.query("select count(*) from reports.rpt_alerts where alert_rule = 'antarctica'")
    assert found == home.query(
        "select count(*) from marts.fct_orders where ship_country_code = 'GB' and not is_cancelled"
    )
    assert found[0][0] > 0
