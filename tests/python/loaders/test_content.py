"""The content of a file is what was unpacked; a file without content is refused."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import re
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from loaders.project import Project
from storehouse.core.warehouse import connect
from storehouse.sources.declarations import read_source
from storehouse.sources.files.content import fingerprint
from storehouse.sources.files.discovery import Found

MACROS = Path(__file__).parents[3] / "macros"
ROWS = b"a,b,c\n1,2,3\n4,5,6\n"
# Names of tests are made of it: without the moment at which it was packed.
PACKED = gzip.compress(ROWS, mtime=0)
TWINS = {
    "unpacked": ("x.csv", ROWS),
    "packed otherwise": ("x.csv.gz", gzip.compress(ROWS, 1, mtime=1)),
    "two members": ("x.csv.gz", gzip.compress(ROWS[:9]) + gzip.compress(ROWS[9:])),
    "zeros behind it": ("x.csv.gz", PACKED + bytes(512)),
    "in capitals": ("x.csv.GZ", PACKED),
}


def _count(project: Project) -> int:
    ((count,),) = project.query("select count(*) from raw_s.t")
    return int(count)


@pytest.mark.parametrize("twin", TWINS)
@pytest.mark.parametrize("is_known", [True, False])
def test_the_same_rows_packed_otherwise_are_one_load(
    project: Project, twin: str, is_known: bool
) -> None:
    name, content = TWINS[twin]
    project.deliver("s/t/1.csv.gz", PACKED)
    if is_known:
        project.load().raise_for_problems()
    project.deliver(f"s/t/{name}", content)
    project.load().raise_for_problems()
    project.deliver("s/t/1.csv.gz", gzip.compress(ROWS, mtime=9))
    project.load().raise_for_problems()
    assert _count(project) == 2


@pytest.mark.parametrize("twin", TWINS)
def test_every_packing_lands(project: Project, twin: str) -> None:
    name, content = TWINS[twin]
    project.deliver(f"s/t/{name}", content)
    project.load().raise_for_problems()
    assert project.query("select a, b, c from raw_s.t order by a") == [
        ("1", "2", "3"),
        ("4", "5", "6"),
    ]


def _hash_packed_bytes(project: Project) -> None:
    """Make the load log what it was before 2026-11-29."""
    with connect(project.settings()) as con:
        con.execute("update ops.loads set sha256 = coalesce(packed_sha256, sha256)")
        con.execute("alter table ops.loads drop column packed_sha256")


@pytest.mark.parametrize("name", ["1.csv.gz", "1 (1).csv.gz"])
def test_a_home_of_packed_hashes_lands_nothing_again(project: Project, name: str) -> None:
    path = project.deliver("s/t/1.csv.gz", PACKED)
    project.deliver("s/t/2.csv", b"a,b,c\n7,8,9\n")
    project.load().raise_for_problems()
    _hash_packed_bytes(project)
    path.rename(path.with_name(name))
    project.deliver("s/t/3.csv", ROWS)
    for _ in range(2):
        report = project.load()
        report.raise_for_problems()
        assert (report.tables[0].loaded, report.tables[0].unchanged) == (0, 3)
    assert _count(project) == 3


def _current(project: Project) -> list[tuple[object, ...]]:
    """The files that count, by the SQL of the macro."""
    landed_files = (
        re.sub(r"{% .*?macro.*?%}", "", next(MACROS.rglob("landed_files.sql")).read_text())
        .replace("{{ source('ops', 'loads') }}", "ops.loads")
        .replace("{{ source_name }}", "s")
        .replace("{{ table_name }}", "t")
    )
    return project.query(f"select source_file, loaded_at from ({landed_files}) order by all")


def test_twins_that_an_old_home_landed_both_stay_as_incremental_models_have_them(
    project: Project,
) -> None:
    twins = {
        "d.csv.gz": PACKED,
        "c.csv.gz": gzip.compress(ROWS[:-6], mtime=0),
        "b.csv.gz": gzip.compress(ROWS[:-6], mtime=9),
        "a.csv": ROWS,
    }
    for name, content in twins.items():
        path = project.deliver(f"s/t/{name}", content)
        project.load().raise_for_problems()
        _hash_packed_bytes(project)
        path.unlink()
        with connect(project.settings()) as con:
            con.execute("update ops.loads set sha256 = source_file")
    with connect(project.settings()) as con:
        for name, content in twins.items():
            project.deliver(f"s/t/{name}", content)
            con.execute(
                "update ops.loads set sha256 = ? where source_file = ?",
                [sha256(content).hexdigest(), f"t/{name}"],
            )
    before = _current(project)
    assert len(before) == 4
    project.deliver("s/t/e.csv", ROWS)
    for _ in range(2):
        report = project.load()
        report.raise_for_problems()
        assert report.tables[0].unchanged == 5
        assert _current(project) == before


def test_what_has_landed_is_unpacked_under_no_name(project: Project) -> None:
    for name in ("1", "2", "3"):
        project.deliver(f"s/t/{name}.csv.gz", PACKED)
    project.load().raise_for_problems()
    with connect(project.settings()) as con:
        con.execute("update ops.loads set sha256 = 'what the log says of its bytes'")
    assert project.load().tables[0].unchanged == 3


def test_what_has_landed_is_not_scanned_again(project: Project) -> None:
    tables = read_source(project.settings(), "s")
    assert isinstance(tables, tuple)
    found = Found(project.deliver("s/t/1.csv", ROWS), "t/1.csv")
    new = fingerprint(found, tables[0].landing, {})
    assert new.scanned
    again = fingerprint(found, tables[0].landing, {new.sha256: new.sha256})
    assert again == replace(new, scanned=None)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (PACKED[:-9], "the gzip data end too early"),
        (PACKED + b"garbage", "the gzip data are damaged"),
        (PACKED + PACKED[:-4], "the gzip data end too early"),
        (PACKED[:-5] + b"\0\0\0\0\0", "the gzip data are damaged"),
        (ROWS, "the gzip data are damaged: Not a gzipped file"),
        (gzip.compress(PACKED, mtime=0), "it is gzip, and its name"),
    ],
)
def test_a_damaged_gzip_file_is_refused(project: Project, content: bytes, reason: str) -> None:
    project.deliver("s/t/1.csv.gz", content)
    (rejection,) = project.load().rejections
    assert rejection.reason.startswith(reason)


def _parquet() -> bytes:
    out = io.BytesIO()
    pq.write_table(pa.table({"a": ["1"]}), out)
    return out.getvalue()


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"PK\x03\x04....", "it is a zip file or a workbook"),
        (bz2.compress(ROWS), "it is compressed with bzip2"),
        (lzma.compress(ROWS), "it is compressed with xz"),
        (PACKED, "it is gzip, and its name"),
        (b"\x28\xb5\x2f\xfd....", "it is compressed with zstd"),
        (_parquet(), "it is Parquet"),
        (b"%PDF-1.7\n\0", "it is a PDF"),
        (ROWS.decode().encode("utf-16"), "it begins with the byte order mark of UTF-16"),
        (ROWS.decode().encode("utf-32"), "it begins with the byte order mark of UTF-32"),
        (ROWS.decode().encode("utf-16-be"), "its first bytes are those of UTF-16"),
        (ROWS.decode().encode("utf-16-le"), "its first bytes are those of UTF-16"),
    ],
)
@pytest.mark.parametrize("form", ["csv", "headless", "ndjson"])
def test_a_file_that_is_something_else_is_told_as_what_it_is(
    project: Project, content: bytes, reason: str, form: str
) -> None:
    landing: dict[str, object] = {"header": form != "headless"}
    landing["format"] = "ndjson" if form == "ndjson" else "csv"
    project.declare("s", t={"columns": ["a", "b", "c"], **landing})
    project.deliver("s/t/1.csv", content)
    (rejection,) = project.load().rejections
    assert rejection.reason.startswith(reason)


@pytest.mark.parametrize("start", ["PAR1", "%PDF-"])
@pytest.mark.parametrize("header", [True, False])
def test_a_text_may_begin_with_the_mark_of_another_format(
    project: Project, start: str, header: bool
) -> None:
    project.declare("s", t={"columns": [start, "b"], "header": header})
    project.deliver("s/t/1.csv", f"{start},b\n1,2\n")
    project.load().raise_for_problems()
    rows = [(start, "b")] * (not header) + [("1", "2")]
    assert project.query(f'select "{start}", b from raw_s.t order by _row_number') == rows


@pytest.mark.parametrize("header", [True, False])
def test_a_utf_8_mark_contradicts_another_encoding(project: Project, header: bool) -> None:
    landing = {"encoding": "windows-1252", "header": header}
    project.declare("s", t={"columns": ["a", "b", "c"], **landing})
    project.deliver("s/t/1.csv", b"\xef\xbb\xbf" + ROWS)
    (rejection,) = project.load().rejections
    assert "byte order mark of UTF-8, and windows-1252 is declared" in rejection.reason


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-32-be"])
def test_a_mark_of_the_declared_encoding_is_no_text(project: Project, encoding: str) -> None:
    project.declare("s", t={"columns": ["a", "b", "c"], "encoding": encoding, "header": False})
    project.deliver("s/t/1.csv", "\ufeff1,2,3\n".encode(encoding))
    project.load().raise_for_problems()
    assert project.query("select a from raw_s.t") == [("1",)]


NOTHING = [b"", b"\xef\xbb\xbf", b"\n\r\n\n", gzip.compress(b"", mtime=0)]


@pytest.mark.parametrize(
    ("form", "content"),
    [
        *((form, content) for form in ("csv", "headless", "ndjson") for content in NOTHING),
        ("parquet", b""),
    ],
)
def test_a_file_without_content_is_refused_in_any_format(
    project: Project, form: str, content: bytes
) -> None:
    ending = ".gz" if content.startswith(b"\x1f") else ""
    landing: dict[str, object] = {"header": form != "headless"}
    landing["format"] = "csv" if form == "headless" else form
    project.declare("s", t={"columns": ["a", "b", "c"], **landing})
    project.deliver(f"s/t/1.csv{ending}", content)
    (rejection,) = project.load().rejections
    assert rejection.reason == "the file is empty: it has no bytes, or blank lines only"
    assert _count(project) == 0


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_a_file_that_says_that_there_are_no_rows_replaces_those_before(
    project: Project, form: str
) -> None:
    project.declare("s", t={"columns": ["a"], "format": form})
    for rows in (2, 0):
        path = project.deliver("s/t/1", b"")
        duckdb.sql(f"copy (select 'x' as a from range({rows})) to '{path}' (format {form})")
        project.load().raise_for_problems()
    assert project.query("select row_count from ops.loads order by loaded_at") == [(2,), (0,)]


@pytest.mark.parametrize(
    ("header", "breach"),
    [
        ("a,b,c,,", r"2 of its header names are empty \(fields 4 and 5\)"),
        ("a,,b,,c, ", r"3 of its header names are empty \(fields 2, 4 and 6\)"),
        ("a,b,c, a, a", r"it has 3 columns named a \(the columns 1, 4, 5\)"),
        ("A,b,c", r"it lacks a \(it has A: names are case-sensitive\)"),
    ],
)
def test_header_names_that_are_empty_twice_or_in_other_case_are_told(
    project: Project, header: str, breach: str
) -> None:
    project.deliver("s/t/1.csv", header + "\n")
    (error,) = project.load().errors
    assert error.args[0].count("t/1.csv: ")
    with pytest.raises(type(error), match=breach):
        raise error
