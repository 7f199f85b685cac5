"""What the unit tests of models rest on, in dbt's manifest and in the yml files."""

from __future__ import annotations

import copy
from typing import Any

import yaml

from unit.project import PROJECT
from unit.reads import unpinned_vars


def test_every_unit_test_pins_the_vars_that_it_rests_on(parsed: dict[str, Any]) -> None:
    assert len(parsed["unit_tests"]) > 50
    assert unpinned_vars(parsed) == []


def test_an_unpinned_var_is_found_behind_any_number_of_macros_and_named(
    parsed: dict[str, Any],
) -> None:
    tests = copy.deepcopy(parsed["unit_tests"])
    for test in tests.values():
        if test["overrides"]:
            test["overrides"]["vars"].pop("reporting_currency_code", None)
            test["overrides"]["macros"].pop("snapshotted_sources", None)
    found = unpinned_vars(parsed | {"unit_tests": tests})
    booked = "a_line_is_booked_as_price_discount_and_tax_and_the_order_books_the_rest"
    assert f"fct_ledger_entries.{booked}: reporting_currency_code" in found
    merged = "merges_are_followed_to_the_last_customer_and_a_circle_leads_nowhere"
    assert f"dim_customers.{merged}: shops" in found
    assert {line.split(": ")[1] for line in found} == {"reporting_currency_code", "shops"}


def test_every_unit_test_brings_the_rows_of_all_its_inputs() -> None:
    """Without rows dbt takes a seed's own, which a user may change."""
    bare = [
        (test["name"], given["input"])
        for file in (PROJECT / "models").rglob("*.yml")
        for test in yaml.safe_load(file.read_text()).get("unit_tests", [])
        for given in test["given"]
        if "rows" not in given
    ]
    assert bare == []
