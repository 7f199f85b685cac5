"""Opening a file as text: its byte-order mark, and files that are not text at all."""

from __future__ import annotations

import codecs
import io
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from storehouse.sources.declarations.encodings import MARKS
from storehouse.sources.files.delivery import LONGEST_LINE, Refused, open_bytes

# Codecs that need the mark to determine the byte order.
_READ_THE_MARK = ("utf-16", "utf-32")

_FORMATS = (
    (b"PK\x03\x04", "a zip file or a workbook"),
    (b"\x1f\x8b", "gzip, and its name or what is packed in it says otherwise"),
    (b"\x1f\x9d", "compressed with compress"),
    (b"BZh91AY&SY", "compressed with bzip2"),
    (b"\xfd7zXZ\x00", "compressed with xz"),
    (b"\x28\xb5\x2f\xfd", "compressed with zstd"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z file"),
    (b"Rar!\x1a\x07", "a rar file"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old workbook"),
    (b"PAR1", "Parquet"),
    (b"%PDF-", "a PDF"),
)
# A text may also begin with these, but then has no NUL soon after.
_WORDS = (b"PAR1", b"%PDF-")
HEAD = 4096


def open_text(path: Path, encoding: str, newline: str) -> TextIO:
    """The file's text without its byte-order mark.

    Invalid bytes become lone surrogates (see `is_decoded`). Raises Refused for a file whose first
    bytes show that it is something else.
    """
    stream = open_bytes(path)
    try:
        head = stream.read(HEAD)
        stream.seek(_length_of_mark(head, encoding))
    except BaseException:
        stream.close()
        raise
    return io.TextIOWrapper(stream, encoding=encoding, errors="surrogateescape", newline=newline)


def is_text(head: bytes, encoding: str) -> bool:
    """Whether `open_text` accepts a file whose first HEAD bytes these are."""
    try:
        _length_of_mark(head, encoding)
    except Refused:
        return False
    return True


def _length_of_mark(head: bytes, encoding: str) -> int:
    """How many bytes of the mark to skip. Raises Refused."""
    codec = codecs.lookup(encoding).name
    for mark, _, codecs_of_mark in MARKS:
        if head.startswith(mark) and codec in codecs_of_mark:
            return 0 if codec in _READ_THE_MARK else len(mark)
    for mark, name, _ in MARKS:
        if head.startswith(mark):
            raise Refused(
                f"it begins with the byte order mark of {name.upper()}, and {encoding} is declared",
                f"declare `encoding: {name}`, or have it delivered as declared",
            )
    for start, name in _FORMATS:
        if head.startswith(start) and (start not in _WORDS or b"\0" in head):
            raise Refused(
                f"it is {name}, and text is declared",
                "decompress it, or have it delivered as text or as gzip whose name ends in .gz",
            )
    if b"\0\0" in (head[:3:2], head[1:4:2]) and not codec.startswith(("utf-16", "utf-32")):
        raise Refused(
            "its first bytes are those of UTF-16 or UTF-32 without a byte order mark, and "
            f"{encoding} is declared",
            "declare the encoding it has (such as `encoding: utf-16-le`), or have it delivered "
            "as declared",
        )
    return 0


def lines(stream: TextIO) -> Iterator[str]:
    """Lines with their ends; raises Refused for one that is too long to be a row."""
    count = 0
    while line := stream.readline(LONGEST_LINE):
        count += 1
        if len(line) == LONGEST_LINE:
            raise Refused(
                f"line {count} is longer than {LONGEST_LINE:,} characters",
                "check that the file is what its declaration says",
            )
        yield line
