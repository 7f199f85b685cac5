"""What a lane's process takes of an event, and does without."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from storehouse.log.events import Event
from storehouse.log.sqlite import SqliteLog
from storehouse.sources.declarations.tables import Column
from storehouse.sources.events.contract import Contract
from storehouse.sources.events.declaration import EventTable
from storehouse.sources.events.source import EventStream

_LANE = """
import sys
import duckdb
import pyarrow
from storehouse.live.layer.process import WithoutPandas
if {is_lane}:
    sys.meta_path.insert(0, WithoutPandas())
con = duckdb.connect()
con.register("rows", pyarrow.table({{"a": pyarrow.array(["1"], pyarrow.string())}}))
con.execute("create table t as from rows")
print(con.execute("from t").fetchall(), "pandas" in sys.modules)
"""


def said(*, is_lane: bool) -> str:
    command = [sys.executable, "-c", _LANE.format(is_lane=is_lane)]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def test_a_lane_does_without_pandas_which_is_there() -> None:
    assert said(is_lane=True) == "[('1',)] False"
    assert said(is_lane=False) == "[('1',)] True"


def table(name: str) -> EventTable:
    return EventTable("s", name, "raw_s", (Column("a", "a"),), key=("a",), records="")


def test_a_lane_gets_rows_of_its_tables_of_events_that_all_tables_take(tmp_path: Path) -> None:
    stream = EventStream(
        "s",
        Contract([table("orders"), table("stock")]),
        SqliteLog(tmp_path / "log.sqlite"),
        frozenset({"orders"}),
    )
    taken = Event("1", "s", "made", "2026-01-01T00:00:00Z", '{"orders": [{"a": "1"}]}')
    both = Event("2", "s", "made", "", '{"orders": [{"a": "2"}], "stock": [{"a": "2"}]}')
    refused = Event("3", "s", "made", "", '{"orders": [{"a": "3"}], "stock": [{"b": "3"}]}')
    (portion,) = stream.portions_of([(1, taken), (2, both), (3, refused)])
    assert {name: rows["a"].to_pylist() for name, rows in portion.rows.items()} == {
        "orders": ["1", "2"]
    }
    assert [one.number for one in portion.rejected] == [3]
