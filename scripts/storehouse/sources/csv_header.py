"""The header of a CSV, and rows that are the header again, as if files were joined."""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Self

MARK = "\ufeff"


def header_names(row: Sequence[str]) -> tuple[str, ...]:
    """The names in a header; before a quote a byte order mark makes both part of the text."""
    trimmed = map(str.strip, row)
    return tuple(
        name.lstrip(MARK).strip('"') if name.startswith(MARK) else name for name in trimmed
    )


def is_header_again(row: Sequence[str], names: Sequence[str]) -> bool:
    """Whether a row has all names of the header, in any order.

    In a file of one column a value may equal the header by chance, unless it is marked.
    """
    may_be = len(row) == len(names) > 0 and (len(row) > 1 or row[0].startswith(MARK))
    # The first field tells cheaply of most rows that they are none.
    return (
        may_be and header_names(row[:1])[0] in names and sorted(header_names(row)) == sorted(names)
    )


@dataclass(frozen=True)
class HeaderAgain:
    """Finds the header again in bytes. `length` is that of its line, without its end."""

    names: tuple[str, ...]
    length: int
    delimiter: str

    @classmethod
    def of(cls, raw: bytes, delimiter: str) -> Self | None:
        """By the beginning of a file; None where its header is not one plain line."""
        line = _line_at(raw, 0)
        row = _row(line, delimiter)
        longest = max(header_names(row), key=len, default="")
        return cls(header_names(row), len(line), delimiter) if longest else None

    @cached_property
    def _longest(self) -> bytes:
        return max(self.names, key=len).encode()

    @cached_property
    def _field(self) -> re.Pattern[bytes]:
        """The longest name as a field, which few rows hold."""
        name = re.escape(self._longest)
        beside = rb"[%b\s\"\xbf]" % re.escape(self.delimiter.encode())
        return re.compile(rb"%b(?<=%b%b)(?=%b|$)" % (name, beside, name, beside))

    def is_in(self, raw: bytes) -> bool:
        """Whether a line of `raw` is the header."""
        if len(self.names) == 1 or self._longest not in raw:
            return False
        lines = b"\n" + raw
        return any(self._is_at(lines, hit.start()) for hit in self._field.finditer(lines))

    def _is_at(self, lines: bytes, position: int) -> bool:
        start = max(lines.rfind(b"\n", 0, position), lines.rfind(b"\r", 0, position)) + 1
        return is_header_again(_row(_line_at(lines, start), self.delimiter), self.names)


_LINE = re.compile(rb"[^\r\n]*")


def _line_at(raw: bytes, start: int) -> bytes:
    found = _LINE.match(raw, start)
    return found.group() if found else b""


def _row(line: bytes, delimiter: str) -> list[str]:
    """The fields of a line; none where it can't be a row of its own."""
    try:
        return next(csv.reader([line.decode()], delimiter=delimiter, strict=True), [])
    except (csv.Error, UnicodeError):
        return []
