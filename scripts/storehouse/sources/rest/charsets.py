"""The text of an answer: by its byte-order mark, else the charset it declares, else UTF-8."""

from __future__ import annotations

import json
import re

from storehouse.core.errors import SourceContractError
from storehouse.sources.declarations.encodings import MARKS, python_name

_CHARSET = re.compile(r""";\s*charset\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s;,"]*))""", re.IGNORECASE)
# Often declared by default, whatever the content: every byte is a character in them.
_DEFAULTS = ("iso8859-15", "cp1252")
_REMEDY = "say by `charset` at the source, or by `encoding` at a table of files, which it is"


class Undecodable(ValueError):
    """Bytes are not valid text in the encoding that they should have."""


def charset(content_type: str) -> str | None:
    """Python's name of the charset that an answer declares; None if it declares none.

    Raises SourceContractError for an unknown charset and for two that contradict each other.
    """
    named = {"".join(found).strip() for found in _CHARSET.findall(content_type)} - {""}
    known = {_known(one) for one in named}
    if len(known) > 1:
        raise SourceContractError(
            f"its answer declares the charsets {' and '.join(sorted(named))}; {_REMEDY}"
        )
    return known.pop() if known else None


def _known(name: str) -> str:
    found = python_name(name)
    if found is None:
        raise SourceContractError(
            f"its answer declares the charset {name!r}, which is not known; {_REMEDY}"
        )
    return found


def marked(start: bytes) -> str | None:
    """The encoding that a byte-order mark at the start indicates."""
    return next((readers[0] for mark, _, readers in MARKS if start.startswith(mark)), None)


def looks_otherwise(content: bytes, encoding: str) -> bool:
    """Whether content that is declared as `encoding` seems to be UTF-8."""
    if encoding not in _DEFAULTS or content.isascii():
        return False
    try:
        content.decode()
    except UnicodeDecodeError:
        return False
    return True


def json_text(content: bytes, content_type: str, known: str | None = None) -> str:
    """The text of a JSON answer; `known` overrides the declared charset.

    JSON begins with ASCII, so UTF-16 and UTF-32 are detected without a mark too. No character is
    replaced: raises Undecodable for invalid bytes, and SourceContractError for a charset that is
    unknown or that contradicts the bytes.
    """
    detected = json.detect_encoding(content)
    declared = known or charset(content_type)
    encoding = detected if detected != "utf-8" else declared or detected
    if not known and looks_otherwise(content, encoding):
        raise SourceContractError(
            f"its answer is {encoding} by the charset that it declares, and seems to be UTF-8; "
            "say by `charset` at the source which it is"
        )
    try:
        return content.decode(encoding)
    except UnicodeError as error:
        how = "as it declares" if encoding == declared else "and declares no charset"
        raise Undecodable(
            f"its answer is not {encoding}, {how} ({place(error)}); have it sent as UTF-8, or "
            "with the charset it has"
        ) from None


def place(error: UnicodeError) -> str:
    """Where a text is not valid in its encoding, and why."""
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
