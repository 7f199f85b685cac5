"""Conditions as people write them."""

from __future__ import annotations

import duckdb
import pytest

from storehouse.core.errors import ConfigError
from storehouse.serving.where import parse_condition

KINDS = ["Books", "Toys", "Tea, green", "O'Neill", 'The "best"', None]


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("kind=Books", ["Books"]),
        ("kind = Books, Toys", ["Books", "Toys"]),
        ('kind="Tea, green"', ["Tea, green"]),
        ("kind=O'Neill", ["O'Neill"]),
        ('kind="The ""best"""', ['The "best"']),
        ("kind!=Books,Toys", ["Tea, green", "O'Neill", 'The "best"', None]),
        ("kind>=Tea", ["Toys", "Tea, green", 'The "best"']),
        ("kind<=Books", ["Books"]),
        ("kind=x' or '1'='1", []),
    ],
)
def test_a_condition_keeps_the_rows_that_it_says(text: str, kept: list[str | None]) -> None:
    condition = parse_condition(text)
    with duckdb.connect() as con:
        con.execute("create table t as select unnest(?::varchar[]) as kind", [KINDS])
        rows = con.execute(f"select kind from t where {condition.predicate('kind')}").fetchall()
    assert [kind for (kind,) in rows] == kept


@pytest.mark.parametrize(
    "text",
    [
        *("kind", "=Books", "kind=", "kind=a,,b", "kind>=a,b", "kind<>a", "kind==Books"),
        *('kind="The" best', "kind=a\nb"),
    ],
)
def test_what_is_no_condition_is_refused_with_the_form(text: str) -> None:
    with pytest.raises(ConfigError, match="The condition"):
        parse_condition(text)
