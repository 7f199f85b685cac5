"""Scans the bytes of a CSV to decide whether DuckDB reads it as Python's csv module does.

A file is regular if its quotes follow RFC 4180: each field is free of quotes, or quoted as a whole.
Such a file is unambiguous once the fields of its rows are counted. DuckDB refuses a row with too
few fields and silently accepts one with extra empty fields, so a regular file with exactly the
delimiters of its rows is read correctly. A file that may consist of joined files is not regular:
Python reports which row shows it.

Quoted text may hold anything, so it is cut out first: outside quotes a delimiter is a delimiter
and a line end is the end of a row, however many lines a field spans. All work is searching,
splitting and counting of bytes, at the speed of C.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass

import numpy as np

from storehouse.sources.files.csv_header import HeaderAgain
from storehouse.sources.files.delivery import LONGEST_LINE
from storehouse.sources.files.text_files import HEAD, is_text

_CR = b"\r"


@dataclass(frozen=True)
class Scanned:
    """The counts of a scan: `records` are lines outside quotes that are not blank.

    `names` are those of the header, if the file is regular and has one.
    """

    is_regular: bool
    records: int
    blank_lines: int
    delimiters: int
    names: tuple[str, ...] = ()

    def rows(self, width: int, header: bool) -> int | None:
        """How many rows of `width` fields the file has; None if DuckDB may misread it."""
        if not self.is_regular or self.delimiters != self.records * (width - 1):
            return None
        # In a file of one column a blank line is a row whose field is empty.
        return self.records + (self.blank_lines if width == 1 else 0) - int(header)


class Scan:
    """Scans a file in chunks; the first line must be complete in the first chunk."""

    def __init__(self, delimiter: str, *, header: bool) -> None:
        self._delimiter = delimiter
        mark = re.escape(delimiter.encode())
        other = rb"[^%b\r\n\"]" % mark
        # A quote that is not at an end of a field. The pattern begins with a single character,
        # which is found at the speed of memchr.
        self._misplaced = re.compile(rb"\"(?:(?<=%b\")|(?=%b))" % (other, other))
        self._is_first, self._has_header = True, header
        self._again: HeaderAgain | None = None
        self._is_regular, self._is_quoted = True, False
        self._head = self._held = self._rest = b""
        self._records = self._blank_lines = self._delimiters = 0

    def feed(self, chunk: bytes) -> None:
        if not self._is_regular:
            return
        self._head = self._head or chunk[:HEAD]
        raw, self._held = _whole_lines(self._held + chunk)
        if raw:
            self._look_at(raw)
        if max(len(self._held), len(self._rest)) > LONGEST_LINE:
            self._is_regular = False

    def result(self) -> Scanned:
        """The result; call it once, after all chunks."""
        if self._is_regular:
            self._look_at(self._held)
            self._count(self._rest)
        is_regular = self._is_regular and not self._is_quoted
        names = self._again.names if is_regular and self._again else ()
        return Scanned(is_regular, self._records, self._blank_lines, self._delimiters, names)

    def _look_at(self, raw: bytes) -> None:
        start = 0
        if self._is_first:
            raw = raw.removeprefix(codecs.BOM_UTF8)
            self._is_first = False
            if self._has_header:
                if is_text(self._head, "utf-8"):
                    self._again = HeaderAgain.of(raw, self._delimiter)
                self._is_regular = self._again is not None
                start = self._again.length if self._again else 0
        text, self._rest = _whole_lines(self._rest + self._unquoted(raw))
        self._count(text)
        # A single byte is found at the speed of memchr.
        is_marked = codecs.BOM_UTF8[:1] in raw and codecs.BOM_UTF8 in raw
        if is_marked or (self._again and self._again.is_in(raw, start)):
            self._is_regular = False

    def _unquoted(self, raw: bytes) -> bytes:
        """The bytes with one quote in place of each quoted part that ends in them."""
        parts = raw.split(b'"')
        outside = parts[int(self._is_quoted) :: 2]
        text = b'"'.join(outside)
        if self._is_quoted and outside:
            text = b'"' + text
        self._is_quoted ^= len(parts) % 2 == 0
        return text

    def _count(self, text: bytes) -> None:
        """Count complete lines, or the last one."""
        if not text:
            return
        if _CR in text:
            # With a lone \r DuckDB may misjudge line ends, and lose a space after one.
            self._is_regular &= text.count(_CR) == text.count(b"\r\n")
            text = text.replace(b"\r\n", b"\n")
        if self._misplaced.search(text):
            self._is_regular = False
        characters = np.frombuffer(text, np.uint8)
        is_end = characters == ord("\n")
        blank = np.count_nonzero(is_end[:-1] & is_end[1:]) + int(is_end[0])
        lines = np.count_nonzero(is_end) + int(not is_end[-1])
        self._blank_lines += int(blank)
        self._records += int(lines - blank)
        self._delimiters += int(np.count_nonzero(characters == ord(self._delimiter)))


def _whole_lines(raw: bytes) -> tuple[bytes, bytes]:
    r"""Split after the last line end; a \r at the very end may be half of a line end."""
    end = max(raw.rfind(b"\n"), raw.rfind(b"\r", 0, max(len(raw) - 1, 0))) + 1
    return raw[:end], raw[end:]
