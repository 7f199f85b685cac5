"""The header of a CSV, and rows that repeat it, as in joined files."""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Self

MARK = "\ufeff"
# From this many columns on, a row of all names in another order is no coincidence.
_MAY_BE_REORDERED = 3


def header_names(row: Sequence[str]) -> tuple[str, ...]:
    """The names in a header; a byte-order mark before a quote makes both part of the text."""
    trimmed = map(str.strip, row)
    return tuple(
        name.lstrip(MARK).strip('"') if name.startswith(MARK) else name for name in trimmed
    )


def is_header_again(row: Sequence[str], names: Sequence[str]) -> bool:
    """Whether a row has all names of the header.

    A value may equal a name by chance: in a file of one column the name without a byte-order mark
    is a row, and in a file of two columns so are both names in the other order.
    """
    may_be = len(row) == len(names) > 0 and (len(row) > 1 or row[0].startswith(MARK))
    # The first field is a cheap test that rules out most rows.
    if not may_be or header_names(row[:1])[0] not in names:
        return False
    found = header_names(row)
    return found == tuple(names) or (
        len(row) >= _MAY_BE_REORDERED and sorted(found) == sorted(names)
    )


@dataclass(frozen=True)
class HeaderAgain:
    """Finds a repeated header in bytes. `length` is that of its line, without its end."""

    names: tuple[str, ...]
    length: int
    delimiter: str

    @classmethod
    def of(cls, raw: bytes, delimiter: str) -> Self | None:
        """From the beginning of a file; None if its header is not one plain line."""
        line = _line_at(raw, 0)
        names = header_names(_row(line, delimiter))
        # A quote is doubled in the file, so a name with a quote can't be found by its bytes.
        is_plain = any(names) and not any('"' in name for name in names)
        return cls(names, len(line), delimiter) if is_plain else None

    @cached_property
    def _longest(self) -> bytes:
        return max(self.names, key=len).encode()

    @cached_property
    def _field(self) -> re.Pattern[bytes]:
        """The longest name as a field, which few rows contain."""
        name = re.escape(self._longest)
        beside = rb"[%b\s\"\xbf]" % re.escape(self.delimiter.encode())
        return re.compile(rb"%b(?<=%b%b)(?=%b|$)" % (name, beside, name, beside))

    @cached_property
    def _encoded(self) -> tuple[bytes, ...]:
        return tuple(name.encode() for name in self.names)

    def is_in(self, raw: bytes, start: int = 0) -> bool:
        """Whether a line of `raw` from `start` on is the header. Checks each line once."""
        if len(self.names) == 1 or raw.find(self._longest, start) < 0:
            return False
        lines, seen = b"\n" + raw[start:], 0
        while hit := self._field.search(lines, seen):
            newline = lines.rfind(b"\n", seen, hit.start())
            begin = max(newline, lines.rfind(b"\r", max(newline, seen), hit.start())) + 1
            line = _line_at(lines, begin)
            # Cheaper than reading the fields of each line that has the longest name.
            is_likely = all(name in line for name in self._encoded)
            if is_likely and is_header_again(_row(line, self.delimiter), self.names):
                return True
            seen = begin + len(line)
        return False


_LINE = re.compile(rb"[^\r\n]*")


def _line_at(raw: bytes, start: int) -> bytes:
    found = _LINE.match(raw, start)
    return found.group() if found else b""


def _row(line: bytes, delimiter: str) -> list[str]:
    """The fields of a line; none if it can't be a row by itself."""
    try:
        return next(csv.reader([line.decode()], delimiter=delimiter, strict=True), [])
    except (csv.Error, UnicodeError):
        return []
