"""What the names of encodings mean, and the marks by which texts say theirs."""

from __future__ import annotations

import codecs

# Byte order marks, each with the encoding to declare, and the codecs that take it, first the one
# that reads it off; of two marks that begin alike the longer stands first.
MARKS = (
    (codecs.BOM_UTF8, "utf-8", ("utf-8-sig", "utf-8")),
    (codecs.BOM_UTF32_LE, "utf-32", ("utf-32", "utf-32-le")),
    (codecs.BOM_UTF32_BE, "utf-32", ("utf-32", "utf-32-be")),
    (codecs.BOM_UTF16_LE, "utf-16", ("utf-16", "utf-16-le")),
    (codecs.BOM_UTF16_BE, "utf-16", ("utf-16", "utf-16-be")),
)

# Encodings of Python that no text is delivered in.
_NO_CHARSETS = frozenset(
    ("idna", "mbcs", "oem", "palmos", "punycode", "raw-unicode-escape", "undefined",
     "unicode-escape")
)  # fmt: skip


def meant(encoding: str) -> str:
    """The encoding that is meant by a name that Python knows.

    What is called Latin-1 is Windows-1252: that has €, quotes and dashes where Latin-1 has
    control characters that nobody writes (https://encoding.spec.whatwg.org/#names-and-labels).
    """
    return "cp1252" if codecs.lookup(encoding).name == "iso8859-1" else encoding


def python_name(charset: str) -> str | None:
    """Python's name of the encoding of a text; None where there is none of that name."""
    try:
        found = codecs.lookup(charset)
        "a".encode(found.name)  # LookupError for what is no encoding of text
    except (LookupError, ValueError):
        return None
    if found.name.replace("_", "-") in _NO_CHARSETS:
        return None
    return "utf-8" if found.name == "ascii" else meant(found.name)  # of which it is a part
