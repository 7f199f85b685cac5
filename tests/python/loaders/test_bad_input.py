"""Bad input: a clear error, nothing lost, nothing half-written, everything else lands."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
from pathlib import Path

import pytest

from loaders.project import Project, utc_now
from storehouse.core.errors import (
    ConfigError,
    LoadError,
    LockedError,
    SourceContractError,
    SourceUnavailable,
)
from storehouse.core.lock import hold
from storehouse.core.warehouse import connect

GOOD = "a,b,c\n1,2,3\n"


def refused(project: Project, name: str, content: bytes | str) -> dict[str, object]:
    """Deliver one bad file among good ones; what rejected/ says of it.

    Asserts that the good ones land, that nothing of the bad one does, that the load log
    has it once however often it is tried, and that it stays as it was in the inbox.
    """
    project.deliver("s/t/0.csv", GOOD)
    path = project.deliver(f"s/t/{name}", content)
    project.deliver("s/t/z.csv", "a,b,c\n7,8,9\n")
    before = path.read_bytes()
    for _ in range(2):
        report = project.load()
        with pytest.raises(LoadError, match=r"refused: 1\b"):
            report.raise_for_problems()
        assert [rejection.file for rejection in report.rejections] == [f"t/{name}"]
    assert project.query("select a from raw_s.t order by a") == [("1",), ("7",)]
    assert project.query("select source_file from ops.loads where status = 'rejected'") == [
        (f"t/{name}",)
    ]
    assert path.read_bytes() == before
    file = project.root / "var" / "rejected" / "s" / "t" / "t" / f"{name}.refused.json"
    refusal: dict[str, object] = json.loads(file.read_text(encoding="utf-8"))
    path.unlink()
    project.load().raise_for_problems()
    assert project.rejected() == []
    assert project.query("select count(*) from ops.loads where status = 'rejected'") == [(0,)]
    return refusal


def test_a_ragged_row_refuses_its_file(project: Project) -> None:
    refusal = refused(project, "1.csv", "a,b,c\n1,2,3\n4,5\n6,7,8,9\n")
    assert refusal["lines"] == [
        {"line": 3, "reason": "2 fields, not 3", "text": "4,5\n"},
        {"line": 4, "reason": "4 fields, not 3", "text": "6,7,8,9\n"},
    ]


@pytest.mark.parametrize("row", ["1,2,3,\n", '1,2,3,""\n', "1,2,3,"])
def test_an_empty_field_too_many_refuses_its_file(project: Project, row: str) -> None:
    refusal = refused(project, "1.csv", f"a,b,c\n{row}")
    assert refusal["lines"] == [{"line": 2, "reason": "4 fields, not 3", "text": row}]


def test_a_wrong_encoding_refuses_its_file(project: Project) -> None:
    refusal = refused(project, "1.csv", "a,b,c\n1,2,3\ncafé,5,6\n".encode("windows-1252"))
    assert refusal["lines"] == [{"line": 3, "reason": "not valid utf-8", "text": "caf\\xe9,5,6\n"}]


def test_a_header_in_a_wrong_encoding_refuses_its_file(project: Project) -> None:
    refusal = refused(project, "1.csv", "a,b,c,é\n1,2,3,4\n".encode("windows-1252"))
    assert refusal["reason"] == "the header is not valid utf-8"


def test_a_quote_that_is_never_closed_refuses_its_file(project: Project) -> None:
    refusal = refused(project, "1.csv", 'a,b,c\n1,2,3\n4,"5,6\n7,8,9\n')
    assert "line 3: a quote is opened and never closed" in str(refusal["reason"])


def test_an_empty_file_is_refused(project: Project) -> None:
    assert "empty" in str(refused(project, "1.csv", "")["reason"])


def test_an_empty_first_line_is_no_header(project: Project) -> None:
    assert "blank" in str(refused(project, "1.csv", "\na,b,c\n1,2,3\n")["reason"])


@pytest.mark.parametrize("cut", [4, 8, 300])
def test_a_truncated_gzip_is_refused(project: Project, cut: int) -> None:
    packed = gzip.compress(_many_rows())
    refusal = refused(project, "1.csv.gz", packed[:-cut])
    assert refusal["reason"] == "the gzip data end too early"


@pytest.mark.parametrize("place", ["data", "checksum"])
def test_a_corrupt_gzip_is_refused(project: Project, place: str) -> None:
    packed = bytearray(gzip.compress(_many_rows()))
    position = len(packed) // 2 if place == "data" else len(packed) - 8
    packed[position] ^= 0xFF
    assert "damaged" in str(refused(project, "1.csv.gz", bytes(packed))["reason"])


def test_a_line_that_is_no_json_object_refuses_its_file(project: Project) -> None:
    project.declare("s", t={"columns": ["a"], "format": "ndjson"})
    project.deliver("s/t/0.ndjson", '{"a": 1}\n')
    project.deliver("s/t/1.ndjson", '{"a": 2}\n{"a": 3\n[4]\n{"a": NaN}\n{"a": 1, "a": 2}\n')
    report = project.load()
    assert [rejection.file for rejection in report.rejections] == ["t/1.ndjson"]
    assert report.rejections[0].reason.startswith("4 bad rows, the first at line 2")
    assert project.query("select a from raw_s.t") == [("1",)]


def test_a_file_that_is_no_parquet_is_refused(project: Project) -> None:
    project.declare("s", t={"columns": ["a"], "format": "parquet"})
    project.deliver("s/t/1.parquet", "a\n1\n")
    report = project.load()
    assert "not readable Parquet" in report.rejections[0].reason


def test_a_mended_file_lands(project: Project) -> None:
    project.deliver("s/t/1.csv", "a,b,c\n1,2\n")
    project.load()
    project.deliver("s/t/1.csv", GOOD)
    project.load().raise_for_problems()
    assert project.query("select a from raw_s.t") == [("1",)]
    assert project.rejected() == []


@pytest.mark.parametrize("content", ["a,b,c\n1\n", "a,b\n1,2\n", ""])
def test_a_file_that_is_refused_with_other_content_is_listed_once(
    project: Project, content: str
) -> None:
    for bad in ("a,b,c\n1,2\n", content):
        project.deliver("s/t/1.csv", bad)
        (rejection,) = project.load().rejections
    assert project.query(
        "select source_file, starts_with(error, ?) from ops.loads", [rejection.reason]
    ) == [("t/1.csv", True)]


def test_a_missing_column_stops_its_source_and_no_other(project: Project) -> None:
    project.declare("r", t={"columns": ["a"]})
    project.declare("s", t={"columns": ["a", "b", "c"]}, u={"columns": ["x"]})
    project.deliver("r/t/1.csv", "a\n1\n")
    project.deliver("s/t/1.csv", GOOD)
    project.deliver("s/u/1.csv", "y\n1\n")
    report = project.load()
    with pytest.raises(SourceContractError, match=r"s\.u: u/1\.csv: it lacks x"):
        report.raise_for_problems()
    assert project.query("select count(*) from raw_r.t") == [(1,)]
    assert project.query("select count(*) from raw_s.t") == [(0,)]
    assert project.rejected() == ["s/u/u/1.csv.refused.json"]


def test_a_column_twice_stops_its_source(project: Project) -> None:
    project.deliver("s/t/1.csv", "a,b,c,b\n1,2,3,4\n")
    with pytest.raises(SourceContractError, match=r"it has 2 columns named b \(the columns 2, 4\)"):
        project.load().raise_for_problems()


def test_a_field_that_no_record_has_is_missing(project: Project) -> None:
    project.declare("s", t={"columns": ["a", "b"], "format": "ndjson"})
    project.deliver("s/t/1.ndjson", '{"a": 1}\n{"a": 2}\n')
    with pytest.raises(SourceContractError, match="it lacks b"):
        project.load().raise_for_problems()


def test_tolerated_rows_are_set_aside_and_counted(project: Project) -> None:
    project.declare("s", t={"columns": ["a", "b", "c"], "max_rejected_rows": 2})
    lines = [f"{i},x,y\n".encode() for i in range(1, 101)]
    lines[9], lines[49] = b"10,x\n", b"50,\xe9,y\n"
    project.deliver("s/t/1.csv", b"a,b,c\n" + b"".join(lines))
    report = project.load()
    report.raise_for_problems()
    table = report.tables[0]
    assert (table.rows, table.rejected_rows) == (98, 2)
    assert project.query("select count(*), max(_row_number) from raw_s.t") == [(98, 98)]
    assert project.query("select row_count, rejected_row_count from ops.loads") == [(98, 2)]
    assert project.query("select line_number, reason, line from ops.rejected_rows") == [
        (11, "2 fields, not 3", "10,x\n"),
        (51, "not valid utf-8", "50,\\xe9,y\n"),
    ]
    assert project.rejected() == ["s/t/t/1.csv.rows.json"]
    project.deliver("s/t/1.csv", b"a,b,c\n" + b"".join(lines).replace(b"50,", b"50\n"))
    assert project.load().rejections[0].reason.startswith("3 bad rows (2 allowed)")


def test_a_file_without_rights_is_refused(project: Project) -> None:
    project.deliver("s/t/0.csv", GOOD)
    project.deliver("s/t/1.csv", GOOD).chmod(0)
    code, output = _unprivileged(project)
    assert code == LoadError.exit_code
    assert "t/1.csv: it can't be read: Permission denied" in output
    assert project.query("select count(*) from raw_s.t") == [(1,)]


@pytest.mark.parametrize("folder", ["s", "s/t"])
def test_a_folder_without_rights_stops_its_source(project: Project, folder: str) -> None:
    project.declare("r", t={"columns": ["a"]})
    project.deliver("r/t/1.csv", "a\n1\n")
    project.deliver("s/t/1.csv", GOOD)
    closed = project.root / "var" / "inbox" / folder
    closed.chmod(0)
    try:
        code, output = _unprivileged(project)
    finally:
        closed.chmod(0o755)
    assert code == SourceUnavailable.exit_code
    assert f"{closed} can't be listed: Permission denied" in output
    assert project.query("select count(*) from raw_r.t") == [(1,)]
    assert project.query("select count(*) from raw_s.t") == [(0,)]


def test_a_home_without_rights_is_a_clear_error(project: Project) -> None:
    (project.root / "var").mkdir()
    code, output = _unprivileged(project, home=0o555)
    assert code == ConfigError.exit_code
    assert "can't be written" in output


def test_a_memory_limit_is_one_that_duckdb_reads(project: Project) -> None:
    with connect(project.settings(STOREHOUSE_MEMORY_LIMIT="1GiB")) as con:
        assert con.execute("select current_setting('memory_limit')").fetchall() == [("1.0 GiB",)]
    with pytest.raises(ConfigError, match="STOREHOUSE_MEMORY_LIMIT is 'much'"):
        connect(project.settings(STOREHOUSE_MEMORY_LIMIT="much"))


def test_a_second_run_at_the_same_time_is_told_who_holds_the_lock(project: Project) -> None:
    with hold(project.settings(), "first"):
        second = project.run()
        output, _ = second.communicate(timeout=60)
    assert second.returncode == LockedError.exit_code
    assert f"process {os.getpid()} (first)" in output
    third = project.run()
    third.communicate(timeout=60)
    assert third.returncode == 0


def test_a_warehouse_open_elsewhere_names_the_process(project: Project) -> None:
    with connect(project.settings()):
        second = project.run()
        output, _ = second.communicate(timeout=60)
    assert second.returncode == LockedError.exit_code
    assert f"open in process {os.getpid()}" in output


@pytest.mark.parametrize("encoding", ["utf-8", "windows-1252"])
def test_a_full_disk_loses_nothing(project: Project, small_disk: Path, encoding: str) -> None:
    project.declare("s", t={"columns": ["a", "b", "c"], "encoding": encoding})
    home = small_disk / "home"
    (small_disk / "ballast").write_bytes(b"x" * 2_000_000)
    inbox = {"STOREHOUSE_INBOX": str(project.root / "var" / "inbox"), "STOREHOUSE_HOME": str(home)}
    project.deliver("s/t/0.csv", GOOD)
    project.load(environ=inbox).raise_for_problems()
    noise = os.urandom(6_000_000).hex()
    rows = "".join(f"{i},{noise[i * 40 : i * 40 + 40]},x\n" for i in range(300_000))
    project.deliver("s/t/1.csv", "a,b,c\n" + rows)
    with pytest.raises(LoadError, match="Free space"):
        project.load(environ=inbox)
    assert _count(project, inbox) == (1, 1)
    assert sorted(path.name for path in home.iterdir()) == ["warehouse.duckdb"]
    subprocess.run(["mount", "-o", "remount,size=200m", str(small_disk)], check=True)
    project.load(environ=inbox).raise_for_problems()
    assert _count(project, inbox) == (300_001, 2)


def _count(project: Project, environ: dict[str, str]) -> tuple[int, int]:
    with connect(project.settings(**environ)) as con:
        ((rows,),) = con.execute("select count(*) from raw_s.t").fetchall()
        ((loads,),) = con.execute("select count(*) from ops.loads").fetchall()
    return rows, loads


def test_a_file_that_changes_while_it_is_read_is_refused(project: Project) -> None:
    path = project.deliver("s/t/1.csv", GOOD)
    project.deliver("s/t/2.csv", "a,b,c\n4,5,6\n")
    moments = iter(range(1000))

    def now() -> object:
        # The load asks for the time when it has looked at the files of a table.
        if next(moments) == 1:
            path.write_text("a,b,c\n7,8,9\n", encoding="utf-8")
        return utc_now()

    report = project.load(now=now)  # type: ignore[arg-type]
    assert [rejection.reason for rejection in report.rejections] == ["it changed while it was read"]
    assert project.query("select a from raw_s.t") == [("4",)]
    project.load().raise_for_problems()
    assert project.query("select a from raw_s.t order by a") == [("4",), ("7",)]


def _many_rows() -> bytes:
    return b"a,b,c\n" + b"".join(b"%d,%d,x\n" % (i, i * i) for i in range(2000))


def _unprivileged(project: Project, home: int = 0o777) -> tuple[int, str]:
    """Load as a user whom file modes bind: exit code and output."""
    for folder in project.root.parents:
        if folder.name.startswith("pytest-") or "pytest-of" in str(folder):
            folder.chmod(0o755)
    (project.root / "var").mkdir(exist_ok=True)
    (project.root / "var").chmod(home)
    process = project.run("unprivileged")
    output, _ = process.communicate(timeout=60)
    return process.returncode, output
