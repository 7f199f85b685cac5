"""Text from outside in what people read: short, and unable to drive a terminal.

A file name, a header or a server's answer may hold anything: two megabytes, line ends that
look like our own messages, escapes that recolour a terminal, bytes that are not UTF-8.
"""

from __future__ import annotations

import re

# What a name or value may take of a message, and what a line of a message may take of a log.
SHOWN = 200
LONGEST = 2_000
_MOST_LINES = 500

# Controls, separators of lines, marks that turn the direction of text, and lone surrogates.
_BEYOND_ASCII = r"\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff"
_INVISIBLE = re.compile(rf"[\x00-\x1f{_BEYOND_ASCII}]")
_UNSAFE_IN_JSON = re.compile(f"[{_BEYOND_ASCII}]")
_NAMED = {"\n": r"\n", "\r": r"\r", "\t": r"\t"}
# A byte that is no text in its encoding, as Python keeps it in file names.
_BYTES = range(0xDC80, 0xDD00)


def visible(text: str) -> str:
    r"""`text` on one line, what can't be seen of it written as \n, \x1b, \u202e, \xe9."""
    return _INVISIBLE.sub(_escaped, text)


def brief(text: str, most: int = SHOWN) -> str:
    """`text` for a message: visible, and no more of it than `most` characters.

    What is left out lies within, since a file's name tells most at its end.
    """
    if len(text) <= most:
        return visible(text)
    end = most // 4
    return f"{visible(text[: most - end])}…{visible(text[-end:])} ({len(text):,} characters)"


def readable(message: str) -> str:
    """A whole message, whatever stands in it: its lines stay, each visible and not too long.

    What is readable stays as it is.
    """
    lines = message.split("\n")
    if len(lines) > _MOST_LINES:
        lines = [*lines[: _MOST_LINES - 1], f"… ({len(lines):,} lines)"]
    return "\n".join(map(_line, lines))


def safe_json(text: str) -> str:
    """A JSON document that says the same, and that a terminal may show."""
    return _UNSAFE_IN_JSON.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def _line(line: str) -> str:
    """What is cut lies in the middle: a message begins with its subject and ends in a remedy."""
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
