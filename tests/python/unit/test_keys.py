from __future__ import annotations

from typing import Any

import pytest

from storehouse.building.keys import keys_of


def _manifest(*tests: dict[str, Any]) -> dict[str, Any]:
    model = {"schema": "marts", "alias": "fct_orders", "config": {}}
    return {"nodes": {"model": model, **{str(n): test for n, test in enumerate(tests)}}}


def _test(name: str, *columns: str, **config: str) -> dict[str, Any]:
    one, *others = columns
    arguments: dict[str, Any] = {"column_name": one}
    if others:
        arguments = {"combination_of_columns": [*columns]}
    return {
        "attached_node": "model",
        "config": {"severity": "ERROR", "error_if": "!= 0", "where": None, **config},
        "test_metadata": {"name": name, "kwargs": arguments},
    }


_PAIR = (
    _test("unique_combination_of_columns", "source_name", "order_id"),
    _test("not_null", "source_name"),
    _test("not_null", "order_id"),
)


def test_columns_that_are_tested_unique_and_never_null_are_the_key() -> None:
    assert keys_of(_manifest(*_PAIR)) == {"marts.fct_orders": ["source_name", "order_id"]}


def test_of_several_keys_the_shortest_counts() -> None:
    one = (_test("unique_in_changed_rows", "order_key"), _test("not_null", "order_key"))
    assert keys_of(_manifest(*_PAIR, *one)) == {"marts.fct_orders": ["order_key"]}


def test_what_may_be_null_or_is_tested_on_some_rows_only_is_no_key() -> None:
    assert keys_of(_manifest(*_PAIR[:2])) == {}
    some = _test("unique", "order_key", where="order_key <> '-1'")
    assert keys_of(_manifest(some, _test("not_null", "order_key"))) == {}


@pytest.mark.parametrize(
    "lenient", [{"severity": "warn"}, {"error_if": "> 10"}, {"fail_calc": "max(row_count)"}]
)
@pytest.mark.parametrize("name", ["unique", "not_null"])
def test_what_a_test_lets_through_is_no_key(name: str, lenient: dict[str, str]) -> None:
    other = {"unique": "not_null", "not_null": "unique"}[name]
    tests = (_test(name, "order_key", **lenient), _test(other, "order_key"))
    assert keys_of(_manifest(*tests)) == {}


def test_tests_of_other_arguments_are_passed_over() -> None:
    other = _test("unique_by_expression", "order_key")
    other["test_metadata"]["kwargs"] = {"expression": "a"}
    assert keys_of(_manifest(*_PAIR, other)) == {"marts.fct_orders": ["source_name", "order_id"]}


def test_columns_are_the_same_quoted_or_in_other_letters() -> None:
    tests = (_test("unique", '"Order_Key"'), _test("not_null", "order_key"))
    assert keys_of(_manifest(*tests)) == {"marts.fct_orders": ["order_key"]}
