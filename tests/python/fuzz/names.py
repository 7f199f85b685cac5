"""Names made up by atheris: of files, folders, columns, headers and tables; broken declarations.

    python tests/python/fuzz/names.py -runs=N [-seed=N] [-max_total_time=SECONDS]
    python tests/python/fuzz/names.py var/crash-…   (tries again what failed)

An input is a list of names between unit separators. All inputs are tried as declarations, which
are read or refused by file and key, and as text in messages. The examples, and then one of LOADED,
are landed, all names together in one load, beside good neighbours in two sources: the first byte
says whether they are names of files, what stands in place of files, columns, fields that no column
declares, tables, or the sources file itself. However they look, the load ends without an error of
its own; the neighbours have landed; each name has landed exactly or is refused in plain text.
"""

from __future__ import annotations

import copy
import csv
import io
import itertools
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import atheris  # type: ignore[import-untyped]
import yaml

sys.path.insert(0, str(Path(__file__).parents[1]))

from fuzz.driver import main

with atheris.instrument_imports(include=["storehouse"]):
    from loaders.project import TECHNICAL_COLUMNS, Project
    from storehouse.core.display import LONGEST, brief, readable, safe_json, visible
    from storehouse.core.errors import ConfigError, StorehouseError, UnexpectedError
    from storehouse.core.warehouse import connect
    from storehouse.landing.report import LoadReport
    from storehouse.sources.declarations import read_source

LOADED = 100
_LOADS_OF_A_HOME = 50
_MOST_NAMES = 40
_LONGEST_TEXT = 20_000
_LONGEST_FILE_NAME = 255

_EXAMPLES = [
    b"\x00caf\xe9.csv\x1fa\nb.csv\x1f\x1b[31m.csv\x1f*?[].csv\x1f" + b"x" * 250 + b".csv",
    b"\x00a/b.csv\x1fa.refused.json/b.csv\x1f\xff\x1f~\x1f'\x1f\"\x1f\\\x1f [x]\x1f\xe2\x80\xae",
    b"\x01p\x1ff\x1fd\x1fl\x1fs\x1fe",
    b"\x02rowid\x1fselect\x1fa.b\x1f\"\x1f'\x1f_Extra\x1f\xc3\x89\x1f\xc3\xa9\x1fx\x1fX",
    b"\x02rowid\x1fselect\x1fa.b\x1f\"\x1f'\x1ffile_index\x1f\xc3\xa9\x1fx\x1fc0\x1f_extra_",
    b"\x03rowid\x1f_extra\x1ffile_index\x1f\x1f\x1fa\x1fA\x1f\xc3\xa9",
    b'\x04t\x1fT\x1f..\x1fa/b\x1f.\x1f"\x1fselect\x1f' + b"t" * 300,
    b"\x05sources: [{name: s, tables: [{name: t, columns: [{name: a}]}]}]",
    b"\x05sources:\n- name: s\n  tables:\n  - name: t\n    config: {meta: {landing: []}}\n",
    b'\x05sources: [{name: s, schema: "\\ud800", tables: [{name: "\\0"}]}]',
]

_COLUMN = {
    "name": "a",
    "data_type": "varchar",
    "config": {"meta": {"header": "A", "optional": True}},
}
_FULL = {"kind": "full", "order": "date", "date_format": "%Y-%m-%d", "time_zone": "Europe/Berlin"}


def _source(own: dict[str, Any] | None, landing: dict[str, Any]) -> dict[str, Any]:
    table = {
        "name": "t",
        "columns": [_COLUMN, {"name": "b"}],
        "config": {"meta": {"landing": landing}},
    }
    source: dict[str, Any] = {
        "name": "s",
        "schema": "raw_s",
        "tables": [table, {**table, "name": "u"}],
    }
    return {**source, "config": {"meta": {"landing": own}}} if own else source


_SOURCES = [
    _source(None, {"kind": "files", "pattern": "*", "format": "csv", "encoding": "utf-8",
                   "delimiter": ",", "header": True, "max_rejected_rows": 1, "delivery": _FULL}),
    _source({"kind": "http_files", "url_variable": "URL", "largest_megabytes": 5},
            {"path": "a.csv", "format": "csv", "every_hours": 1}),
    _source({"kind": "database", "url_variable": "URL"},
            {"table": "t", "key": "a", "incremental": {"cursor": "b", "overlap_minutes": 5}}),
    _source({"kind": "rest", "url_variable": "URL", "attempts": 3},
            {"path": "/t", "records": "t", "key": ["a"],
             "paging": {"kind": "cursor", "param": "after", "cursor": "next"},
             "incremental": {"cursor": "b", "since_param": "since", "overlap_minutes": 1}}),
]  # fmt: skip

_WORDS = [
    b"\x1f", b"rowid", b"_extra", b"_row_number", b"file_index", b"filename", b"\xed\xa0\x80",
    b"\x1b]0;x\x07", b"\xc2\x9b", b"\xe2\x80\xa8", b"*?[", b".csv", b".refused.json", b"../",
    b"name: ", b"tables: ", b"columns: ", b"- ", b"config: {meta: {landing: {", b"&a *a", b"<<: ",
    b"2026-13-45", b"!!python/object:os.system", b"? ", b'"\\ud800"', b"kind: files", b"pattern: ",
    b"format: csv", b"delivery: {kind: full, order: date, date_format: ", b"encoding: ",
]  # fmt: skip


class Names:
    """Lands names, each input in a folder of its own in the inbox of one of some homes."""

    def __init__(self, folder: Path) -> None:
        self._homes = folder
        self._numbers = itertools.count()
        self._kinds: Sequence[Callable[[Sequence[bytes]], None]] = (
            self._files,
            self._in_place,
            self._columns,
            self._headers,
            self._tables,
            self._declaration,
        )

    def take(self, data: bytes) -> None:
        """Raises AssertionError where a name did what it should not."""
        number = next(self._numbers)
        names = data[1:].split(b"\x1f")[:_MOST_NAMES]
        if number == 0:
            self._homes.mkdir()
            self._reader = Declarations(self._homes / "declared")
        if number <= len(_EXAMPLES) or number % LOADED == 0:
            self._land(data, names)
        else:
            self._reader.take(data[:1], names)
            shown_plainly(data)

    def _land(self, data: bytes, names: Sequence[bytes]) -> None:
        for home in sorted(self._homes.glob("load*"))[:-_LOADS_OF_A_HOME]:
            shutil.rmtree(home)
        self._project = Project(Path(tempfile.mkdtemp(dir=self._homes, prefix="load")))
        self._project.declare("z", t={"columns": ["a"]})
        self._project.deliver("z/t/1.csv", "a\nlast\n")
        self._kinds[(data[0] if data else 0) % len(self._kinds)](names)

    def _files(self, names: Sequence[bytes]) -> None:
        self._project.declare("s", t={"columns": ["a"], "pattern": "**/*"})
        self._project.deliver("s/0.csv", "a\ngood\n")
        sent = dict(self._delivered(names))
        report = self._loaded()
        for name in sent:
            if visible(name) == name and _is_text(name):
                assert name not in {one.file for one in report.rejections}, name
        found = self._query("select _source_file, a from raw_s.t where a <> 'good'")
        refused = {one.file for one in report.rejections}
        landed = {name for name, _ in found}
        for name, value in sent.items():
            if _is_text(name):
                assert (name, value) in found, (name, report.rejections)
            else:
                assert visible(name) in refused, name
        assert landed <= sent.keys(), landed

    def _delivered(self, names: Sequence[bytes]) -> Any:
        """What the file system takes, as what lands should be."""
        folder = self._project.root / "var" / "inbox" / "s"
        for number, raw in enumerate(names):
            name = os.fsdecode(raw.strip(b"/"))
            parts = name.split("/")
            if any(part.startswith(".") or not part for part in parts):
                continue
            if name.endswith((".tmp", ".part", ".gz", ".zst", ".xz", ".bz2", ".zip", ".lz4")):
                continue
            path = folder / name
            with suppress(OSError, ValueError):
                path.parent.mkdir(parents=True, exist_ok=True)
                if not path.exists():
                    path.write_text(f"a\nvalue {number}\n")
                    yield path.relative_to(folder).as_posix(), f"value {number}"

    def _in_place(self, names: Sequence[bytes]) -> None:
        """The last letter of a name says what stands there."""
        self._project.declare("s", t={"columns": ["a"], "pattern": "*.csv"})
        self._project.deliver("s/0.csv", "a\ngood\n")
        folder = self._project.root / "var" / "inbox" / "s"
        made = set()
        for number, raw in enumerate(names, start=1):
            path = folder / f"{number}.csv"
            what = (raw or b"p")[-1] % 6
            if what == 0:
                os.mkfifo(path)
            elif what == 1:
                path.mkdir()
            else:
                targets = ["/dev/zero", path.name, os.fsdecode(raw) or ".", "/proc/self/mem"]
                with suppress(OSError, ValueError):
                    path.symlink_to(targets[what - 2])
            if os.path.lexists(path) and not path.is_file():
                made.add(path.name)
        report = self._loaded()
        assert {one.file for one in report.rejections} >= made - {"0.csv"}, made

    def _columns(self, names: Sequence[bytes]) -> None:
        columns = [name.decode("utf-8", "surrogatepass" if i % 2 else "ignore") for i, name in
                   enumerate(names) if _decodes(name)]  # fmt: skip
        self._project.declare(
            "s", u={"columns": ["a"]}, t={"columns": [{"name": one} for one in columns]}
        )
        self._project.deliver("s/u/1.csv", "a\ngood\n")
        row = [f"value {number}" for number in range(len(columns))]
        self._project.deliver("s/t/1.csv", _written([[one.strip() for one in columns], row]))
        report = self._loaded(only="z")
        wrong = [e for e in report.errors if isinstance(e, ConfigError)]
        if _can_be(columns):
            assert not wrong, wrong
            if all(name.strip() for name in columns):
                assert not report.errors, report.errors
                assert not report.rejections, report.rejections
                listed = self._query("select * from raw_s.t")
                assert [one[: len(row)] for one in listed] == [tuple(row)], (columns, listed)
        else:
            assert wrong, columns
            assert "_s__sources.yml" in str(wrong[0])

    def _headers(self, names: Sequence[bytes]) -> None:
        headers = ["a", *(name.decode("utf-8", "ignore") for name in names)]
        if len({name.strip() for name in headers}) < len(headers) or "" in map(str.strip, headers):
            return
        self._project.declare("s", t={"columns": ["a"]}, u={"columns": ["a"], "format": "ndjson"})
        values = {name: f"value {number}" for number, name in enumerate(headers)}
        self._project.deliver("s/t/1.csv", _written([headers, list(values.values())]))
        self._project.deliver("s/u/1.ndjson", json.dumps(values) + "\n")
        report = self._loaded(only="z")
        for table, strips in (("t", True), ("u", False)):
            for a, extra in self._query(f"select a, _extra from raw_s.{table}"):
                found = {"a": a, **json.loads(extra or "{}")}
                sent = {k.strip() if strips else k: v for k, v in values.items()}
                found = {k.strip() if strips else k: v for k, v in found.items()}
                assert found == sent, (found, sent)
        (ndjson,) = (one for one in report.tables if (one.source, one.table) == ("s", "u"))
        assert ndjson.loaded == 1, report

    def _tables(self, names: Sequence[bytes]) -> None:
        tables = [name.decode("utf-8", "ignore") for name in names]
        self._write_declaration(
            [
                {
                    "name": name,
                    "columns": [{"name": "a"}],
                    "config": {
                        "meta": {"landing": {"kind": "files", "pattern": f"{n}.x", "format": "csv"}}
                    },
                }
                for n, name in enumerate(tables)
            ]
        )
        for number in range(len(tables)):
            self._project.deliver(f"s/{number}.x", "a\ngood\n" if number % 2 else "a\n1,2\n")
        report = self._loaded(only="z")
        if not report.errors:
            for number, name in enumerate(tables):
                quoted = name.replace('"', '""')
                count = [(number % 2,)]
                assert self._query(f'select count(*) from raw_s."{quoted}"') == count, name

    def _declaration(self, names: Sequence[bytes]) -> None:
        self._project.declare("s", t={"columns": ["a"]})
        path = self._project.root / "models" / "staging" / "s" / "_s__sources.yml"
        path.write_bytes(b"\x1f".join(names))
        self._project.deliver("s/t/1.csv", "a\ngood\n")
        report = self._loaded(only="z")
        for error in report.errors:
            assert isinstance(error, ConfigError) or "s." in str(error), error

    def _write_declaration(self, tables: list[dict[str, Any]]) -> None:
        self._project.declare("s", t={"columns": ["a"]})
        path = self._project.root / "models" / "staging" / "s" / "_s__sources.yml"
        content = {"sources": [{"name": "s", "schema": "raw_s", "tables": tables}]}
        path.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")

    def _loaded(self, only: str = "") -> LoadReport:
        """The report of a load, in which the good neighbours have landed."""
        report = self._project.load()
        assert self._query("select a from raw_z.t") == [("last",)]
        if not only:
            assert self._query("select count(*) from raw_s.t where a = 'good'") == [(1,)]
        for error in report.errors:
            assert not isinstance(error, UnexpectedError), error
        texts = [*map(str, report.errors), *map(str, report.rejections), *report.notes]
        texts += [*report.unmatched]
        for text in texts:
            assert readable(text) == text, text
            assert len(text) < _LONGEST_TEXT, len(text)
        for rejection in report.rejections:
            assert "a bug in storehouse" not in rejection.reason, rejection
        with suppress(StorehouseError):
            report.raise_for_problems()
        self._settled(report)
        return report

    def _settled(self, report: LoadReport) -> None:
        """Each refusal is in the load log and in rejected/, as text that is valid."""
        logged = self._query("select source_file from ops.loads where status = 'rejected'")
        assert sorted(name for (name,) in logged) == sorted(one.file for one in report.rejections)
        refusals = [one for one in self._project.rejected() if one.endswith(".refused.json")]
        assert len(refusals) == len(report.rejections), (refusals, report.rejections)
        for one in refusals:
            path = self._project.root / "var" / "rejected" / one
            if path.is_file():
                json.loads(path.read_text(encoding="utf-8"))

    def _query(self, sql: str) -> list[tuple[Any, ...]]:
        with connect(self._project.settings(), read_only=True) as con:
            try:
                return list(con.execute(sql).fetchall())
            except Exception as error:
                raise AssertionError(sql) from error


class Declarations:
    """Sources files of one project: as they come, and good ones of which some values are odd."""

    def __init__(self, root: Path) -> None:
        self._project = Project(root)
        self._project.declare("s", t={"columns": ["a"]})
        self._settings = self._project.settings()
        self._path = root / "models" / "staging" / "s" / "_s__sources.yml"

    def take(self, first: bytes, names: Sequence[bytes]) -> None:
        """Raises what is no ConfigError that names the file."""
        if first[:1] < b"\x40":
            self._read(b"\x1f".join(names))
            return
        source = copy.deepcopy(_SOURCES[first[0] % len(_SOURCES)])
        for name in names:
            _make_odd(source, name)
        self._read(json.dumps({"sources": [source]}).encode())  # JSON is yml

    def _read(self, content: bytes) -> None:
        self._path.write_bytes(content)
        refused = ""
        try:
            source = read_source(self._settings, "s")
        except ConfigError as error:
            refused = str(error)
        if refused:
            assert self._path.name in refused, refused
            assert readable(refused) == refused
            assert len(refused) < _LONGEST_TEXT
            return
        tables = source if isinstance(source, tuple) else source.tables
        for table in tables:
            names = [table.schema, table.table, *(column.name for column in table.columns)]
            assert all(name and visible(name) == name for name in names), names
            lower = [column.name.lower() for column in table.columns]
            assert not {*TECHNICAL_COLUMNS} & {*lower}, lower
            assert len({*lower}) == len(lower), lower


def _make_odd(source: dict[str, Any], name: bytes) -> None:
    """Put another value, or another key, where the first bytes of `name` lead."""
    chosen, steps, rest = name[:1], name[1:8], name[8:]
    text = rest.decode("utf-8", "surrogatepass" if _decodes(rest) else "ignore")
    values: list[Any] = [text, None, 0, -1, 1.5, True, [], {}, [text], {text: text}, [[]], [{}]]
    place: Any = source
    for step in steps:
        below = place[_nth(place, step)]
        if not isinstance(below, dict | list) or not below:
            break
        place = below
    number = chosen[0] if chosen else 0
    if number > 240 and isinstance(place, dict):
        place[text] = 1
    else:
        place[_nth(place, (steps or b"x")[-1])] = values[number % len(values)]


def _nth(place: Any, step: int) -> Any:
    return step % len(place) if isinstance(place, list) else list(place)[step % len(place)]


def shown_plainly(data: bytes) -> None:
    """What stands in a message, whatever it is: short, valid, without controls; the same again."""
    text = data.decode("utf-8", "surrogateescape")
    for shown in (brief(text), readable(text), readable(text * 9)):
        assert shown.encode()
        assert readable(shown) == shown, shown
        assert all(one == "\n" or ord(one) >= ord(" ") for one in shown), shown
        assert max(map(len, shown.split("\n"))) <= LONGEST
    document = safe_json(json.dumps([text], ensure_ascii=False))
    assert json.loads(document) == [text]
    assert visible(document) == document or document.encode()


def _is_text(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def _decodes(name: bytes) -> bool:
    try:
        name.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return False
    return True


def _can_be(columns: Sequence[str]) -> bool:
    """Whether a raw table can have these columns, beside ours."""
    lower = [name.lower() for name in [*columns, *TECHNICAL_COLUMNS]]
    headers = [name.strip() for name in columns]
    return (
        bool(columns)
        and len(set(lower)) == len(lower)
        and len(set(headers)) == len(headers)
        and all(name and visible(name) == name for name in columns)
    )


def _written(rows: Sequence[Sequence[str]]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, quoting=csv.QUOTE_ALL).writerows(rows)
    return text.getvalue().encode("utf-8", "replace")


if __name__ == "__main__":
    main(lambda folder: Names(folder / "homes").take, _EXAMPLES, _WORDS)
