"""Lands CSV files of all dialects, many in a load, and compares them with Python's csv module.

    python tests/python/fuzz/csv_files.py -runs=N [-seed=N] [-max_total_time=SECONDS]
    python tests/python/fuzz/csv_files.py var/crash-…   (delivers again what failed)

Each input is the seed of a load of FILES files: rows of fuzz.csv_rows in some encoding, with
byte order marks, blank lines, headers again, plain or as several members of gzip. A file
lands as Python's csv module reads it in strict mode, or it is refused where a row is bad.
"""

from __future__ import annotations

import codecs
import csv
import gzip
import io
import random
import re
import shutil
import sys
import tempfile
from pathlib import Path

import atheris  # type: ignore[import-untyped]

sys.path.insert(0, str(Path(__file__).parents[1]))

from fuzz.csv_rows import odd_file
from fuzz.driver import main

with atheris.instrument_imports(include=["storehouse.sources"]):
    from loaders.project import Project

FILES = 250
_WIDTH = 3
_ENCODINGS = ["utf-8", "utf-8", "utf-8", "windows-1252", "utf-16", "utf-16-le"]
_COLUMNS = [f"c{i}" for i in range(_WIDTH)]

Rows = list[tuple[str | None, ...]]


class Loads:
    def __init__(self, folder: Path) -> None:
        self._homes = folder

    def load(self, data: bytes) -> None:
        """Raises AssertionError where a file lands otherwise than it is written."""
        chance = random.Random(data)
        folder = Path(tempfile.mkdtemp(dir=self._homes))
        project = Project(folder)
        delimiter, encoding = chance.choice(",;\t|"), chance.choice(_ENCODINGS)
        header = chance.random() < 0.7
        landing = {"delimiter": delimiter, "encoding": encoding, "header": header}
        project.declare("s", t={"columns": _COLUMNS, **landing})
        expected: dict[str, Rows | None] = {}
        contents = set()
        for number in range(FILES):
            text = _text(chance, header=header).replace(",", delimiter)
            # A mark that windows-1252 lacks would be part of a name, which stops the source.
            content = text.removeprefix("\ufeff").encode(encoding, "replace")
            if text.startswith("\ufeff") and encoding.startswith("utf"):
                content = text.encode(encoding)
            if content in contents:
                continue
            contents.add(content)
            name = f"t/{number}.csv" + ".gz" * (number % 3 == 0)
            packed = _members(chance, content) if name.endswith(".gz") else content
            project.deliver(f"s/{name}", packed)
            decoded = content.decode(encoding)
            if encoding != "utf-16":  # which takes its mark away itself
                decoded = decoded.removeprefix("\ufeff")
            expected[name] = _rows(decoded, delimiter, header=header)
        refused = {rejection.file for rejection in project.load().rejections}
        found: dict[str, Rows] = {name: [] for name in expected if name not in refused}
        columns = ", ".join(_COLUMNS)
        select = f"select _source_file, {columns} from raw_s.t order by _source_file, _row_number"
        for name, *row in project.query(select):
            found[name].append(tuple(row))
        for name, rows in expected.items():
            file = (folder / "var/inbox/s" / name).read_bytes()
            assert found.get(name) == rows, (landing, file, found.get(name), rows)
        shutil.rmtree(folder)


def _text(chance: random.Random, *, header: bool) -> str:
    """Mostly good rows: of 100 pieces about one breaks its row."""
    kinds = [chance.randrange(225) for _ in range(chance.randrange(60))]
    if chance.random() < 0.3:
        kinds.append(chance.randrange(225, 256))
    text = odd_file(bytes(kinds), _WIDTH, header=header).decode("utf-8", "ignore")
    return chance.choice(["", "", codecs.BOM_UTF8.decode()]) + text


def _members(chance: random.Random, content: bytes) -> bytes:
    at = chance.randrange(len(content) + 1)
    return gzip.compress(content[:at], mtime=0) + gzip.compress(content[at:], mtime=0)


def _rows(text: str, delimiter: str, *, header: bool) -> Rows | None:
    """What Python reads; None where the file is to be refused."""
    # Of what is made here no quoted part has a mark behind a line end.
    if not text.strip("\r\n") or re.search("[\r\n]\ufeff" if header else "(^|[\r\n])\ufeff", text):
        return None
    stream = io.StringIO(text, newline="")
    try:
        read = [row for row in csv.reader(stream, delimiter=delimiter, strict=True) if row]
    except csv.Error:
        return None
    rows = read[int(header) :]
    for row in rows:
        again = sorted(field.strip().lstrip("\ufeff") for field in row) == _COLUMNS
        if len(row) != _WIDTH or (header and again):
            return None
    return [tuple(field or None for field in row) for row in rows]


if __name__ == "__main__":
    main(lambda folder: Loads(folder).load, [b"1", b"2", b"3"], [b"0"])
