from __future__ import annotations

from typing import Any

from storehouse.building.keys import keys_of


def _manifest(*tests: dict[str, Any]) -> dict[str, Any]:
    model = {"schema": "marts", "alias": "fct_orders", "config": {}}
    return {"nodes": {"model": model, **{str(n): test for n, test in enumerate(tests)}}}


def _test(name: str, *columns: str, where: str | None = None) -> dict[str, Any]:
    one, *others = columns
    arguments: dict[str, Any] = {"column_name": one}
    if others:
        arguments = {"combination_of_columns": [*columns]}
    return {
        "attached_node": "model",
        "config": {"where": where},
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
