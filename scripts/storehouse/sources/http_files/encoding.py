"""Text that a server sends in another encoding than UTF-8, for tables that declare none."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from pathlib import Path

from storehouse.core.errors import SourceContractError
from storehouse.sources.files.delivery import CHUNK
from storehouse.sources.rest import charsets

_LONGEST_MARK = 4


def encoding_of(path: Path, content_type: str) -> str | None:
    """The encoding of a text if it is not UTF-8: a byte-order mark takes precedence.

    Raises SourceContractError for an unknown charset.
    """
    with path.open("rb") as stream:
        mark = charsets.marked(stream.read(_LONGEST_MARK))
    encoding = mark or charsets.charset(content_type)
    if encoding is None or encoding in ("utf-8", "utf-8-sig"):
        return None
    if charsets.looks_otherwise(path.read_bytes(), encoding):
        raise SourceContractError(
            f"its answer is {encoding} by the charset that it declares, and seems to be UTF-8; "
            "say by `encoding` at the table which it is"
        )
    return encoding


def recoded(path: Path, encoding: str) -> Iterator[bytes]:
    """A text as UTF-8; raises SourceContractError if it is not valid in `encoding`."""
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    try:
        with path.open("rb") as stream:
            while chunk := stream.read(CHUNK):
                yield decoder.decode(chunk).encode()
        yield decoder.decode(b"", final=True).encode()
    except UnicodeError as error:
        raise SourceContractError(
            f"what it sent is not {encoding}, which its byte-order mark or charset says "
            f"({charsets.place(error)}); declare the `encoding` it has at the table"
        ) from None
