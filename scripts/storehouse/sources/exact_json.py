"""JSON exactly as written: DuckDB's reader and Python's floats would turn 1.10 into 1.1.

A value is kept as its characters in the JSON; `landed` returns the text that lands.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import NoReturn, cast

SPACES = " \t\r\n"
_ANY_SPACE = frozenset(SPACES)

# The characters of each member, by name.
Record = dict[str, str]


def landed(raw: str) -> str | None:
    """The text of a string; None for null; the characters of any other value."""
    if raw[0] == '"':
        return raw[1:-1] if "\\" not in raw else cast(str, _DECODER.decode(raw))
    return None if raw == "null" else raw


def value(text: str) -> str:
    """The single value in `text`. Raises ValueError or RecursionError for anything else."""
    start = _skip(text, 0)
    end = _end(text, start)
    _at_end(text, end)
    return text[start:end]


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
            name, raw, comma = simple.groups()
            position = simple.end()
        else:
            name, position = _DECODER.raw_decode(text, _at('"', text, position))
            start = _expect(":", text, position)
            end = _end(text, start)
            raw, position, comma = text[start:end], _skip(text, end), None
        if name in record:
            raise ValueError(f"{name!r} is given twice")
        record[name] = raw
        if comma:
            continue
        if text[position : position + 1] == "}":
            _at_end(text, position + 1)
            return record
        position = _expect(",", text, position)


class Alike:
    """A fast reader of arrays whose objects mostly have the same members in the same order.

    The common members are matched by one pattern up to the first nested value, by another from
    there to the next, and so on. An object that differs is read member by member and becomes the
    new model.
    """

    def __init__(self) -> None:
        self._runs: Sequence[_Run] = ()

    def elements(self, text: str) -> Iterator[tuple[str, Record | None]]:
        """The elements of an array, with the members of those that are objects.

        Raises ValueError for anything but one array, and for a name given twice.
        """
        position = _expect("[", text, 0)
        if text[position : position + 1] == "]":
            _at_end(text, position + 1)
            return
        while True:
            record, end = self._read(text, position)
            yield text[position:end], record
            position = _skip(text, end)
            if text[position : position + 1] == "]":
                _at_end(text, position + 1)
                return
            position = _expect(",", text, position)

    def _read(self, text: str, start: int) -> tuple[Record | None, int]:
        """The members of the value at `start` (None if it is not an object), and its end."""
        record: Record = {}
        position = start
        for pattern, names, nested in self._runs:
            match = pattern.match(text, position)
            if match is None:
                break
            position = match.end()
            if names:
                record.update(zip(names, match.groups(), strict=True))
            if nested is None:
                return record, position
            end = _end(text, position)
            record[nested] = text[position:end]
            position = end
        end = _end(text, start)
        if text[start] != "{":
            return None, end
        record = members(text[start:end])
        self._runs = _runs(record)
        return record, end


# A pattern with a group for each of the members named, and the nested member that follows it.
_Run = tuple[re.Pattern[str], tuple[str, ...], str | None]


def _runs(record: Record) -> list[_Run]:
    """The patterns that read objects with the members of `record`."""
    runs: list[_Run] = []
    names: list[str] = []
    pattern = r"\{"
    comma = ""
    for name, raw in record.items():
        written = re.escape(json.dumps(name, ensure_ascii=False))
        pattern += f"{_GAP}{comma}{_GAP}{written}{_GAP}:{_GAP}"
        comma = ","
        if raw[0] in "{[":
            runs.append((re.compile(pattern), tuple(names), name))
            names, pattern = [], ""
        else:
            names.append(name)
            pattern += f"({_SIMPLE})"
    runs.append((re.compile(pattern + _GAP + r"\}"), tuple(names), None))
    return runs


def elements(text: str) -> list[str]:
    """The elements of a JSON array. Raises ValueError for anything but one array."""
    listed: list[str] = []
    position = _expect("[", text, 0)
    if text[position : position + 1] == "]":
        _at_end(text, position + 1)
        return listed
    while True:
        end = _end(text, position)
        listed.append(text[position:end])
        position = _skip(text, end)
        if text[position : position + 1] == "]":
            _at_end(text, position + 1)
            return listed
        position = _expect(",", text, position)


def object_text(fields: Mapping[str, str]) -> str:
    """A JSON object from the characters of its members."""
    listed = (f"{json.dumps(name, ensure_ascii=False)}:{raw}" for name, raw in fields.items())
    return "{" + ",".join(listed) + "}"


def storable(text: str) -> str:
    r"""The text with escapes such as \ud83d for lone surrogates, which no database accepts."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


_DECODER = json.JSONDecoder(parse_float=str, parse_int=str, parse_constant=_no_constant)
_SPACE = re.compile(r"[ \t\r\n]*")
# Only JSON's own escapes; the string's body is written so that no text backtracks for long.
_GAP = r"[ \t\r\n]*"
_SIMPLE = (
    r'"[^"\\\x00-\x1f]*(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[^"\\\x00-\x1f]*)*"|true|false|null|'
    r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?"
)
# A member that needs no decoder: not nested, and no escapes in its name. For speed.
_SIMPLE_MEMBER = re.compile(
    rf'"([^"\\\x00-\x1f]*)"{_GAP}:{_GAP}({_SIMPLE}){_GAP}(?:(,){_GAP}|(?=}}))'
)


def _end(text: str, start: int) -> int:
    """Where the value that begins at `start` ends."""
    return _DECODER.raw_decode(text, start)[1]


def _skip(text: str, position: int) -> int:
    if text[position : position + 1] not in _ANY_SPACE:
        return position
    match = _SPACE.match(text, position)
    return match.end() if match else position


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
