"""The names of encodings, and byte-order marks."""

from __future__ import annotations

import codecs

# Byte-order marks, each with the encoding to declare and the codecs that accept it, first the one
# that strips it; of two marks that begin alike the longer comes first.
MARKS = (
    (codecs.BOM_UTF8, "utf-8", ("utf-8-sig", "utf-8")),
    (codecs.BOM_UTF32_LE, "utf-32", ("utf-32", "utf-32-le")),
    (codecs.BOM_UTF32_BE, "utf-32", ("utf-32", "utf-32-be")),
    (codecs.BOM_UTF16_LE, "utf-16", ("utf-16", "utf-16-le")),
    (codecs.BOM_UTF16_BE, "utf-16", ("utf-16", "utf-16-be")),
)

# Python's encodings that are not used for delivered text.
_NO_CHARSETS = frozenset(
    ("idna", "mbcs", "oem", "palmos", "punycode", "raw-unicode-escape", "undefined",
     "unicode-escape")
)  # fmt: skip


def meant(encoding: str) -> str:
    """The encoding that is meant by a name that Python knows.

    Latin-1 means Windows-1252, which has €, quotes and dashes in place of control characters that
    nobody uses (https://encoding.spec.whatwg.org/#names-and-labels).
    """
    return "cp1252" if codecs.lookup(encoding).name == "iso8859-1" else encoding


def python_name(charset: str) -> str | None:
    """Python's name of a text encoding; None if there is none of that name."""
    try:
        found = codecs.lookup(charset)
        "a".encode(found.name)  # LookupError if it is not a text encoding
    except (LookupError, ValueError):
        return None
    if found.name.replace("_", "-") in _NO_CHARSETS:
        return None
    return "utf-8" if found.name == "ascii" else meant(found.name)  # ASCII is part of UTF-8
