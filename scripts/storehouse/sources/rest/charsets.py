"""The text of an answer: by its byte-order mark, else the charset it declares, else UTF-8."""

from __future__ import annotations

import codecs
import json
import re

from storehouse.errors import SourceContractError
from storehouse.sources.rest.retries import WorthARetry

_CHARSET = re.compile(r""";\s*charset\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s;,"]*))""", re.IGNORECASE)
# Encodings of Python that no charset is named after.
_NO_CHARSETS = frozenset(
    ("idna", "mbcs", "oem", "palmos", "punycode", "raw-unicode-escape", "undefined",
     "unicode-escape")
)  # fmt: skip
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
    (codecs.BOM_UTF8, "utf-8-sig"),
)


def charset(content_type: str) -> str | None:
    """Python's name of the charset that an answer declares; None where it declares none.

    Raises SourceContractError for one that is not known, and for two that contradict.
    """
    named = {"".join(found).strip() for found in _CHARSET.findall(content_type)} - {""}
    known = {_known(one) for one in named}
    if len(known) > 1:
        raise SourceContractError(
            f"its answer declares the charsets {' and '.join(sorted(named))}; have it declare one"
        )
    return known.pop() if known else None


def _known(name: str) -> str:
    try:
        found = codecs.lookup(name)
        "a".encode(found.name)  # LookupError for what is no encoding of text
    except (LookupError, ValueError):
        found = None
    if found is None or found.name.replace("_", "-") in _NO_CHARSETS:
        raise SourceContractError(
            f"its answer declares the charset {name!r}, which is not known; have it sent as UTF-8"
        )
    return "utf-8" if found.name == "ascii" else found.name  # of which it is a part


def marked(start: bytes) -> str | None:
    """The encoding that a byte-order mark at the start of a content tells."""
    return next((encoding for mark, encoding in _MARKS if start.startswith(mark)), None)


def json_text(content: bytes, content_type: str) -> str:
    """The text of a JSON answer. No character is replaced: raises WorthARetry, SourceContractError.

    JSON begins with ASCII, so UTF-16 and UTF-32 show without a mark too.
    """
    detected = json.detect_encoding(content)
    declared = charset(content_type)
    encoding = detected if detected != "utf-8" else declared or detected
    try:
        return content.decode(encoding)
    except UnicodeError as error:
        said = "as it declares" if encoding == declared else "and declares no charset"
        raise WorthARetry(
            f"its answer is not {encoding}, {said} ({place(error)}); have it sent as UTF-8, or "
            "with the charset it has"
        ) from None


def place(error: UnicodeError) -> str:
    """Where a text is not in its encoding, and why."""
    if isinstance(error, UnicodeDecodeError):
        return f"byte 0x{error.object[error.start]:02x} at position {error.start}: {error.reason}"
    return str(error)


def shown(content: bytes, content_type: str) -> str:
    """The text of an error, for people: what can't be decoded appears as U+FFFD."""
    try:
        encoding = marked(content) or charset(content_type) or "utf-8"
        return content.decode(encoding, "replace")
    except (SourceContractError, UnicodeError):
        return content.decode("utf-8", "replace")
