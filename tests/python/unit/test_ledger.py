from __future__ import annotations

from pathlib import Path

import duckdb
import yaml

from storehouse import ledger

PROJECT = Path(__file__).parents[3]


def test_the_ledger_is_declared_for_dbt_as_it_is_made() -> None:
    declared = yaml.safe_load((PROJECT / "models/staging/_ops__sources.yml").read_text())
    (loads,) = declared["sources"][0]["tables"]
    with duckdb.connect() as con:
        ledger.prepare(con)
        made = con.execute(
            "select column_name, lower(data_type) from duckdb_columns() "
            "where table_name = 'loads' order by column_index"
        ).fetchall()
    assert [(column["name"], column["data_type"]) for column in loads["columns"]] == made
