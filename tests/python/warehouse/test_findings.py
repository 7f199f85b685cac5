"""One odd document stops nothing: it is booked as its source states it, and is a finding."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest

from warehouse.odd_shop import OddShop, Shop, ordinary_shop
from warehouse.shop import PROJECT, Home

ORDINARY = "order_id similar to '[OR][0-9]+'"
# Staging of the shop takes the newest row of a key.
OF_OTHER_SOURCES = {"key_twice", "line_key_twice"}


@pytest.fixture(scope="module")
def homes(tmp_path_factory: pytest.TempPathFactory) -> tuple[Home, dict[str, Any], list[Any]]:
    """A home of 200 ordinary orders to which odd documents came; its book before they did."""
    home = Home(tmp_path_factory.mktemp("odd"))
    ordinary_shop(200).write(home.path / "inbox", "1.csv")
    home.storehouse("run")
    before = _ordinary(home)
    OddShop().write(home.path / "inbox", "2.csv")
    return home, home.storehouse("run"), before


def _ordinary(home: Home) -> list[Any]:
    return home.published(
        f"select * exclude (_loaded_at) from marts.fct_ledger_entries where {ORDINARY} order by all"
    )


def test_a_shop_with_one_odd_document_a_rule_publishes_and_each_is_found(
    homes: tuple[Home, dict[str, Any], list[Any]],
) -> None:
    home, output, _ = homes
    expected = OddShop().found
    found: dict[str, set[str]] = {}
    for rule, document in home.published(
        "select rule_name, case document_type when 'row' then split_part(document_id, ' ', 1) "
        "else document_id end from reports.rpt_findings where is_open"
    ):
        found.setdefault(rule, set()).add(document)
    assert found == expected
    assert {one["rule"] for one in output["build"]["findings"]} == set(expected)
    with (PROJECT / "seeds" / "finding_rules.csv").open() as rules:
        named = {row["rule_name"] for row in csv.DictReader(rules)}
    assert named - set(expected) == OF_OTHER_SOURCES


def test_odd_documents_leave_the_ordinary_ones_as_they_were_and_all_is_in_the_marts(
    homes: tuple[Home, dict[str, Any], list[Any]],
) -> None:
    home, _, before = homes
    assert len(before) > 400
    assert _ordinary(home) == before
    assert home.published(
        "select count(*) from reports.rpt_reconciliation where must_tie and exception_count > 0"
    ) == [(0,)]
    # What a source states as a total is what is booked, whatever its parts say.
    differing = home.published(
        "select order_id, total_amount - stated_total_amount, difference_amount <> 0 "
        "from marts.fct_orders where difference_amount <> 0 "
        "or total_amount <> stated_total_amount order by all"
    )
    assert [(name, float(rest), is_told) for name, rest, is_told in differing] == [
        ("article number", 0.0, True),
        ("only a fee", 0.0, True),
        ("total", 0.0, True),
    ]
    assert home.published(
        "select count(*) from marts.fct_orders where shipping_amount < 0 "
        "union all select count(*) from marts.fct_order_lines "
        "where order_id = 'a line without a moment'"
    ) == [(0,), (2,)]


def test_odd_documents_built_bit_by_bit_are_what_a_full_refresh_makes_of_them(
    homes: tuple[Home, dict[str, Any], list[Any]],
) -> None:
    home, *_ = homes
    before = home.fingerprints()
    home.models("--full-refresh")
    after = home.fingerprints()
    differing = {name for name in before if before[name] != after[name]}
    assert differing == set()


def test_a_finding_is_gone_when_it_is_mended_and_counts_again_when_it_comes_back(
    tmp_path: Path,
) -> None:
    home = Home(tmp_path)
    odd = Shop()
    ordinary_shop(3).write(home.path / "inbox", "1.csv")
    odd.order("A", total_amount=50)
    odd.write(home.path / "inbox", "2.csv")
    home.storehouse("run")
    findings = (
        "select rule_name, document_id, expected, found, amount, is_open, "
        "gone_at is null, first_seen_at from reports.rpt_findings"
    )
    ((rule, document, expected, found, amount, *state, first_seen),) = home.published(findings)
    assert (rule, document, expected, found) == ("order_total", "A", "50.0000", "48.0000")
    assert (float(amount), state) == (2.0, [True, True])

    odd.rows["orders"][0]["total_amount"] = "48"
    odd.write(home.path / "inbox", "2.csv")
    home.storehouse("run")
    ((*_, is_open, is_not_gone, again),) = home.published(findings)
    assert (is_open, is_not_gone, again) == (False, False, first_seen)

    odd.rows["orders"][0]["total_amount"] = "49"
    odd.write(home.path / "inbox", "2.csv")
    home.storehouse("load")
    (failed,) = home_strict(home).storehouse("build", code=5)["failures"]
    assert failed["name"] == "findings_stay_below_what_their_rules_stop_at"
    for part in ("order_total", "order A", "Deliver the missing lines or the correct total"):
        assert part in failed["rows"][0]
    ((*_, is_open, is_not_gone, again),) = home.query(findings)
    assert (is_open, is_not_gone, again) == (True, True, first_seen)


def home_strict(home: Home) -> Home:
    return Home(home.path, environ={"STOREHOUSE_FINDINGS": "strict"})
