"""The least that DuckDB needs for the work that bench.py measures, as programs of their own."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

# Arguments: a database, a glob of the real data's files. Says its own seconds, as the
# landing beside it does: both without the start of Python.
BARE_LOAD = """
import glob, sys, time
import duckdb
begun = time.perf_counter()
con = duckdb.connect(sys.argv[1])
names = ["InvoiceNo", "StockCode", "Description", "Quantity", "InvoiceDate", "UnitPrice",
         "CustomerID", "Country"]
con.execute("create table bare (" + ", ".join(name + " varchar" for name in names) + ")")
con.execute(
    "insert into bare select * from read_csv(?, auto_detect=false, header=true, delim=',', "
    "quote='\\"', escape='\\"', columns=?)",
    [sorted(glob.glob(sys.argv[2])), dict.fromkeys(names, "varchar")],
)
con.close()
print(time.perf_counter() - begun)
"""

LANDING = """
import time
from datetime import UTC, datetime
from storehouse.core.config import load_settings
from storehouse.landing.load import load
from storehouse.core.progress import Silent
settings = load_settings()
begun = time.perf_counter()
load(settings, progress=Silent(), now=lambda: datetime.now(UTC)).raise_for_problems()
print(time.perf_counter() - begun)
"""

# Arguments: a database, a file of statements.
BARE_BUILD = """
import json, sys
from pathlib import Path
import duckdb
con = duckdb.connect(sys.argv[1])
con.execute("set TimeZone = 'UTC'")
for statement in json.loads(Path(sys.argv[2]).read_text()):
    con.execute(statement).fetchall()
"""


def statements(target_dir: Path) -> Iterator[str]:
    """What the last full build executed, as plain SQL in the same order.

    A view is a view, anything else one `create table as`, a data test one count. Seeds are
    left out, since they stand in the copy of the warehouse already; unit tests, hooks,
    contracts and comments are not part of the floor.
    """
    nodes = json.loads((target_dir / "manifest.json").read_text())["nodes"]
    results = json.loads((target_dir / "run_results.json").read_text())["results"]
    for result in results:
        node = nodes.get(result["unique_id"], {"resource_type": "other"})
        if node["resource_type"] == "test":
            yield f"select count(*) from (\n{node['compiled_code']}\n)"
        elif node["resource_type"] in ("model", "snapshot"):
            yield f"create schema if not exists {node['schema']}"
            yield _relation(node)


def _relation(node: dict[str, Any]) -> str:
    kind = "view" if node["config"]["materialized"] == "view" else "table"
    select = node["compiled_code"]
    if node["resource_type"] == "snapshot":
        select = f"""
            select
                *,
                md5(version::varchar) as dbt_scd_id,
                localtimestamp as dbt_updated_at,
                localtimestamp as dbt_valid_from,
                null::timestamp as dbt_valid_to,
                'False' as dbt_is_deleted
            from ({select}) as version
            """
    return f"create or replace {kind} {node['schema']}.{node['alias']} as {select}"
