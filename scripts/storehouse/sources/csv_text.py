r"""CSV: where DuckDB may read a file itself, and reading it in Python where it may not.

The rules are RFC 4180's as Python's csv module reads them in strict mode: quotes `"`,
doubled inside a field; line ends \n, \r\n or \r, also mixed. An empty field is null,
quoted or not: CSV quotes to protect characters, not to give types. Blank lines are no
rows, except in a file of one column, where each is a null.

DuckDB differs silently in two things: it drops spaces around quoted fields, and it
accepts empty fields too many at the end of a row. A file that may contain either is read
in Python, like one that is not UTF-8 and one that DuckDB refuses.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from storehouse.declarations import Landing
from storehouse.sources.delivery import (
    CHUNK,
    LONGEST_LINE,
    BadRow,
    BadRows,
    Layout,
    Refused,
    Rewritten,
    Spool,
    is_decoded,
    lines,
    open_bytes,
    open_text,
    refusing,
    shown,
)


def inspect(path: Path, landing: Landing) -> Layout:
    """Read the header, if there is to be one. Raises Refused."""
    names: tuple[str, ...] = ()
    if landing.header:
        with (
            refusing(landing.encoding),
            open_text(path, landing.encoding, newline="") as stream,
        ):
            names = _header(stream, landing)
    return Layout(names, is_plain=landing.is_utf8)


def is_clear(path: Path, landing: Landing, width: int) -> bool:
    """Whether DuckDB reads a UTF-8 file of `width` fields exactly as written.

    Unpacks the whole file: DuckDB does not see a wrong checksum. Raises Refused.
    """
    unclear = _Unclear(landing.delimiter, width)
    found = False
    with refusing(landing.encoding), open_bytes(path) as stream:
        while chunk := stream.read(CHUNK):
            found = found or unclear.seen_in(chunk)
    return not (found or unclear.seen_at_end())


def rewrite(path: Path, landing: Landing, width: int, target: Path) -> Rewritten:
    """Write the good rows of the file to `target`, as a Spool.

    Raises Refused where more rows are bad than the declaration allows.
    """
    bad_rows = BadRows(landing.max_rejected_rows)
    count = 0
    with (
        Spool(target) as spool,
        refusing(landing.encoding),
        open_text(path, landing.encoding, newline="") as stream,
    ):
        records = _records(stream, landing.delimiter)
        if landing.header:
            next(records, None)
        for line, text, row in records:
            if row == [] and width > 1:
                continue
            problem = _problem(text, row, width, landing.encoding)
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
        return f"{len(row)} fields, not {width}"
    return None


def _header(stream: TextIO, landing: Landing) -> tuple[str, ...]:
    _, text, row = next(_records(stream, landing.delimiter), (1, "", []))
    if not text:
        raise Refused("the file is empty, without even a header", "have it delivered again")
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
    return tuple(name.strip() for name in row)


def _records(stream: TextIO, delimiter: str) -> Iterator[tuple[int, str, list[str] | str]]:
    """Each record's first line number, its text, and its fields or what is wrong with it."""
    csv.field_size_limit(LONGEST_LINE)
    taken: list[str] = []

    def taking() -> Iterator[str]:
        for line in lines(stream):
            taken.append(line)
            yield line

    reader = csv.reader(taking(), delimiter=delimiter, strict=True)
    while True:
        taken.clear()
        first = reader.line_num + 1
        row: list[str] | str
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            row = _QUOTING.get(str(error), str(error))
        yield first, "".join(taken), row


_QUOTING = {"unexpected end of data": "a quote is opened and never closed"}


class _Unclear:
    """Looks through a file, chunk by chunk, for rows that DuckDB would read otherwise.

    Searching bytes is cheap; only lines that may be such a row are parsed. It may be
    wrong in the safe direction only: part of a quoted text can look unclear.
    """

    def __init__(self, delimiter: str, width: int) -> None:
        mark = re.escape(delimiter.encode())
        self._delimiter = delimiter
        self._mark = delimiter.encode()
        self._width = width
        # Patterns that begin with one character are found at the speed of memchr.
        # A quote with a space before it, or one behind it that ends a field:
        self._spaced = re.compile(rb"\"(?:(?<= \")| +(?=[\r\n]|%b))" % mark)
        # A row whose last field is empty:
        self._ends_empty = [
            re.compile(rb"%b(?:(?<=%b.)|(?<=%b\"\".)|(?<=%b\r.)|(?<=%b\"\"\r.))"
                       % (end, mark, mark, mark, mark), re.DOTALL)
            for end in (b"\n", b"\r")
        ]  # fmt: skip
        self._rest = b""

    def seen_in(self, chunk: bytes) -> bool:
        text = self._rest + chunk
        end = max(text.rfind(b"\n"), text.rfind(b"\r"))
        self._rest = text[end + 1 :]
        return len(self._rest) > LONGEST_LINE or self._seen(text[: end + 1])

    def seen_at_end(self) -> bool:
        return self._seen(self._rest + b"\n")

    def _seen(self, text: bytes) -> bool:
        for hit in self._spaced.finditer(text):
            if self._differs(_line_around(text, hit.start())):
                return True
        for pattern in self._ends_empty:
            for hit in pattern.finditer(text):
                line = _line_around(text, hit.start() - 1)
                if line.count(self._mark) >= self._width and self._differs(line):
                    return True
        return False

    def _differs(self, line: bytes) -> bool:
        # Latin-1 keeps every byte; what matters here is ASCII.
        reader = csv.reader([line.decode("latin-1")], delimiter=self._delimiter, strict=True)
        try:
            row = next(reader, [])
        except csv.Error:
            return True
        return len(row) > self._width or any(
            field.startswith(" ") and field.lstrip(" ").startswith('"') for field in row
        )


def _line_around(text: bytes, position: int) -> bytes:
    start = text.rfind(b"\n", 0, position) + 1
    start = max(start, text.rfind(b"\r", start, position) + 1)
    end = text.find(b"\n", position)
    end = len(text) if end < 0 else end
    return text[start:end].split(b"\r", 1)[0]
