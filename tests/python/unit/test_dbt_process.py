from __future__ import annotations

import pytest
import sqlparse
from dbt.artifacts.resources.v1.components import InjectedCTE
from dbt.compilation import inject_ctes_into_sql

from storehouse.dbt_process import parse_ungrouped


@pytest.mark.parametrize(
    "sql",
    [
        "with a as (select 1), b as (select (2)) select * from a, b",
        "\n  -- why\n  /* and how */ with a as (select 1)\nselect * from a",
        "with recursive a as (select 1) select * from a",
        "select * from (with a as (select 1) select * from a)",
        "select 1",
    ],
)
def test_fixtures_are_put_into_sql_where_dbt_puts_them(
    monkeypatch: pytest.MonkeyPatch, sql: str
) -> None:
    fixtures = [InjectedCTE("f", "f as (select 'given' as value)")]
    said_by_dbt = inject_ctes_into_sql(sql, fixtures)
    monkeypatch.setattr(sqlparse, "parse", parse_ungrouped)
    assert inject_ctes_into_sql(sql, fixtures) == said_by_dbt
