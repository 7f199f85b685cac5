"""Compares what DuckDB reads of a CSV that is found regular with what Python's csv module reads.

    python tests/python/fuzz/csv_rows.py -runs=N [-seed=N] [-max_total_time=SECONDS]
    python tests/python/fuzz/csv_rows.py var/crash-…   (tries again what failed)

The first bytes choose delimiter, width, header and the size of chunks; of the others most are
fields, and some what breaks a row. Where `Scan` says how many rows it has,
DuckDB must read them as Python does, or refuse; and Python must find them all to be rows.
The names that it gives are those that Python reads.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import atheris  # type: ignore[import-untyped]
import duckdb

sys.path.insert(0, str(Path(__file__).parents[1]))

from fuzz.driver import main

with atheris.instrument_imports(include=["storehouse.sources"]):
    from storehouse.sources import reading
    from storehouse.sources.declarations.files import Landing, TableDeclaration
    from storehouse.sources.declarations.tables import Column
    from storehouse.sources.files import csv_text
    from storehouse.sources.files.csv_scan import Scan
    from storehouse.sources.files.delivery import Layout, Refused

_DELIMITERS = [",", ";", "\t", "|", "^", ".", "\\", "a"]
_LINE_ENDS = [b"\n", b"\r\n", b"\r"]
# Fields of a row; `,` becomes the delimiter. The last are raw pieces, which break the row.
_FIELDS = [
    b"x", b"", b'""', b'"a"', b'"a\nb"', b'"a,b"', b'"a\r\nb"', b'"\r"', b'"a""b"', b'""""', b"1",
    b" x ", "é".encode(), b"NULL", b'"\n,\n"', b"#", b"\\", b"'", b'" a "', b"\x00", b'"",""\n',
    b"c0", b" ", b'"\xef\xbb\xbf"',
]  # fmt: skip
_PIECES = [
    b",", b"\n", b"\r", b"\r\n", b'"', b'"a" ', b' "a"', b'a"b', b'"a"b', b"\xef\xbb\xbf", b"\xff",
    b'"a\nb",', b'"a\nb" ', b",,", b"c0,c1\n",
]  # fmt: skip
_WHOLE = 225  # what is below is a field with what ends it
_SIZES = [3, 4, 7, 16, 64, 1 << 20]

_EXAMPLES = [bytes([form, form % 7, *range(form, form + 24)]) for form in range(0, 225, 9)]

# Fields that span lines before one too many, or before a space.
_WORDS = [bytes([4, 225]), bytes([4, 236]), bytes([4, 237]), bytes([4, 0, 238])]


class Rows:
    def __init__(self, folder: Path) -> None:
        self._path = folder / "input.csv"
        self._target = folder / "spool.csv"
        self._con = duckdb.connect()
        self._con.execute("set threads = 1")

    def compare(self, data: bytes) -> None:
        """Raises AssertionError where DuckDB reads otherwise."""
        head, body = data[:2].ljust(2, b"\0"), data[2:]
        delimiter = _DELIMITERS[head[0] % len(_DELIMITERS)]
        size = _SIZES[head[1] % len(_SIZES)]
        landing = Landing("*", "csv", delimiter=delimiter, header=bool(head[1] & 0x80))
        width = 1 + head[0] // 8 % 4
        content = odd_file(body, width, header=landing.header).replace(b",", delimiter.encode())
        self._path.write_bytes(content)
        scan = Scan(delimiter, header=landing.header)
        for at in range(0, len(content), size):
            scan.feed(content[at : at + size])
        scanned = scan.result()
        try:
            layout = csv_text.inspect(self._path, landing)
        except Refused:
            assert not scanned.names, scanned
            return
        assert scanned.names in ((), layout.names), (scanned, layout)
        if layout.names:
            width = len(layout.names)
            if len(set(layout.names)) < width:
                return
        rows = scanned.rows(width, landing.header)
        if rows is not None:
            self._read_both(landing, layout, width, rows)

    def _read_both(self, landing: Landing, layout: Layout, width: int, rows: int) -> None:
        names = layout.names or [f"c{i}" for i in range(width)]
        columns = tuple(Column(f"c{i}", name, optional=False) for i, name in enumerate(names))
        table = TableDeclaration("s", "t", "raw_s", columns, landing)
        try:
            found = self._read(table, layout, self._path)
        except duckdb.Error:
            return
        if len(found) != rows:  # what landing refuses to take from DuckDB
            return
        try:
            rewritten = csv_text.rewrite(self._path, landing, width, self._target)
        except Refused as refused:
            raise AssertionError(f"DuckDB reads {found}, Python refuses: {refused}") from None
        spooled = replace(layout, is_plain=False)
        expected = self._read(table, spooled, self._target) if rewritten.rows else []
        assert (found, rows) == (expected, rewritten.rows), (found, expected)

    def _read(self, table: TableDeclaration, layout: Layout, path: Path) -> list[tuple[str, ...]]:
        select = reading.select_files(table, layout)
        return list(self._con.execute(select, {"paths": [str(path)]}).fetchall())


def odd_file(body: bytes, width: int, *, header: bool) -> bytes:
    """A CSV of `width` columns c0, c1, ...; a byte of `body` is a field or what breaks a row."""
    names = b",".join(b"c%d" % i for i in range(width)) + b"\n" if header else b""
    line_end = _LINE_ENDS[sum(body) % len(_LINE_ENDS)]
    content, place = [names], 0
    for byte in body:
        if byte >= _WHOLE:
            content.append(_PIECES[(byte - _WHOLE) % len(_PIECES)])
            continue
        place = (place + 1) % width
        content += [_FIELDS[byte % len(_FIELDS)], b"," if place else line_end]
    return b"".join(content)


if __name__ == "__main__":
    main(lambda folder: Rows(folder).compare, _EXAMPLES, _WORDS)
