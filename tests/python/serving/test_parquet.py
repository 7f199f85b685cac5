"""The published build as Parquet: the same rows and types, a whole folder for each build."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from serving.mirrored import published_next
from storehouse.core.errors import PublishError
from storehouse.serving.parquet import write_parquet
from storehouse.serving.published import published
from warehouse.shop import PROJECT, Home


def test_every_table_is_written_with_its_types_and_rows(small_home: Home, tmp_path: Path) -> None:
    done = small_home.storehouse("publish", "--parquet", str(tmp_path / "lake"))
    folder = Path(done["parquet"])
    assert folder == tmp_path / "lake" / done["build_id"]
    assert (tmp_path / "lake" / "latest").resolve() == folder
    with published(small_home.settings) as build:
        tables = build.rows(
            "select schema_name, table_name from duckdb_tables() where database_name = 'current'"
        )
        assert {(file.parent.name, file.stem) for file in folder.glob("*/*.parquet")} == {*tables}
        for schema, table in tables:
            here = f"{schema}.{table}"
            there = f"read_parquet('{folder}/{schema}/{table}.parquet')"
            assert build.rows(f"describe from {here}") == build.rows(f"describe from {there}")
            assert build.rows(f"from {here} except all from {there}") == []
            assert build.rows(f"from {there} except all from {here}") == []


def test_pyarrow_reads_decimals_dates_and_the_build_exactly(
    small_home: Home, tmp_path: Path
) -> None:
    folder = write_parquet(small_home.settings, tmp_path)
    file = folder / "marts" / "fct_ledger_entries.parquet"
    schema = pq.read_schema(file)
    assert schema.field("reporting_amount").type == pa.decimal128(18, 4)
    assert schema.field("entry_date").type == pa.date32()
    assert schema.field("entry_at").type == pa.timestamp("us")
    assert schema.metadata[b"build_id"].decode() == folder.name
    with published(small_home.settings) as build:
        ours = build.con.sql("from marts.fct_ledger_entries order by all").to_arrow_table()
    order = [(name, "ascending") for name in ours.column_names]
    theirs = pq.read_table(file)
    assert theirs.sort_by(order).equals(ours.sort_by(order).cast(theirs.schema))


def test_builds_that_are_written_stay_as_they_are_and_the_last_ones_are_kept(
    small_home: Home, tmp_path: Path
) -> None:
    (tmp_path / "a file of others").touch()
    first = write_parquet(small_home.settings, tmp_path)
    written = {file: file.stat().st_mtime_ns for file in first.glob("*/*.parquet")}
    builds = [first.name]
    for _ in range(5):
        assert write_parquet(small_home.settings, tmp_path).name == builds[-1]
        assert {file: file.stat().st_mtime_ns for file in written} == written
        builds.append(published_next(small_home.settings))
        if len(builds) < 6:
            write_parquet(small_home.settings, tmp_path)
    write_parquet(small_home.settings, tmp_path)
    kept = {path.name for path in tmp_path.iterdir()}
    assert kept == {*builds[1:], "latest", ".storehouse", "a file of others"}
    assert (tmp_path / "latest").resolve().name == builds[-1]


def test_a_writer_killed_at_any_moment_leaves_whole_builds_alone(
    small_home: Home, tmp_path: Path
) -> None:
    command = [
        *(str(Path(sys.executable).with_name("storehouse")), "publish"),
        *("--parquet", str(tmp_path)),
    ]
    environ = os.environ | small_home.variables
    subprocess.run(command, cwd=PROJECT, env=environ, capture_output=True, check=True)
    tables = len(list((tmp_path / "latest").glob("*/*.parquet")))
    for _ in range(3):
        build_id = published_next(small_home.settings)
        process = subprocess.Popen(command, cwd=PROJECT, env=environ, stdout=subprocess.DEVNULL)
        while process.poll() is None and not (tmp_path / f".{build_id}.tmp" / "marts").exists():
            time.sleep(0)
        process.kill()
        process.wait()
        for folder in tmp_path.glob("[0-9]*"):
            assert len(list(folder.glob("*/*.parquet"))) == tables
        assert (tmp_path / "latest").exists()
    newest = write_parquet(small_home.settings, tmp_path)
    assert (tmp_path / "latest").resolve() == newest
    assert list(tmp_path.glob(".*.tmp")) == []
    sums = "select sum(reporting_amount) from read_parquet(?)"
    file = str(newest / "marts" / "fct_ledger_entries.parquet")
    assert duckdb.execute(sums, [file]).fetchall() == small_home.published(
        "select sum(reporting_amount) from marts.fct_ledger_entries"
    )


def test_a_folder_that_can_not_be_written_is_an_error_and_the_build_is_published(
    small_home: Home, tmp_path: Path
) -> None:
    taken = tmp_path / "taken"
    taken.touch()
    build_id = published_next(small_home.settings)
    said = small_home.storehouse("publish", "--parquet", str(taken), code=6)
    assert str(taken) in said["error"]
    assert "The build is published; earlier Parquet files stay as they are." in said["error"]
    assert small_home.storehouse("status")["current"] == build_id


def test_a_folder_has_the_builds_of_one_home(small_home: Home, tmp_path: Path) -> None:
    first = write_parquet(small_home.settings, tmp_path)
    (tmp_path / ".storehouse").write_text("/another/home")
    published_next(small_home.settings)
    with pytest.raises(PublishError, match=r"has the builds of /another/home"):
        write_parquet(small_home.settings, tmp_path)
    assert (tmp_path / "latest").resolve() == first


def test_integers_of_128_bits_are_written_exactly_and_a_schema_may_be_empty(
    small_home: Home, tmp_path: Path
) -> None:
    number = 2**100 + 1
    published_next(
        small_home.settings,
        f"create table reports.rpt_wide as select {number}::hugeint as a, 'b' as b",
        "update ops.builds set tables = ['reports.rpt_wide']",
    )
    folder = write_parquet(small_home.settings, tmp_path)
    assert duckdb.execute(f"from '{folder}/reports/rpt_wide.parquet'").fetchall() == [(number, "b")]
    assert list((folder / "marts").iterdir()) == []
