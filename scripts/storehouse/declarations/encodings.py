"""What the names of encodings mean."""

from __future__ import annotations

import codecs

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
