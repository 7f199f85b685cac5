"""Files land exactly as written, whatever their format, encoding and dialect."""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections.abc import Callable

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from loaders.project import Project
from storehouse.sources.files.ndjson import parse

T = "select a, b, c from raw_s.t order by _source_file, _row_number"


def test_a_csv_lands_with_its_file_and_row_numbers(project: Project) -> None:
    project.deliver("s/t/2.csv", "a,b,c\n7,8,9\n")
    project.deliver("s/t/1.csv", "a,b,c\n1,2,3\n4,5,6\n")
    report = project.load()
    report.raise_for_problems()
    rows = project.query(
        "select a, _extra, _batch_id, _loaded_at, _source_file, _row_number from raw_s.t"
        " order by _source_file, _row_number"
    )
    batch = (report.batch_id, report.loaded_at)
    assert rows == [
        ("1", None, *batch, "t/1.csv", 1),
        ("4", None, *batch, "t/1.csv", 2),
        ("7", None, *batch, "t/2.csv", 1),
    ]


def test_a_declared_table_without_files_is_empty(project: Project) -> None:
    project.load().raise_for_problems()
    assert project.query("select count(*) from raw_s.t") == [(0,)]


def test_empty_fields_are_null_whether_quoted_or_not(project: Project) -> None:
    project.deliver("s/t/1.csv", 'a,b,c\n,"",x\n')
    project.load().raise_for_problems()
    assert project.query(T) == [(None, None, "x")]


def test_text_lands_as_written(project: Project) -> None:
    project.deliver("s/t/1.csv", 'a,b,c\n 007 ,1.10,"say ""hi"",\nthere"\nNULL,NA,\\N\n')
    project.load().raise_for_problems()
    assert project.query(T) == [(" 007 ", "1.10", 'say "hi",\nthere'), ("NULL", "NA", "\\N")]


@pytest.mark.parametrize(
    ("content", "row"),
    [
        ('a,b,c\n "x",2,3\n', (' "x"', "2", "3")),
        ("a,b,c\r\n1,2,3\n4,5,6\r\n", ("1", "2", "3")),
        ("a,b,c\r1,2,3\r", ("1", "2", "3")),
        ('a,b,c\r\n"1","2","3"\n', ("1", "2", "3")),
        ("\ufeffa,b,c\n1,2,3\n", ("1", "2", "3")),
        ("a,b,c\n1,2,3", ("1", "2", "3")),
        ("a,b,c\n\n1,2,3\n\n", ("1", "2", "3")),
    ],
    ids=[
        "spaces before a quote",
        "mixed line ends",
        "old Mac line ends",
        "quoted rows under a header with other line ends",
        "a byte order mark",
        "no last line end",
        "blank lines",
    ],
)
def test_odd_but_clear_csv_lands(project: Project, content: str, row: tuple[str, ...]) -> None:
    project.deliver("s/t/1.csv", content)
    project.load().raise_for_problems()
    assert project.query(T)[0] == row


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("windows-1252", "Café “10 €”"),
        ("cp949", "한국어 상점"),
        ("utf-16", "naïve ✓"),
        ("shift_jis", "表示ソ"),
    ],
)
def test_a_declared_encoding_is_decoded(project: Project, encoding: str, text: str) -> None:
    project.declare("s", t={"columns": ["a", "b", "c"], "encoding": encoding})
    project.deliver("s/t/1.csv", f"a,b,c\n{text},2,3\n".encode(encoding))
    packed = gzip.compress(f"a,b,c\n{text}!,5,6\n".encode(encoding))
    project.deliver("s/t/2.csv.gz", packed)
    project.load().raise_for_problems()
    assert project.query(T) == [(text, "2", "3"), (f"{text}!", "5", "6")]
    assert not (project.settings().home / "spool").exists()


def test_a_reordered_header_is_mapped_by_name(project: Project) -> None:
    project.deliver("s/t/1.csv", "c,a,b\n3,1,2\n")
    project.deliver("s/t/2.csv", "a , b,c\n1,2,3\n")
    project.load().raise_for_problems()
    assert project.query(T) == [("1", "2", "3")] * 2


def test_a_header_may_differ_from_the_column(project: Project) -> None:
    column = {"name": "a", "config": {"meta": {"header": "The A"}}}
    project.declare("s", t={"columns": [column, "b"], "delimiter": ";"})
    project.deliver("s/t/1.csv", "The A;b\n1;2\n")
    project.load().raise_for_problems()
    assert project.query("select a, b from raw_s.t") == [("1", "2")]


def test_without_a_header_columns_are_taken_by_position(project: Project) -> None:
    project.declare("s", t={"columns": ["a", "b", "c"], "header": False})
    project.deliver("s/t/1.csv", "\ufeff1,2,3\n4,5,6\n")
    project.load().raise_for_problems()
    assert project.query(T) == [("1", "2", "3"), ("4", "5", "6")]


@pytest.mark.parametrize("encoding", ["utf-8", "windows-1252"])
def test_a_new_column_goes_into_extra_and_is_reported(project: Project, encoding: str) -> None:
    project.declare("s", t={"columns": ["a", "b", "c"], "encoding": encoding})
    project.deliver("s/t/1.csv", "a,b,new,c\n1,2,it's \\x,3\n4,5,,6\n")
    project.deliver("s/t/2.csv", "a,b,c\n7,8,9\n")
    report = project.load()
    report.raise_for_problems()
    extras = project.query("select _extra from raw_s.t order by _source_file, _row_number")
    assert [json.loads(extra) if extra else None for (extra,) in extras] == [
        {"new": "it's \\x"},
        {"new": None},
        None,
    ]
    assert len(report.notes) == 1
    assert "new (in t/1.csv)" in report.notes[0]


def test_an_optional_column_may_be_missing(project: Project) -> None:
    optional = {"name": "c", "config": {"meta": {"optional": True}}}
    project.declare("s", t={"columns": ["a", "b", optional]})
    project.deliver("s/t/1.csv", "b,a\n2,1\n")
    project.load().raise_for_problems()
    assert project.query(T) == [("1", "2", None)]


def test_a_column_declared_later_is_added(project: Project) -> None:
    project.deliver("s/t/1.csv", "a,b,c\n1,2,3\n")
    project.load().raise_for_problems()
    project.declare("s", t={"columns": ["a", "b", "c", "d"]})
    project.deliver("s/t/2.csv", "a,b,c,d\n5,6,7,8\n")
    project.load().raise_for_problems()
    rows = project.query("select a, d, _row_number from raw_s.t order by a")
    assert rows == [("1", None, 1), ("5", "8", 1)]


def test_ndjson_numbers_and_nested_values_land_as_written(project: Project) -> None:
    project.declare("s", t={"columns": ["a", "b", "c"], "format": "ndjson"})
    project.deliver(
        "s/t/1.ndjson",
        '{"a": 1.10, "b": 12345678901234567890123, "c": {"x": [1.0, 1e5]}}\n'
        '\n{"c": "", "b": null, "a": "t\\u00e9\\n", "new": 2.50}\r\n'
        '{"a": true}',
    )
    project.deliver("s/t/2.ndjson.gz", gzip.compress(b'{"a": 1, "b": 2, "c": -0.0}\n'))
    report = project.load()
    report.raise_for_problems()
    assert project.query(T) == [
        ("1.10", "12345678901234567890123", '{"x": [1.0, 1e5]}'),
        ("té\n", None, ""),
        ("true", None, None),
        ("1", "2", "-0.0"),
    ]
    assert project.query("select _extra from raw_s.t where _row_number = 2") == [('{"new":2.50}',)]
    assert "new (in t/1.ndjson)" in report.notes[0]


@given(
    st.dictionaries(
        st.text(st.characters(codec="utf-8")),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.text(st.characters(codec="utf-8")),
            lambda inner: st.lists(inner) | st.dictionaries(st.text("abc"), inner),
            max_leaves=5,
        ),
    )
)
def test_json_members_are_read_as_python_reads_them(record: dict[str, object]) -> None:
    members = parse(json.dumps(record))
    assert {name: json.loads(raw) for name, raw in members.items()} == record


def test_parquet_lands_as_text(project: Project) -> None:
    project.declare("s", t={"columns": ["a", "b", "c"], "format": "parquet"})
    path = project.deliver("s/t/day=1/x", b"").with_name("1.parquet")
    path.with_name("x").unlink()
    project.declare("s", t={"columns": ["a", "b", "c"], "format": "parquet", "pattern": "**/*"})
    select = "select date '2024-01-02' as c, 1.10::decimal(9,2) as a, 'x' as new, null as b"
    duckdb.sql(f"copy ({select}) to '{path}'")
    project.load().raise_for_problems()
    assert project.query(T) == [("1.10", None, "2024-01-02")]
    assert project.query("select _extra, _source_file from raw_s.t") == [
        ('{"new":"x"}', "t/day=1/1.parquet")
    ]


def test_names_that_look_like_patterns_are_names(project: Project) -> None:
    project.deliver("s/t/a*.csv", "a,b,c\n1,2,3\n")
    project.deliver("s/t/ab.csv", "a,b,c\n4,5,6\n")
    project.deliver("s/t/[x]?.csv.gz", gzip.compress(b"a,b,c\n7,8,9\n"))
    project.load().raise_for_problems()
    rows = project.query("select _source_file, a from raw_s.t order by a")
    assert rows == [("t/a*.csv", "1"), ("t/ab.csv", "4"), ("t/[x]?.csv.gz", "7")]


@pytest.mark.parametrize(
    "name",
    [
        ".1.csv",
        "._1.csv",
        ".DS_Store",
        "__MACOSX/._1.csv",
        "__MACOSX/1.csv",
        "Thumbs.db",
        "THUMBS.DB",
        "Desktop.ini",
        "~$1.csv",
        "@eaDir/1.csv",
        "2.csv.tmp",
        "3.csv.part",
    ],
)
def test_hidden_left_behind_and_unfinished_files_are_passed_over(
    project: Project, name: str
) -> None:
    project.declare("s", t={"columns": ["a", "b", "c"], "pattern": "t/**/*"})
    project.deliver(f"s/t/{name}", "a,b,c\n1,2,3\n")
    project.deliver("s/t/__macos.csv", "a,b,c\n4,5,6\n")
    report = project.load()
    report.raise_for_problems()
    assert (report.tables[0].seen, report.unmatched) == (1, ())


def test_what_a_pattern_names_is_not_passed_over(project: Project) -> None:
    project.declare("s", t={"columns": ["a"], "pattern": ".exports/*/.a.csv"})
    for name in (".exports/1/.a.csv", ".exports/.2/.a.csv", ".others/1/.a.csv", ".exports/1/.b"):
        project.deliver(f"s/{name}", f"a\n{name}\n")
    project.load().raise_for_problems()
    assert project.query("select a from raw_s.t") == [(".exports/1/.a.csv",)]


def test_a_large_file_with_line_ends_inside_quotes_keeps_all_rows(project: Project) -> None:
    rows = [[str(i), f'line\n{i},\r\n"q"', "x" * (i % 50)] for i in range(1, 60_000)]
    buffer = io.StringIO(newline="")
    csv.writer(buffer).writerows([["a", "b", "c"], *rows])
    project.deliver("s/t/1.csv", buffer.getvalue())
    project.load().raise_for_problems()
    landed = project.query("select a, b, coalesce(c, '') from raw_s.t order by _row_number")
    assert landed == [tuple(row) for row in rows]


_FIELD = st.text(
    st.sampled_from("\",;\n\r \tab#\\'\x00é漢🛒\ufeff") | st.characters(codec="utf-8"), max_size=6
)


def _quoted(field: str) -> str:
    return '"' + field.replace('"', '""') + '"'


def _quoted_if_needed(field: str) -> str:
    # A byte order mark that begins a row would tell of files that were joined.
    return _quoted(field) if set(field) & set('",\n\r\ufeff') else field


@given(
    tables=st.lists(st.lists(st.tuples(_FIELD, _FIELD, _FIELD), max_size=4), max_size=3),
    quote=st.sampled_from([_quoted, _quoted_if_needed]),
    line_end=st.sampled_from(["\n", "\r\n"]),
)
@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_any_csv_lands_as_pythons_csv_module_reads_it(
    tmp_path_factory: pytest.TempPathFactory,
    tables: list[list[tuple[str, str, str]]],
    quote: Callable[[str], str],
    line_end: str,
) -> None:
    project = Project(tmp_path_factory.mktemp("any"))
    project.declare("s", t={"columns": ["a", "b", "c"]})
    expected = []
    for number, rows in enumerate(tables):
        all_rows = [("a", "b", "c"), *rows, (str(number),) * 3]
        text = "".join(",".join(map(quote, row)) + line_end for row in all_rows)
        project.deliver(f"s/t/{number}.csv", text)
        read = list(csv.reader(io.StringIO(text, newline=""), strict=True))
        assert len(read) == len(all_rows)
        expected += [tuple(field or None for field in row) for row in read[1:]]
    project.load().raise_for_problems()
    assert project.query(T) == expected
