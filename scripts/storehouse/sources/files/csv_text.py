r"""CSV: whether DuckDB may read a file itself, and reading it in Python if not.

The rules are RFC 4180's as Python's csv module reads them in strict mode: quotes `"`,
doubled inside a field; line ends \n, \r\n or \r, also mixed. An empty field is null,
quoted or not: CSV quotes to protect characters, not to express types. Blank lines are not
rows, except in a file of one column, where each is a null.

DuckDB differs silently in two ways: it drops spaces around quoted fields, and it accepts extra
empty fields at the end of a row. A file that may contain either (csv_scan) is read in Python,
like one that is not UTF-8 and one that DuckDB refuses.

A row that repeats the header, or begins with a byte-order mark, shows that files were joined: it
is a bad row. In a file of one column a value may equal the header by chance, and is a row.
"""

from __future__ import annotations

import codecs
import csv
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from storehouse.sources.declarations import Landing
from storehouse.sources.files.csv_header import MARK, header_names, is_header_again
from storehouse.sources.files.csv_scan import Scan, Scanned
from storehouse.sources.files.delivery import (
    CHUNK,
    LONGEST_LINE,
    BadRow,
    BadRows,
    Layout,
    Refused,
    Rewritten,
    Spool,
    counted,
    empty_file,
    is_decoded,
    open_bytes,
    refusing,
    shown,
)
from storehouse.sources.files.text_files import lines, open_text

# The number of its first line, its text, and its fields or what is wrong with it.
Record = tuple[int, str, list[str] | str]


def inspect(path: Path, landing: Landing, scanned: Scanned | None = None) -> Layout:
    """Read the header, if there should be one and the scan has not read it. Raises Refused."""
    if scanned and scanned.names:
        return Layout(scanned.names, is_plain=True)
    names: tuple[str, ...] = ()
    with (
        refusing(landing.encoding),
        open_text(path, landing.encoding, newline="") as stream,
    ):
        if landing.header:
            names = _header(_records(stream, landing.delimiter), stream, landing)
        elif not _has_content(stream):
            raise empty_file()
    return Layout(names, is_plain=landing.is_utf8)


def scan(path: Path, landing: Landing) -> Scanned:
    """Scan a whole UTF-8 file, which also detects a wrong checksum. Raises Refused."""
    seen = Scan(landing.delimiter, header=landing.header)
    with refusing(landing.encoding), open_bytes(path) as stream:
        while chunk := stream.read(CHUNK):
            seen.feed(chunk)
    return seen.result()


def rewrite(path: Path, landing: Landing, width: int, target: Path) -> Rewritten:
    """Write the good rows of the file to `target`, as a Spool.

    Raises Refused if more rows are bad than the declaration allows.
    """
    bad_rows = BadRows(landing.max_rejected_rows)
    count = 0
    with (
        Spool(target) as spool,
        refusing(landing.encoding),
        open_text(path, landing.encoding, newline="") as stream,
    ):
        records = _records(stream, landing.delimiter)
        header = _header(records, stream, landing) if landing.header else ()
        marks = _marks(landing.encoding)
        for line, text, row in records:
            if row == [] and width > 1:
                continue
            problem = _joined_files(text, row, header, marks) or _problem(
                text, row, width, landing.encoding
            )
            if problem is not None:
                rows = 1 if isinstance(row, list) else len(text.splitlines())
                bad_rows.add(BadRow(line, problem, shown(text, landing.encoding), rows))
            else:
                spool.write([field or None for field in row or [""]])
                count += 1
    return Rewritten(count, bad_rows.accepted())


def _problem(text: str, row: list[str] | str, width: int, encoding: str) -> str | None:
    if not is_decoded(text):
        return f"not valid {encoding}"
    if isinstance(row, str):
        return row
    if len(row or [""]) != width:
        return f"{counted(len(row), 'field')}, not {width}"
    return None


def _marks(encoding: str) -> tuple[str, str]:
    """The byte-order mark, and that of UTF-8 as decoded by the encoding."""
    try:
        return MARK, codecs.BOM_UTF8.decode(encoding) or MARK
    except UnicodeError:
        return MARK, MARK


def _joined_files(
    text: str, row: list[str] | str, header: tuple[str, ...], marks: tuple[str, str]
) -> str | None:
    """How a row shows that files were joined, if it does."""
    if isinstance(row, list) and is_header_again(row, header):
        return "the header again, as if files were joined"
    return "a byte order mark, as if files were joined" if text.startswith(marks) else None


def _has_content(stream: TextIO) -> bool:
    return any(line.strip("\r\n") for line in lines(stream))


def _header(records: Iterator[Record], stream: TextIO, landing: Landing) -> tuple[str, ...]:
    _, text, row = next(records, (1, "", []))
    if not text or (row == [] and not _has_content(stream)):
        raise empty_file()
    if not is_decoded(text):
        raise Refused(
            f"the header is not valid {landing.encoding}",
            "declare the encoding the file has, or have it delivered as declared",
            [BadRow(1, f"not valid {landing.encoding}", shown(text, landing.encoding))],
            1,
        )
    if isinstance(row, str) or not row:
        raise Refused(
            "the first line is not a header" + (f": {row}" if row else ": it is blank"),
            "have the file delivered with its header in the first line",
            [BadRow(1, "no header", text)],
            1,
        )
    return header_names(row)


def _records(stream: TextIO, delimiter: str) -> Iterator[Record]:
    csv.field_size_limit(LONGEST_LINE)
    lines_read: list[str] = []

    def remembered() -> Iterator[str]:
        for line in lines(stream):
            lines_read.append(line)
            yield line

    reader = csv.reader(remembered(), delimiter=delimiter, strict=True)
    while True:
        lines_read.clear()
        first = reader.line_num + 1
        row: list[str] | str
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            row = _QUOTING.get(str(error), str(error))
        yield first, "".join(lines_read), row


_QUOTING = {"unexpected end of data": "a quote is opened and never closed"}
