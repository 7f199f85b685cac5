"""What DuckDB would read of a CSV otherwise than it is written, lands as written or is refused."""

from __future__ import annotations

import csv
import gzip
import tracemalloc

import pytest

from loaders.project import Project
from storehouse.sources.files import csv_header
from storehouse.sources.files.csv_header import HeaderAgain
from storehouse.sources.files.csv_scan import Scan, Scanned
from storehouse.sources.files.delivery import CHUNK, LONGEST_LINE

MULTI_LINE = '"leave at\nthe door"'


def _reasons(project: Project, content: str | bytes, name: str = "1.csv") -> list[str]:
    """Why a file was refused; nothing where it landed."""
    project.deliver(f"s/t/{name}", content)
    reasons = [rejection.reason for rejection in project.load().rejections]
    ((rows,),) = project.query("select count(*) from raw_s.t")
    assert bool(reasons) == (rows == 0)
    return reasons


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|", "^", "\\"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("header", [True, False])
def test_a_field_too_many_is_refused_after_a_field_of_several_lines(
    project: Project, delimiter: str, line_end: str, header: bool
) -> None:
    landing = {"delimiter": delimiter, "header": header}
    project.declare("s", t={"columns": ["a", "b", "c"], **landing})
    rows = ["a,b,c"] * header + ["1,x,2.00", f"2,{MULTI_LINE},12,", "3,y,4.00", ""]
    (reason,) = _reasons(project, line_end.join(rows).replace(",", delimiter))
    assert reason.endswith("4 fields, not 3")


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (f"1,{MULTI_LINE} ,2", "',' expected after '\"'"),
        (f"1,{MULTI_LINE}x,2", "',' expected after '\"'"),
        (f"1,2,{MULTI_LINE} ", "',' expected after '\"'"),
        (f"1,2,{MULTI_LINE},", "4 fields, not 3"),
        (f"1,2,{MULTI_LINE},,", "5 fields, not 3"),
        ('1,2,"3', "a quote is opened and never closed"),
    ],
)
def test_a_row_with_a_misplaced_quote_or_field_is_refused(
    project: Project, row: str, reason: str
) -> None:
    (found,) = _reasons(project, f"a,b,c\n{row}")
    assert reason in found


def test_a_column_too_many_is_refused_where_there_is_one(project: Project) -> None:
    project.declare("s", t={"columns": ["a"]})
    (reason,) = _reasons(project, f"a\n1\n{MULTI_LINE},\n")
    assert reason.endswith("2 fields, not 1")


@pytest.mark.parametrize(
    ("row", "landed"),
    [
        (f"1, {MULTI_LINE},2", None),
        ('1, "x",2', ("1", ' "x"', "2")),
        ('1,5" x 7",2', ("1", '5" x 7"', "2")),
        (f'1,{MULTI_LINE},"2"', ("1", "leave at\nthe door", "2")),
        ('"1\r\n","",3', ("1\r\n", None, "3")),
        ('"1\r",2,"\r\n"', ("1\r", "2", "\r\n")),
        ('1,2,"3"\r x,y,z', ("1", "2", "3")),
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "windows-1252"])
def test_spaces_quotes_and_line_ends_land_as_written(
    project: Project, row: str, landed: tuple[str, ...] | None, encoding: str
) -> None:
    project.declare("s", t={"columns": ["a", "b", "c"], "header": False, "encoding": encoding})
    refused = _reasons(project, row)
    if landed is None:  # a quote that opens within a field opens nothing
        assert refused
    else:
        assert not refused
        assert project.query("select a, b, c from raw_s.t where _row_number = 1") == [landed]


@pytest.mark.parametrize("joined", ["a,b,c\n", "\ufeffa,b,c\n", '"a","b","c"\n', "c, a,b\n"])
@pytest.mark.parametrize("is_packed", [False, True])
def test_files_that_were_joined_are_refused(project: Project, joined: str, is_packed: bool) -> None:
    parts = [b"a,b,c\n1,2,3\n", f"{joined}4,5,6\n".encode()]
    content = b"".join(map(gzip.compress, parts)) if is_packed else b"".join(parts)
    (reason,) = _reasons(project, content, "1.csv.gz" if is_packed else "1.csv")
    assert reason == "1 bad row, the first at line 3: the header again, as if files were joined"


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("again", ['"an ""odd"" name",b', 'an "odd" name,b', "b2,b", 'b"",b2'])
def test_a_header_again_is_found_whatever_its_names_are(
    project: Project, again: str, end: str
) -> None:
    names = next(csv.reader([again]))
    project.declare("s", t={"columns": names})
    content = end.join([again, "1,2", "b,1", again, "3,4", ""])
    (reason,) = _reasons(project, content)
    assert reason.endswith("line 4: the header again, as if files were joined")


@pytest.mark.parametrize("end", ["\n", "\r"])
@pytest.mark.parametrize("row", ["{},kind", "id{},kind", "{},kind,kind"])
def test_rows_that_hold_a_name_of_the_header_are_looked_at_once(
    end: str, row: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    again = HeaderAgain.of(b"id,kind", ",")
    assert again
    line_at, starts = csv_header._line_at, list[int]()

    def noting(raw: bytes, start: int) -> bytes:
        starts.append(start)
        return line_at(raw, start)

    monkeypatch.setattr(csv_header, "_line_at", noting)
    assert not again.is_in(end.join(row.format(number) for number in range(1000)).encode())
    assert len(starts) == len(set(starts)) == 1000


def test_a_row_of_two_values_that_are_the_names_in_other_order_is_a_row(project: Project) -> None:
    project.declare("s", t={"columns": ["key", "value"]})
    assert not _reasons(project, "key,value\nfoo,bar\nvalue,key\n")
    assert project.query("select key from raw_s.t order by _row_number") == [("foo",), ("value",)]


def test_a_header_again_may_be_one_of_the_bad_rows_that_are_allowed(project: Project) -> None:
    project.declare("s", t={"columns": ["a", "b", "c"], "max_rejected_rows": 1})
    assert not _reasons(project, "a,b,c\n1,2,3\na,b,c\n4,5,6\n")
    assert project.query("select a from raw_s.t order by a") == [("1",), ("4",)]
    assert project.query("select line_number, line from ops.rejected_rows") == [(3, "a,b,c\n")]


def test_a_byte_order_mark_within_a_file_without_header_is_a_bad_row(project: Project) -> None:
    project.declare("s", t={"columns": ["a"], "header": False})
    (reason,) = _reasons(project, "\ufeff1\n\ufeff2\n")
    assert reason.endswith("line 2: a byte order mark, as if files were joined")


@pytest.mark.parametrize("encoding", ["latin-1", "windows-1252", "utf-8-sig", "utf-8"])
def test_the_mark_of_utf_8_within_a_file_is_a_bad_row_in_any_encoding(
    project: Project, encoding: str
) -> None:
    project.declare("s", t={"columns": ["a", "b", "c"], "encoding": encoding})
    (reason,) = _reasons(project, "a,b,c\n1,2,3\n\ufeff4,5,6\n7,8,9\n".encode())
    assert reason.endswith(
        "1 bad row, the first at line 3: a byte order mark, as if files were joined"
    )


def test_a_value_of_a_single_column_may_equal_the_header(project: Project) -> None:
    project.declare("s", t={"columns": ["word"]})
    assert not _reasons(project, "word\nword\nother\n")
    assert project.query("select word from raw_s.t order by 1") == [("other",), ("word",)]


@pytest.mark.parametrize("size", [1, 2, 3, 5, 64])
@pytest.mark.parametrize(
    ("row", "is_regular"),
    [
        (MULTI_LINE, True),
        ('"a""b"', True),
        ('""', True),
        (f"{MULTI_LINE} ", False),
        (f" {MULTI_LINE}", False),
        ('a"b', False),
        ('"a"b', False),
    ],
)
def test_where_a_file_is_cut_into_chunks_makes_no_difference(
    size: int, row: str, is_regular: bool
) -> None:
    content = f"a,b\r\n1,{row}\r\n\r\n{row},2\r\n".encode()
    scan = Scan(",", header=False)
    for at in range(0, len(content), size):
        scan.feed(content[at : at + size])
    found = scan.result()
    assert found.is_regular == is_regular
    if is_regular:
        assert found == Scanned(True, records=3, blank_lines=1, delimiters=3)
        assert (found.rows(2, header=True), found.rows(3, header=True)) == (2, None)


def test_a_line_without_end_is_not_held_in_memory() -> None:
    scan, chunk = Scan(",", header=True), b"x" * CHUNK
    tracemalloc.start()
    try:
        for _ in range(30):
            scan.feed(chunk)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert not scan.result().is_regular
    assert peak < 4 * LONGEST_LINE
