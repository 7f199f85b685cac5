"""NDJSON, exactly as written (exact_json). Undeclared fields go into `_extra` the same way."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from storehouse.sources.declarations import Column, Landing
from storehouse.sources.exact_json import Record, landed, members, object_text
from storehouse.sources.files.delivery import (
    BadRow,
    BadRows,
    Layout,
    Rewritten,
    Spool,
    empty_file,
    is_decoded,
    refusing,
    shown,
)
from storehouse.sources.files.text_files import lines, open_text


def inspect(path: Path, landing: Landing, columns: tuple[Column, ...]) -> Layout:
    """The fields of its records, read until all required ones have been seen.

    Raises Refused for a file without lines: NDJSON has no way to say that there are no rows.
    """
    has_lines = False
    required = {column.header for column in columns if not column.optional}
    seen: dict[str, None] = {}
    with refusing(landing.encoding):
        for _, _, record in _records(path, landing.encoding):
            has_lines = True
            if isinstance(record, dict):
                seen.update(dict.fromkeys(record))
                if required <= seen.keys():
                    break
    if not has_lines:
        raise empty_file()
    return Layout(tuple(seen), is_plain=False, by_name=True)


def rewrite(path: Path, landing: Landing, columns: tuple[Column, ...], target: Path) -> Rewritten:
    """Write the good records to `target`, as a Spool: the columns, then `_extra`.

    Raises Refused if more records are bad than the declaration allows.
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
            extra = {name: raw for name, raw in record.items() if name not in declared}
            new_names.update(extra)
            values = [landed(record.get(column.header, "null")) for column in columns]
            spool.write([*values, object_text(extra) if extra else None])
            count += 1
    return Rewritten(count, bad_rows.accepted(), frozenset(new_names))


def _records(path: Path, encoding: str) -> Iterator[tuple[int, str, Record | str]]:
    """Line number, line, and its record or what is wrong with it. Blank lines are skipped."""
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
    """The members of a JSON object, each as its characters in the JSON.

    Raises ValueError for anything but one object, for a name given twice, and for text
    that Unicode does not allow.
    """
    record = members(text)
    for name, raw in record.items():
        if not (is_decoded(name) and is_decoded(landed(raw) or "")):
            raise ValueError(f"{name!r} holds half of a surrogate pair")
    return record
