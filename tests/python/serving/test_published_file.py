from __future__ import annotations

from serving.mirrored import published_next
from storehouse.serving.published import published
from warehouse.shop import Home


def test_a_table_that_a_removed_model_left_behind_is_not_published(small_home: Home) -> None:
    published_next(
        small_home.settings,
        "create table reports.rpt_gone as select 1 as a",
        "comment on table reports.rpt_gone is 'A report that is no longer a model.'",
    )
    with published(small_home.settings) as build:
        assert build.rows("select 1 from duckdb_tables() where table_name = 'rpt_gone'") == []
