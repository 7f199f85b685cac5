"""One bad thing stops only itself: a name, a column, a table, a declaration, a source."""

from __future__ import annotations

import gzip
import json
import os
import socket
import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from loaders.project import TECHNICAL_COLUMNS, Project, utc_now
from storehouse.core import display
from storehouse.core.errors import ConfigError, SourceContractError, TableError
from storehouse.core.progress import Silent
from storehouse.core.warehouse import connect
from storehouse.landing.files.rows import FileTable
from storehouse.landing.load import load
from storehouse.landing.report import LoadReport
from storehouse.sources.files import csv_text

GOOD = "a,b,c\n1,2,3\n"
NOT_UTF8 = os.fsdecode(b"caf\xe9.csv")


@pytest.fixture
def two(project: Project) -> Project:
    """Sources `s` and `z`; each holds one good file."""
    for source in ("s", "z"):
        project.declare(source, t={"columns": ["a", "b", "c"], "pattern": "t/*.csv"})
        project.deliver(f"{source}/t/0.csv", GOOD)
    return project


def landed(project: Project) -> dict[str, int]:
    counts = "select source, count(*) from ({}) group by all order by all"
    tables = " union all ".join(f"select '{one}' as source from raw_{one}.t" for one in "sz")
    return dict(project.query(counts.format(tables)))


def all_else_lands(project: Project) -> LoadReport:
    """One load whose report is told apart from an error of its own, and whose text is plain."""
    report = project.load()
    with pytest.raises(Exception, match=r".") as raised:
        report.raise_for_problems()
    assert display.readable(str(raised.value)) == str(raised.value)
    assert landed(project) == {"s": 1, "z": 1}
    return report


@pytest.mark.parametrize("name", [NOT_UTF8, os.fsdecode(b"\xff\xfe.csv"), "\udc80" * 60 + ".csv"])
def test_a_file_name_that_is_not_utf8_is_refused_by_name(two: Project, name: str) -> None:
    two.deliver(f"s/t/{name}", GOOD)
    (rejection,) = all_else_lands(two).rejections
    assert (rejection.file, rejection.reason) == (
        f"t/{display.visible(name)}",
        "its name is not UTF-8",
    )
    assert len(two.rejected()) == 1
    assert two.query("select source_file from ops.loads where status = 'rejected'") == [
        (rejection.file,)
    ]
    (two.root / "var" / "inbox" / "s" / "t" / name).unlink()
    two.load().raise_for_problems()
    assert two.rejected() == []


@pytest.mark.parametrize("where", ["s/{}/1.csv", "s/{}", "{}/1.csv", "{}"])
def test_a_name_that_is_not_utf8_and_that_no_table_takes_is_named(two: Project, where: str) -> None:
    two.deliver(where.format(os.fsdecode(b"caf\xe9.txt")), GOOD)
    report = two.load()
    report.raise_for_problems()
    assert landed(two) == {"s": 1, "z": 1}
    assert [one for one in report.unmatched if r"caf\xe9.txt" in one]
    json.dumps(report.unmatched, ensure_ascii=False).encode()


# By glob characters DuckDB reads a file by a link to it.
@pytest.mark.parametrize("start", ["x", "[x]*?"])
@pytest.mark.parametrize("ending", [".csv", "é.csv", ".csv.gz"])
@pytest.mark.parametrize("is_good", [True, False])
def test_the_longest_name_that_a_folder_takes_lands_or_is_refused(
    two: Project, start: str, ending: str, is_good: bool
) -> None:
    two.declare("s", t={"columns": ["a", "b", "c"], "pattern": "t/*.*"})
    middle = "x" * (255 - len((start + ending).encode()) - 1)
    rows = {f"t/{start}{middle}{last}{ending}": (last, "5", "6") for last in "12"}

    def deliver(form: str) -> None:
        for name, row in rows.items():
            content = form.format(*row).encode()
            two.deliver(f"s/{name}", gzip.compress(content) if "gz" in ending else content)

    if not is_good:
        deliver("a,b,c\n{},{}\n")
        assert [one.file for one in two.load().rejections] == list(rows)
        files = [Path(two.root, "var", "rejected", one) for one in two.rejected()]
        assert sorted(json.loads(one.read_text())["file"] for one in files) == sorted(rows)
    deliver("a,b,c\n{},{},{}\n")
    two.load().raise_for_problems()
    assert two.rejected() == []
    landed = two.query("select _source_file, a, b, c from raw_s.t where b = '5' order by all")
    assert landed == [(name, *row) for name, row in rows.items()]


def test_a_long_ending_with_glob_characters_stops_nothing(two: Project) -> None:
    names = [f"*{number}.csv" for number in range(10)] + ["?." + "e" * 249 + ".csv"]
    for name in names:
        two.deliver(f"s/t/{name}", f"a,b,c\n{len(name)},{name},3\n")
    two.load().raise_for_problems()
    landed = two.query("select _source_file, b from raw_s.t where c = '3' and b <> '2'")
    assert sorted(landed) == [(f"t/{name}", name) for name in names]


ODD_NAMES = [
    "a\nb.csv", "a\rb.csv", "\x1b[31mred\x1b[0m.csv", "\x9b31m.csv", "a'b.csv", 'a"b.csv',
    "a`b.csv", "a*b.csv", "a?b.csv", "a[b].csv", "a{b,c}.csv", "a\\b.csv", "~a.csv", " .csv",
    "a%20b.csv", "[red]a.csv", "[bold].csv", ":smile:.csv", "\u202ecsv.exe.csv", "--a.csv",
    "$(a).csv", "a;b.csv", "a|b.csv", "a=1.csv", "CON.csv", "\U0001f600.csv", "\ufeffa.csv",
    "a\u2028b.csv", "é.csv", unicodedata.normalize("NFD", "é.csv"), "X.csv", "x.csv",
]  # fmt: skip


def test_files_of_odd_names_all_land_by_their_own_names(two: Project) -> None:
    for number, name in enumerate(ODD_NAMES):
        two.deliver(f"s/t/{name}", f"a,b,c\nn{number},2,3\n")
    two.load().raise_for_problems()
    found = two.query("select a, _source_file from raw_s.t where _source_file <> 't/0.csv'")
    assert sorted(found) == sorted((f"n{n}", f"t/{one}") for n, one in enumerate(ODD_NAMES))


def test_files_of_odd_names_are_all_refused_in_plain_text(two: Project) -> None:
    for number, name in enumerate(ODD_NAMES):
        two.deliver(f"s/t/{name}", f"a,b,c\n{number},2\n")
    report = all_else_lands(two)
    assert sorted(one.file for one in report.rejections) == sorted(f"t/{n}" for n in ODD_NAMES)
    for one in two.rejected():
        text = (two.root / "var" / "rejected" / one).read_text(encoding="utf-8")
        assert all(display.visible(line) == line for line in text.splitlines())
    for rejection in report.rejections:
        assert display.visible(str(rejection)) == str(rejection)


def _fifo(path: Path) -> None:
    os.mkfifo(path)


def _socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as one:
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            one.bind(f"/proc/self/fd/{folder}/{path.name}")
        finally:
            os.close(folder)


def _loop(path: Path) -> None:
    path.symlink_to(path.name)


IN_PLACE: dict[str, Callable[[Path], None]] = {
    "pipe": _fifo,
    "socket": _socket,
    "device": lambda path: path.symlink_to("/dev/zero"),
    "folder": Path.mkdir,
    "dangling link": lambda path: path.symlink_to("nowhere"),
    "link to itself": _loop,
}


@pytest.mark.parametrize("what", IN_PLACE)
def test_what_stands_in_place_of_a_file_is_refused_and_never_waited_for(
    two: Project, what: str
) -> None:
    path = two.root / "var" / "inbox" / "s" / "t" / "1.csv"
    IN_PLACE[what](path)
    (rejection,) = all_else_lands(two).rejections
    assert rejection.file == "t/1.csv"
    assert rejection.advice.startswith(("have ", "replace the link"))


def test_a_link_to_itself_in_place_of_a_folder_is_named_and_stops_nothing(two: Project) -> None:
    two.declare("s", t={"columns": ["a", "b", "c"], "pattern": "*/*.csv"})
    (two.root / "var" / "inbox" / "s" / "loop").symlink_to("loop")
    report = two.load()
    report.raise_for_problems()
    assert report.unmatched == ("s/loop",)
    assert landed(two) == {"s": 1, "z": 1}


def test_a_file_that_vanishes_is_refused_and_the_others_land(two: Project) -> None:
    path = two.deliver("s/t/1.csv", "a,b,c\n7,8,9\n")
    moments = iter(range(1000))

    def now() -> Any:
        if next(moments) == 1:  # when the table's files were looked at
            path.unlink()
        return utc_now()

    report = two.load(now=now)
    assert [one.file for one in report.rejections] == ["t/1.csv"]
    assert landed(two) == {"s": 1, "z": 1}
    two.load().raise_for_problems()


DISK_WORDS = ["No space left on device", "write file", 'write file "x": File too large']


@pytest.mark.parametrize("words", DISK_WORDS)
@pytest.mark.parametrize("where", ["row", "name", "folder", "home"])
def test_words_of_a_full_disk_in_a_row_or_a_name_are_only_words(
    tmp_path: Path, where: str, words: str
) -> None:
    two = Project(tmp_path / (words if where == "home" else "home"))
    for source in "sz":
        two.declare(source, t={"columns": ["a", "b", "c"], "pattern": "**/*.csv"})
        two.deliver(f"{source}/0.csv", GOOD)
    name = {"name": f"{words}.csv", "folder": f"{words}/1.csv"}.get(where, "1.csv")
    row = words.replace('"', "") if where == "row" else "5"
    two.deliver(f"s/{name}", f"a,b,c\n4,{row},6\n7,{row},\xe9\n".encode("latin-1"))
    (rejection,) = all_else_lands(two).rejections
    assert rejection.file == name
    assert rejection.reason == "1 bad row, the first at line 3: not valid utf-8"


TECHNICAL = [*TECHNICAL_COLUMNS, *(name.upper() for name in TECHNICAL_COLUMNS)]


@pytest.mark.parametrize(
    "columns", [[name] for name in TECHNICAL] + [["x", "X"], ["", "a"], ["\0"]]
)
def test_a_column_that_can_not_be_is_refused_when_declared(
    two: Project, columns: list[str]
) -> None:
    two.declare("s", t={"columns": columns})
    report = two.load()
    (error,) = report.errors
    assert isinstance(error, ConfigError)
    assert "_s__sources.yml" in str(error)
    assert "columns" in str(error)
    assert two.query("select count(*) from raw_z.t") == [(1,)]


COLUMNS = [
    "rowid", "_rowid_", "oid", "file_index", "filename", "file_row_number", "select",
    "from", "c0", "c1", "c2", "_storehouse_file", "_storehouse_arrivals", "arrivals", "places",
    "a.b", 'q"q', "it's", "a b", " a", "é", "日本", "x" * 500, "index", "name", "first_row", "null",
    "1", "*", "?", "$batch_id", "{x}", "%s", "a,b", "json_object", "_extra_", "read", "column",
]  # fmt: skip


@pytest.mark.parametrize("kind", ["csv", "ndjson"])
def test_columns_of_any_name_land_exactly(two: Project, kind: str) -> None:
    two.declare("s", t={"columns": COLUMNS, "format": kind, "pattern": "u/*"})
    headers = [name.strip() for name in COLUMNS]
    rows = [[f"{row}.{place}" for place in range(len(COLUMNS))] for row in range(3)]
    if kind == "csv":
        quoted = [['"' + v.replace('"', '""') + '"' for v in line] for line in [headers, *rows]]
        content = "".join(",".join(line) + "\n" for line in quoted)
    else:
        content = "".join(json.dumps(dict(zip(headers, row, strict=True))) + "\n" for row in rows)
    two.deliver("s/u/1", content)
    two.load().raise_for_problems()
    found = two.query("select * exclude (_batch_id, _loaded_at) from raw_s.t order by _row_number")
    assert found == [(*row, None, "u/1", number) for number, row in enumerate(rows, start=1)]


@pytest.mark.parametrize("kind", ["csv", "ndjson"])
def test_fields_that_no_column_declares_are_kept_whatever_their_names(
    two: Project, kind: str
) -> None:
    names = ["a", *TECHNICAL_COLUMNS, *(name for name in COLUMNS if name == name.strip())]
    two.declare("s", t={"columns": ["a"], "format": kind, "pattern": "u/*"})
    values = {name: str(number) for number, name in enumerate(names)}
    if kind == "csv":
        lines = (
            ",".join('"' + v.replace('"', '""') + '"' for v in line)
            for line in (values.keys(), values.values())
        )
        two.deliver("s/u/1", "\n".join(lines) + "\n")
    else:
        two.deliver("s/u/1", json.dumps(values) + "\n")
    two.load().raise_for_problems()
    ((a, extra),) = two.query("select a, _extra from raw_s.t")
    assert {"a": a, **json.loads(extra)} == values


def _view(con: Any) -> None:
    con.execute("create schema raw_s; create view raw_s.t as select 1 as a")


def _whole_number(con: Any) -> None:
    con.execute("create schema raw_s; create table raw_s.t (a integer, b varchar, c varchar)")


def _never_null(con: Any) -> None:
    con.execute("create schema raw_s; create table raw_s.t (a varchar, b varchar, q int not null)")


def _key(con: Any) -> None:
    con.execute("create schema raw_s; create table raw_s.t (a varchar, b varchar primary key)")


@pytest.mark.parametrize(
    ("made", "reason"),
    [
        (_view, "Can only modify view"),
        (_whole_number, "column a .* is INTEGER, and a raw table has it as VARCHAR"),
        (_never_null, "NOT NULL constraint"),
        (_key, "PRIMARY KEY"),
    ],
)
def test_a_raw_table_that_can_not_be_written_stops_no_other(
    two: Project, made: Callable[[Any], None], reason: str
) -> None:
    with connect(two.settings()) as con:
        made(con)
    two.declare(
        "s",
        t={"columns": ["a", "b", "c"], "pattern": "t/*.csv"},
        u={"columns": ["a", "b", "c"], "pattern": "u/*.csv"},
    )
    two.deliver("s/t/1.csv", "a,b,c\n007,2,3\n")
    two.deliver("s/u/1.csv", GOOD)
    report = two.load()
    with pytest.raises(TableError, match=rf"s\.t.*{reason}") as caught:
        report.raise_for_problems()
    assert "Free space" not in str(caught.value)
    assert two.query("select count(*) from raw_s.u") == [(1,)]
    assert two.query("select count(*) from raw_z.t") == [(1,)]
    assert two.query("select count(*) from ops.loads where table_name = 't' and source = 's'") == [
        (0,)
    ]


BROKEN: dict[str, tuple[bytes, str]] = {
    "no yml": (b"sources: [", "can't be read"),
    "not UTF-8": (b"sources: caf\xe9", "can't be read"),
    "empty": (b"", "declares no source"),
    "a list": (b"- sources", "declares no source"),
    "texts": (b"sources: [s]", "sources must be a list of entries"),
    "no date": (b"sources: [{name: s, x: 2026-13-45}]", "contains an invalid value"),
    "too deep": (b"[" * 100_000, "_s__sources.yml"),
    "a key twice": (b"sources:\n- name: s\n  tables: []\n  name: s\n", "line 4: key 'name' occurs"),
    "tables of texts": (b"sources: [{name: s, tables: [t]}]", "tables must be a list of entries"),
    "a table without a name": (b"sources: [{name: s, tables: [{}]}]", "an entry without a name"),
    "a table twice": (
        b"sources: [{name: s, tables: [{name: t}, {name: T}]}]",
        "name has 't' twice",
    ),
    "a path": (b"sources: [{name: s, tables: [{name: ../t}]}]", "not possible for a folder"),
    "our own schema": (
        (
            b"sources: [{name: s, schema: ops, tables: [{name: loads, columns: [{name: a}],"
            b"config: {meta: {landing: {kind: files, pattern: x, format: csv}}}}]}]"
        ),
        "schema is 'ops', which is not for raw tables",
    ),
    "an escape": (b'sources: [{name: s, tables: [{name: "\\e[31m"}]}]', "can't be seen"),
    "half a pair": (b'sources: [{name: s, tables: [{name: "\\ud800"}]}]', "_s__sources.yml"),
}


@pytest.mark.parametrize("what", BROKEN)
def test_a_broken_declaration_stops_its_source_and_no_other(two: Project, what: str) -> None:
    content, reason = BROKEN[what]
    (two.root / "models/staging/s/_s__sources.yml").write_bytes(content)
    report = two.load()
    with pytest.raises(ConfigError, match=reason) as raised:
        report.raise_for_problems()
    assert raised.value.exit_code == 2
    assert len(str(raised.value)) < 1000
    assert two.query("select count(*) from raw_z.t") == [(1,)]
    assert not two.query("select 1 from duckdb_tables() where schema_name = 'raw_s'")


def test_a_missing_variable_stops_its_source_and_no_other(two: Project) -> None:
    path = two.root / "models/staging/s/_s__sources.yml"
    landing = {"kind": "database", "url_variable": "NOT_SET"}
    table = {"name": "t", "columns": [{"name": "a"}], "config": {"meta": {"landing": {"key": "a"}}}}
    source = {"name": "s", "config": {"meta": {"landing": landing}}, "tables": [table]}
    path.write_text(yaml.safe_dump({"sources": [source]}), encoding="utf-8")
    report = load(two.settings(), progress=Silent(), now=utc_now, environ={})
    with pytest.raises(ConfigError, match="needs the environment variables NOT_SET"):
        report.raise_for_problems()
    assert two.query("select count(*) from raw_z.t") == [(1,)]


def test_two_sources_never_land_in_one_table(two: Project) -> None:
    path = two.root / "models/staging/z/_z__sources.yml"
    path.write_text(path.read_text(encoding="utf-8").replace("raw_z", "RAW_S"), encoding="utf-8")
    with pytest.raises(ConfigError, match="as that of source s does"):
        two.load().raise_for_problems()
    assert two.query("select count(*) from raw_s.t") == [(1,)]


@pytest.mark.parametrize("error", [RecursionError, MemoryError, KeyError, UnicodeError])
def test_a_fault_of_ours_with_one_file_stops_that_file_only(
    two: Project, error: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    two.deliver("s/t/1.csv", "a,b,c\n7,8,9\n")
    inspect = csv_text.inspect

    def failing(path: Path, *how: Any) -> Any:
        if path.name == "1.csv":
            raise error("secret")
        return inspect(path, *how)

    monkeypatch.setattr(csv_text, "inspect", failing)
    (rejection,) = all_else_lands(two).rejections
    assert rejection.file == "t/1.csv"
    assert "secret" not in str(rejection)
    advice = "lower STOREHOUSE_" if error is MemoryError else "please report it with this line."
    assert f"; {advice}" in str(rejection)
    assert ".;" not in str(rejection)


def test_a_fault_of_ours_with_one_table_stops_that_table_only(
    two: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepare = FileTable.prepare

    def failing(table: FileTable) -> None:
        if table.declaration.source == "s":
            raise AssertionError("secret")
        prepare(table)

    monkeypatch.setattr(FileTable, "prepare", failing)
    report = two.load()
    (error,) = report.errors
    assert "s.t: a bug in storehouse, AssertionError at storehouse/" in str(error)
    assert two.query("select count(*) from raw_z.t") == [(1,)]


def test_the_error_of_a_load_says_all_that_went_wrong(two: Project) -> None:
    two.deliver("s/t/1.csv", "a,b,c\n1,2\n")
    two.deliver("z/t/1.csv", "x\n1\n")
    with pytest.raises(SourceContractError) as raised:
        two.load().raise_for_problems()
    assert "Source z broke its declaration" in str(raised.value)
    assert "Files refused: 1" in str(raised.value) or "Files refused: 2" in str(raised.value)


@pytest.mark.parametrize("kind", ["csv", "ndjson"])
def test_what_stands_in_a_file_never_makes_a_message_long_or_odd(two: Project, kind: str) -> None:
    two.declare("s", t={"columns": ["a"], "format": kind, "pattern": "u/*"})
    long, escape = "x" * 1_500_000, "\x1b]0;owned\x07"
    header, odd = json.dumps({long: 1, escape: 2}), json.dumps({escape: 1})
    if kind == "csv":
        header, odd = f'"{long}","{escape}"\n1,2', f'"{escape}",a\n1'
    two.deliver("s/u/1", header + "\n")
    two.deliver("s/u/2", odd + "\n")
    two.deliver("s/u/3", "")
    report = two.load()
    texts = [str(one) for one in (*report.errors, *report.rejections, *report.notes)]
    assert texts
    assert max(map(len, texts)) < 6000
    assert all(display.readable(text) == text for text in texts)
    assert two.query("select count(*) from raw_z.t") == [(1,)]


def test_what_rejected_can_not_hold_is_noted_and_stops_nothing(two: Project) -> None:
    two.deliver("s/t/1.csv", "a,b,c\n1,2\n")
    taken = two.root / "var" / "rejected" / "s" / "t" / "t"
    taken.parent.mkdir(parents=True)
    taken.write_text("a file where a folder should be")
    report = all_else_lands(two)
    assert [one.file for one in report.rejections] == ["t/1.csv"]
    assert "could not be written" in report.notes[0]


def test_a_folder_whose_name_is_long_when_it_is_written_out_has_a_report(two: Project) -> None:
    two.declare("s", t={"columns": ["a", "b", "c"], "pattern": "**/*.csv"})
    two.deliver(f"s/t/{os.fsdecode(bytes([0xFF]) * 200)}/1.csv", "a,b,c\n4,5,6\n")
    report = all_else_lands(two)
    (one,) = two.rejected()
    content = json.loads((two.root / "var" / "rejected" / one).read_text(encoding="utf-8"))
    assert content["file"] == report.rejections[0].file == "t/" + r"\xff" * 200 + "/1.csv"
