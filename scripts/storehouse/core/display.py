"""Text from outside in messages: shortened, and unable to control a terminal.

A file name, a header or a server's answer may hold anything: two megabytes, line ends that
look like our own messages, escapes that recolour a terminal, bytes that are not UTF-8.
"""

from __future__ import annotations

import re

# The most characters of a name or value in a message, and of a line of a message.
SHOWN = 200
LONGEST = 2_000
_MOST_LINES = 500

# Control characters, line separators, marks of text direction, and lone surrogates.
_BEYOND_ASCII = r"\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff"
_INVISIBLE = re.compile(rf"[\x00-\x1f{_BEYOND_ASCII}]")
_UNSAFE_IN_JSON = re.compile(f"[{_BEYOND_ASCII}]")
_NAMED = {"\n": r"\n", "\r": r"\r", "\t": r"\t"}
# An undecodable byte, as Python represents it in file names.
_BYTES = range(0xDC80, 0xDD00)


def visible(text: str) -> str:
    r"""`text` on one line, with invisible characters as \n, \x1b, \u202e, \xe9."""
    return _INVISIBLE.sub(_escaped, text)


def brief(text: str, most: int = SHOWN) -> str:
    """`text` for a message: visible, and at most `most` characters of it.

    It is cut in the middle, since the end of a file's name says most.
    """
    if len(text) <= most:
        return visible(text)
    end = most // 4
    return f"{visible(text[: most - end])}…{visible(text[-end:])} ({len(text):,} characters)"


def readable(message: str) -> str:
    """A whole message, whatever it contains: its lines are kept, each visible and not too long.

    A readable message is not changed.
    """
    lines = message.split("\n")
    if len(lines) > _MOST_LINES:
        lines = [*lines[: _MOST_LINES - 1], f"… ({len(lines):,} lines)"]
    return "\n".join(map(_line, lines))


def safe_json(text: str) -> str:
    """An equivalent JSON document that a terminal may show."""
    return _UNSAFE_IN_JSON.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def _line(line: str) -> str:
    """A line cut in the middle: a message begins with its subject and ends with a remedy."""
    ends = line if len(line) <= 2 * LONGEST else line[:LONGEST] + line[-LONGEST:]
    seen = visible(ends)
    if len(seen) <= LONGEST:
        return seen
    middle = f" … ({len(line):,} characters) … "
    begin = LONGEST * 3 // 4
    return seen[:begin] + middle + seen[begin + len(middle) - LONGEST :]


def _escaped(found: re.Match[str]) -> str:
    code = ord(found[0])
    if found[0] in _NAMED:
        return _NAMED[found[0]]
    if code in _BYTES:
        return f"\\x{code - 0xDC00:02x}"
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"  # noqa: PLR2004  one byte
