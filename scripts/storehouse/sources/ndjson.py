"""NDJSON, exactly as written: DuckDB's reader and Python's floats would turn 1.10 into 1.1.

A string lands as its text, null as null, everything else (numbers, true, nested values)
as the characters that stand in the file. Undeclared fields go into `_extra` the same way.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

from storehouse.declarations import Column, Landing
from storehouse.sources.delivery import (
    BadRow,
    BadRows,
    Layout,
    Rewritten,
    Spool,
    is_decoded,
    lines,
    open_text,
    refusing,
    shown,
)

# name → (characters in the file, text to land)
Record = dict[str, tuple[str, str | None]]


def inspect(path: Path, landing: Landing, columns: tuple[Column, ...]) -> Layout:
    """The fields that its records have, as far as needed to know whether one is missing."""
    wanted = {column.header for column in columns if not column.optional}
    seen: dict[str, None] = {}
    with refusing(landing.encoding):
        for _, _, record in _records(path, landing.encoding):
            if isinstance(record, dict):
                seen.update(dict.fromkeys(record))
                if wanted <= seen.keys():
                    break
    return Layout(tuple(seen), is_plain=False, by_name=True)


def rewrite(path: Path, landing: Landing, columns: tuple[Column, ...], target: Path) -> Rewritten:
    """Write the good records to `target`, as a Spool: the columns, then `_extra`.

    Raises Refused where more records are bad than the declaration allows.
    """
    bad_rows = BadRows(landing.max_rejected_rows)
    declared = {column.header for column in columns}
    new_names: set[str] = set()
    count = 0
    with Spool(target) as spool, refusing(landing.encoding):
        for number, text, record in _records(path, landing.encoding):
            if isinstance(record, str):
                bad_rows.add(BadRow(number, record, shown(text, landing.encoding)))
                continue
            extra = {name: raw for name, (raw, _) in record.items() if name not in declared}
            new_names.update(extra)
            values = [record.get(column.header, ("", None))[1] for column in columns]
            spool.write([*values, _object(extra) if extra else None])
            count += 1
    return Rewritten(count, bad_rows.accepted(), frozenset(new_names))


def _object(fields: dict[str, str]) -> str:
    members = (f"{json.dumps(name, ensure_ascii=False)}:{raw}" for name, raw in fields.items())
    return "{" + ",".join(members) + "}"


def _records(path: Path, encoding: str) -> Iterator[tuple[int, str, Record | str]]:
    """Line number, line, and its record or what is wrong with it. Blank lines are none."""
    with open_text(path, encoding, newline="\n") as stream:
        for number, line in enumerate(lines(stream), start=1):
            text = line.strip()
            if not text:
                continue
            if not is_decoded(text):
                yield number, text, f"not valid {encoding}"
                continue
            try:
                yield number, text, parse(text)
            except (ValueError, RecursionError) as error:
                yield number, text, f"not a JSON object: {error}"


def parse(text: str) -> Record:
    """The members of a JSON object, each with the characters that stand for it.

    Raises ValueError for anything but one object, for a name given twice, and for text
    that Unicode does not allow.
    """
    record: Record = {}
    position = _expect("{", text, 0)
    if text[position : position + 1] == "}":
        return _end(record, text, position + 1)
    while True:
        name, position = _DECODER.raw_decode(text, _at('"', text, position))
        start = _expect(":", text, position)
        value, position = _DECODER.raw_decode(text, start)
        if name in record:
            raise ValueError(f"{name!r} is given twice")
        raw = text[start:position]
        landed = value if raw.startswith('"') else None if raw == "null" else raw
        record[name] = (raw, landed)
        position = _skip(text, position)
        if text[position : position + 1] == "}":
            return _end(record, text, position + 1)
        position = _expect(",", text, position)


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


_DECODER = json.JSONDecoder(parse_float=str, parse_int=str, parse_constant=_no_constant)
_SPACE = re.compile(r"[ \t\r\n]*")


def _skip(text: str, position: int) -> int:
    match = _SPACE.match(text, position)
    return match.end() if match else position


def _at(character: str, text: str, position: int) -> int:
    position = _skip(text, position)
    if text[position : position + 1] != character:
        raise ValueError(f"{character} expected at character {position + 1}")
    return position


def _expect(character: str, text: str, position: int) -> int:
    return _skip(text, _at(character, text, position) + 1)


def _end(record: Record, text: str, position: int) -> Record:
    if _skip(text, position) != len(text):
        raise ValueError(f"more than one value, from character {position + 1}")
    for name, (_, landed) in record.items():
        if not (is_decoded(name) and (landed is None or is_decoded(landed))):
            raise ValueError(f"{name!r} holds half of a surrogate pair")
    return record
