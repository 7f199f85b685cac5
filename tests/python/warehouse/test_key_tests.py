"""Key tests look at what changed since they passed, and at nothing less."""

from __future__ import annotations

import duckdb
import pytest

from warehouse.shop import Home

UNIQUE = "unique_in_changed_rows_fct_orders_order_key"
RESOLVES = "every_order_key_of_fct_order_lines_resolves"
PAIRS_ARE_UNIQUE = (
    "unique_combination_in_changed_rows_agg_product_pairs_"
    "source_name__product_key__companion_product_key__order_date"
)
ONE_ORDER = "order_key = (select min(order_key) from marts.fct_order_lines)"
REPEAT_IT = f"insert into marts.fct_orders select * from marts.fct_orders where {ONE_ORDER}"
REMOVE_IT = f"delete from marts.fct_orders where {ONE_ORDER}"
NOTE_IT = f"""
    insert into changes.fct_orders by name
    select order_key, 1 as rows_count, stands_at + 1 as sequence
    from marts.fct_orders, ops.change_feeds
    where {ONE_ORDER} and feed_name = 'fct_orders'
"""


@pytest.fixture
def built(small_home: Home) -> Home:
    """A small shop whose tests have passed with all rows, to be changed."""
    assert _failures(small_home) == set()
    return small_home


def _change(home: Home, *statements: str) -> None:
    with duckdb.connect(str(home.path / "warehouse.duckdb")) as con:
        for statement in statements:
            con.execute(statement)


def _failures(home: Home, **variables: bool) -> set[str]:
    return home.failed_tests("-s", UNIQUE, RESOLVES, PAIRS_ARE_UNIQUE, variables=variables)


def test_a_key_that_changed_is_looked_at_until_it_is_right(built: Home) -> None:
    _change(built, NOTE_IT, REPEAT_IT)
    assert _failures(built) == {UNIQUE}
    assert _failures(built) == {UNIQUE}, "a failed test has to look at the same rows again"
    built.models("--full-refresh")
    assert _failures(built) == set()


def test_a_row_that_others_name_is_missed_when_it_goes(built: Home) -> None:
    _change(built, NOTE_IT, REMOVE_IT)
    assert _failures(built) == {RESOLVES}


def test_a_key_with_a_null_part_is_always_looked_at(built: Home) -> None:
    """A null equals no key in a feed; such keys are few."""
    days = "select * from aggregates.agg_product_pairs where companion_product_key is null"
    _change(built, f"insert into aggregates.agg_product_pairs {days} limit 1")
    assert _failures(built) == {PAIRS_ARE_UNIQUE}


def test_rows_that_no_model_changed_are_looked_at_when_asked_to(built: Home) -> None:
    _change(built, REPEAT_IT)
    assert _failures(built) == set()
    assert _failures(built, test_all_rows=True) == {UNIQUE}
