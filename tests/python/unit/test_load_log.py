from __future__ import annotations

from pathlib import Path

import duckdb
import yaml

from storehouse.landing import load_log

PROJECT = Path(__file__).parents[3]
DECLARED = PROJECT / "models/staging/ops/_ops__sources.yml"
MADE_BY_DBT = {"models_built", "change_feeds", "change_feeds_read"}


def test_the_ledger_is_declared_for_dbt_as_it_is_made() -> None:
    (source,) = yaml.safe_load(DECLARED.read_text())["sources"]
    tables = {
        table["name"]: [(column["name"], column["data_type"]) for column in table["columns"]]
        for table in source["tables"]
        if table["name"] not in MADE_BY_DBT
    }
    with duckdb.connect() as con:
        load_log.prepare(con)
        made = {
            name: con.execute(
                "select column_name, lower(data_type) from duckdb_columns() "
                "where schema_name = 'ops' and table_name = ? order by column_index",
                [name],
            ).fetchall()
            for name in tables
        }
    assert {"loads", "builds"} <= set(tables)
    assert tables == made
