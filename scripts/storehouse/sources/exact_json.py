"""JSON exactly as written: DuckDB's reader and Python's floats would turn 1.10 into 1.1.

A value is the characters that stand for it and the text that lands: of a string its
text, of null None, of everything else (numbers, true, nested values) the characters.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import NoReturn

from storehouse.sources.delivery import is_decoded

# (characters, text to land)
Value = tuple[str, str | None]
Record = dict[str, Value]


def value(text: str) -> Value:
    """The one value that `text` is. Raises ValueError or RecursionError for anything else."""
    found, position = _value(text, _skip(text, 0))
    _at_end(text, position)
    return found


def members(text: str) -> Record:
    """The members of a JSON object.

    Raises ValueError for anything but one object, and for a name given twice.
    """
    record: Record = {}
    position = _expect("{", text, 0)
    if text[position : position + 1] == "}":
        _at_end(text, position + 1)
        return record
    while True:
        simple = _SIMPLE_MEMBER.match(text, position)
        if simple:
            name, raw, string, comma = simple.groups()
            found = (raw, None if raw == "null" else raw if string is None else string)
            position = simple.end()
        else:
            name, position = _DECODER.raw_decode(text, _at('"', text, position))
            found, position = _value(text, _expect(":", text, position))
            position, comma = _skip(text, position), None
        if name in record:
            raise ValueError(f"{name!r} is given twice")
        record[name] = found
        if comma:
            continue
        if text[position : position + 1] == "}":
            _at_end(text, position + 1)
            return record
        position = _expect(",", text, position)


def elements(text: str) -> list[Value]:
    """The elements of a JSON array. Raises ValueError for anything but one array."""
    listed: list[Value] = []
    position = _expect("[", text, 0)
    if text[position : position + 1] == "]":
        _at_end(text, position + 1)
        return listed
    while True:
        found, position = _value(text, position)
        listed.append(found)
        position = _skip(text, position)
        if text[position : position + 1] == "]":
            _at_end(text, position + 1)
            return listed
        position = _expect(",", text, position)


def object_text(fields: Mapping[str, str]) -> str:
    """A JSON object of members whose characters are given."""
    listed = (f"{json.dumps(name, ensure_ascii=False)}:{raw}" for name, raw in fields.items())
    return "{" + ",".join(listed) + "}"


def mended(text: str) -> str:
    """The text with U+FFFD for each half of a surrogate pair, which no database takes."""
    if is_decoded(text):
        return text
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


_DECODER = json.JSONDecoder(parse_float=str, parse_int=str, parse_constant=_no_constant)
_SPACE = re.compile(r"[ \t\r\n]*")
# A member that needs no decoder: no escapes, nothing nested. Most are; it is for speed.
_SIMPLE_MEMBER = re.compile(
    r""""([^"\\\x00-\x1f]*)"[ \t\r\n]*:[ \t\r\n]*"""
    r"""("([^"\\\x00-\x1f]*)"|true|false|null|"""
    r"""-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)"""
    r"""[ \t\r\n]*(?:(,)[ \t\r\n]*|(?=}))"""
)


def _value(text: str, start: int) -> tuple[Value, int]:
    decoded, position = _DECODER.raw_decode(text, start)
    raw = text[start:position]
    return (raw, decoded if raw[0] == '"' else None if raw == "null" else raw), position


def _skip(text: str, position: int) -> int:
    if text[position : position + 1] not in _SPACES:
        return position
    match = _SPACE.match(text, position)
    return match.end() if match else position


_SPACES = frozenset(" \t\r\n")


def _at(character: str, text: str, position: int) -> int:
    position = _skip(text, position)
    if text[position : position + 1] != character:
        raise ValueError(f"{character} expected at character {position + 1}")
    return position


def _expect(character: str, text: str, position: int) -> int:
    return _skip(text, _at(character, text, position) + 1)


def _at_end(text: str, position: int) -> None:
    if _skip(text, position) != len(text):
        raise ValueError(f"more than one value, from character {position + 1}")
