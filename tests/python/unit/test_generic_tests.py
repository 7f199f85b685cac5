"""dbt's own generic tests, and ours: each passes on good rows and fails on bad ones."""

from __future__ import annotations

import duckdb
import pytest
from jinja2 import Environment

from unit.project import PROJECT


def _rows(name: str, rows: str, **arguments: object) -> int:
    """How many rows the generic test `name` complains of in a table with `rows`.

    All of them are new to the test; test_key_tests.py has those that are not.
    """
    text = (PROJECT / "tests" / "generic" / f"{name}.sql").read_text()
    body = text[text.index("%}") + 2 : text.index("{% endtest %}")]
    sql = (
        Environment()
        .from_string(body)
        .render(model=f"({rows})", untested_rows=lambda rows, _: rows, **arguments)
    )
    with duckdb.connect() as con:
        return len(con.execute(sql).fetchall())


@pytest.mark.parametrize(
    ("rows", "complaints"),
    [
        ("select 1 as a, 1 as b union all select 1, 2", 0),
        ("select 1 as a, 1 as b union all select 1, 1 union all select 2, 1", 1),
        ("select null as a, 1 as b union all select null, 1", 1),
    ],
)
def test_unique_combination_of_columns_complains_of_each_repeated_combination(
    rows: str, complaints: int
) -> None:
    assert (
        _rows("unique_combination_of_columns", rows, combination_of_columns=["a", "b"])
        == complaints
    )


@pytest.mark.parametrize(
    ("rows", "complaints"),
    [
        ("select 1 as a", 0),
        ("select -1 as a", 1),
        ("select null::integer as a", 1),
    ],
)
def test_expression_is_true_complains_of_what_is_false_and_of_what_is_unknown(
    rows: str, complaints: int
) -> None:
    assert _rows("expression_is_true", rows, expression="a > 0") == complaints


@pytest.mark.parametrize(
    ("rows", "complaints"),
    [
        ("select 3 as amount union all select 4", 0),
        ("select 3 as amount union all select 4.01", 1),
        ("select 7 as amount where false", 1),
    ],
)
def test_sum_equals_ledger_complains_of_any_difference(rows: str, complaints: int) -> None:
    ledger = "(select 7 as reporting_amount, true as counts union all select 9, false)"
    arguments = {"column_name": "amount", "ledger": ledger, "entries": "counts"}
    assert _rows("sum_equals_ledger", rows, **arguments) == complaints
