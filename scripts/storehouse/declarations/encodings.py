"""What the names of encodings mean."""

from __future__ import annotations

import codecs


def meant(encoding: str) -> str:
    """The encoding that is meant by a name that Python knows.

    What is called Latin-1 is Windows-1252: that has €, quotes and dashes where Latin-1 has
    control characters that nobody writes (https://encoding.spec.whatwg.org/#names-and-labels).
    """
    return "cp1252" if codecs.lookup(encoding).name == "iso8859-1" else encoding
