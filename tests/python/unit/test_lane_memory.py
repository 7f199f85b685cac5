"""What a lane keeps beyond its memory."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pyarrow as pa

from storehouse.live.layer.memory import Landed, Memory
from storehouse.live.layer.program import Kind, Relation

_RAW = Relation("raw_notes", "raw", "notes", Kind.RAW, source="shop")
_ROWS, _PORTIONS = 20_000, 10


def test_rows_beyond_a_lanes_memory_are_kept_on_disk(tmp_path: Path) -> None:
    base, spill = tmp_path / "base.duckdb", tmp_path / "live" / "spill" / "trade" / "1"
    with duckdb.connect(str(base)) as con:
        con.execute("create schema raw")
        con.execute(
            "create table raw.notes (note varchar, _row_number bigint, _batch_id varchar, "
            "_loaded_at timestamp, _source_file varchar)"
        )
    memory = Memory([_RAW], base, "20MB", spill)
    for portion in range(_PORTIONS):
        numbers = range(portion * _ROWS, (portion + 1) * _ROWS)
        rows = pa.table(
            {
                "note": [f"{number:x}".rjust(300, "-") for number in numbers],
                "_row_number": pa.array(numbers, pa.int64()),
            }
        )
        memory.apply([Landed("raw_notes", "shop", "notes", rows, "events", "2026-11-30")])
    found = memory.con.execute(
        "select count(distinct note), sum(_row_number) from raw.notes"
    ).fetchall()
    assert found == [(_ROWS * _PORTIONS, sum(range(_ROWS * _PORTIONS)))]
    assert any(spill.iterdir())
    memory.close()
