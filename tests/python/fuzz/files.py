"""Feeds the readers of files with what atheris makes up as it sees what they do with it.

    python tests/python/fuzz/files.py -runs=N [-seed=N] [-max_total_time=SECONDS]
    python tests/python/fuzz/files.py var/crash-…   (delivers again what failed)

The first byte says as what the others are delivered: as they are, or as the fields of rows
that Python's csv or json module writes; as CSV, NDJSON or Parquet, plain or gzipped.
Whatever it is, the load ends without an error of its own: the file is landed whole or
refused with a reason, the load log says which, and what Python wrote lands as it was written
(an empty field of a CSV is null), if it is anything at all.
"""

from __future__ import annotations

import csv
import gzip
import io
import itertools
import json
import shutil
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import atheris  # type: ignore[import-untyped]

sys.path.insert(0, str(Path(__file__).parents[1]))

from fuzz.driver import main

with atheris.instrument_imports(include=["storehouse"]):
    from loaders.project import Project
    from storehouse.core.warehouse import connect

_COLUMNS = ["a", "b", "c"]
_ENDINGS = [".csv", ".csv.gz", ".ndjson", ".ndjson.gz", ".parquet"]
_LOADS_OF_A_HOME = 100

_EXAMPLES = [
    b'\x00a,b,c\n1,"2,\n""",3\n',
    b"\x00b,a,c,new\r\n1,,3,x\r\n",
    b"\x01a,b,c\n1,2,3\n",
    b'\x02{"a": 1.10, "b": "x\\u00e9", "c": null}\n{"c": {"d": [1]}}\n',
    b'\x03{"a": true}\n',
    b"\x04PAR1",
    b"\x051\x1f \x1f\x1f\"\x1f,\x1f\n\x1f\r\n\x1fa'\x1fx",
    b"\x071\x1f\xc3\xa9\x1f\x1f\\\x1f\x00\x1f{}",
]

# What formats are made of, for the fuzzer to put in.
_WORDS = [
    b"a,b,c\n",
    b'"1",",",""""\n',
    b'{"a": "1", "b": "", "c": "x"}\n',
    b'{"a": [{}], "b": 1e400, "c": "\\ud800"}\n',
    b"\r\n",
    b"\x1f",
    b"\xef\xbb\xbf",
    b"\xff\xfe",
    b"\x00",
]

Row = tuple[str, ...]


class Deliveries:
    """Loads one file after the other, each by a name of its own; homes are below `folder`."""

    def __init__(self, folder: Path) -> None:
        self._homes = folder
        self._numbers = itertools.count()
        self._folder: Path | None = None

    def deliver(self, data: bytes) -> None:
        """Land `data`; raises AssertionError where it was not landed as it should be."""
        number = next(self._numbers)
        if number % _LOADS_OF_A_HOME == 0:
            self._begin_anew()
        form, ending_number = divmod(data[0] if data else 0, len(_ENDINGS))
        ending = _ENDINGS[ending_number]
        kind = ending.split(".")[1]
        content, written = data[1:], None
        if form % 2 and kind in _WRITE:
            written = _rows(content)
            content = _WRITE[kind](written)
        name = f"{kind}/{number}{ending}"
        packed = gzip.compress(content, mtime=0) if ending.endswith(".gz") else content
        path = self._project.deliver(f"s/{name}", packed)
        refused = [rejection.reason for rejection in self._project.load().rejections]
        path.unlink()
        landed = f"select a, b, c from raw_s.{kind} where _source_file = ? order by _row_number"
        noted = "select status, row_count from ops.loads where source_file = ?"
        with connect(self._project.settings(), read_only=True) as con:
            rows = con.execute(landed, [name]).fetchall()
            found = con.execute(noted, [name]).fetchall()
        if not found:  # a copy of a file that landed before
            return
        ((status, row_count),) = found
        assert status == ("rejected" if refused else "loaded"), (status, refused)
        assert all(refused), "a refusal has a reason"
        assert len(rows) == (row_count or 0), (len(rows), row_count)
        if written is not None and content:
            assert not refused, f"a good file was refused: {refused}"
            expected = [tuple(_ABSENT[kind].get(field, field) for field in row) for row in written]
            assert rows == expected, (rows, expected)

    def _begin_anew(self) -> None:
        if self._folder:
            shutil.rmtree(self._folder)
        self._folder = Path(tempfile.mkdtemp(dir=self._homes))
        self._project = Project(self._folder)
        self._project.declare(
            "s",
            **{
                kind: {"columns": _COLUMNS, "format": kind, "pattern": f"{kind}/*"}
                for kind in ("csv", "ndjson", "parquet")
            },
        )


def _rows(content: bytes) -> list[Row]:
    """Rows of the fields between unit separators; those too few for a row are left out."""
    fields = content.decode("utf-8", errors="ignore").split("\x1f")
    width = len(_COLUMNS)
    whole = len(fields) - len(fields) % width
    return [tuple(fields[at : at + width]) for at in range(0, whole, width)]


def _as_csv(rows: Sequence[Row]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, quoting=csv.QUOTE_ALL).writerows([_COLUMNS, *rows])
    return text.getvalue().encode()


def _as_ndjson(rows: Sequence[Row]) -> bytes:
    lines = [json.dumps(dict(zip(_COLUMNS, row, strict=True))) for row in rows]
    return ("\n".join(lines) + "\n").encode() if lines else b""


# What a field reads as that holds nothing.
_ABSENT: dict[str, dict[str, None]] = {"csv": {"": None}, "ndjson": {}}
_WRITE: dict[str, Callable[[Sequence[Row]], bytes]] = {"csv": _as_csv, "ndjson": _as_ndjson}


if __name__ == "__main__":
    main(lambda folder: Deliveries(folder).deliver, _EXAMPLES, _WORDS)
