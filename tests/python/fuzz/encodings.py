"""Feeds SQLite with bytes as texts and as BLOBs, in databases of UTF-8 and UTF-16.

    python tests/python/fuzz/encodings.py -runs=N [-seed=N] [-max_total_time=SECONDS]
    python tests/python/fuzz/encodings.py var/crash-…   (tries again what failed)

The first byte says which encoding and what the table is; the others are values, divided by a
unit separator. What Python can decode lands as Python reads it, and nothing else does: the
table is then refused with the column and the key of the first row, in the order of keys, that
has a value which is no text.
"""

from __future__ import annotations

import itertools
import sqlite3
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import atheris  # type: ignore[import-untyped]

sys.path.insert(0, str(Path(__file__).parents[1]))

from fuzz.driver import main

with atheris.instrument_imports(include=["storehouse.sources.database"]):
    from loaders.database.live import LiveShop
    from loaders.database.streams import Landing, table_of
    from loaders.project import Project
    from storehouse.core.errors import SourceContractError

_WHOLE_LOADS = 2000  # one of so many inputs is landed in a warehouse
_ENCODINGS = {"UTF-8": "utf-8", "UTF-16le": "utf-16-le", "UTF-16be": "utf-16-be"}
_TYPES = ["text", "varchar(3)", "blob", ""]
_WIDTH = 2
# Which values are BLOBs: none, some, all but keys, and keys as well.
_BLOBS = [range(0), range(3, 1000, 4), range(1, 1000, 2), range(2, 1000, 3)]


@dataclass(frozen=True)
class Database:
    """A file of one encoding."""

    path: Path
    encoding: str
    con: sqlite3.Connection


class Encodings:
    """Tries inputs on files in `folder`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._numbers = itertools.count()
        self._databases = []
        for name, encoding in _ENCODINGS.items():
            path = folder / f"{name}.db"
            con = sqlite3.connect(path, isolation_level=None)
            con.execute(f"pragma encoding = '{name}'")
            con.execute("pragma synchronous = off")
            con.execute("pragma journal_mode = memory")
            self._databases.append(Database(path, encoding, con))

    def try_out(self, data: bytes) -> None:
        if not data:
            return
        number = next(self._numbers)
        rest, of_encoding = divmod(data[0], len(self._databases))
        blobs, of_type = divmod(rest, len(_TYPES))
        database = self._databases[of_encoding]
        kind = _TYPES[of_type]
        values = data[1:].split(b"\x1f")
        is_blob = [at in _BLOBS[blobs % len(_BLOBS)] for at in range(len(values))]
        rows = _fill(database, kind, values, is_blob)
        bad = _first_bad(database.encoding, kind, rows)
        landing = Landing(database.path, table_of(["id", "v"]))
        try:
            refused = landing.load()
        except SourceContractError as error:
            refused = [str(error)]
        if bad is None:
            expected = _expected(database.encoding, rows)
            assert refused == [], (refused, rows)
            assert landing.rows == expected, (landing.rows, expected)
            if number % _WHOLE_LOADS == 0:
                self._land(number, database, expected)
        else:
            (message,) = refused
            key, column = bad
            assert f"s.t: a value of column {column} of t, in the row with id={key}" in message, (
                message,
                bad,
            )
            assert landing.rows == {}

    def _land(
        self, number: int, database: Database, expected: dict[str, tuple[str | None, ...]]
    ) -> None:
        shop = LiveShop(Project(self._folder / str(number)), f"sqlite:///{database.path}")
        shop.declare("t", ["id", "v"], key="id")
        try:
            shop.load()
        except SourceContractError as error:
            raise AssertionError(expected) from error
        assert {row[0]: row for row in shop.current("t", "id")} == expected


Row = tuple[bytes, bool, bytes, bool]  # key and value, and whether they are BLOBs


def _fill(
    database: Database, kind: str, values: Sequence[bytes], is_blob: Sequence[bool]
) -> list[Row]:
    """A table of pairs of values; its rows in the order of keys, each key once."""
    con = database.con
    con.execute("drop table if exists t")
    con.execute(f"create table t (id text primary key, v {kind})")
    rows: dict[tuple[bytes, bool], Row] = {}
    for at in range(0, len(values) - 1, _WIDTH):
        row = (values[at], is_blob[at], values[at + 1], is_blob[at + 1])
        if row[:2] in rows:
            continue
        rows[row[:2]] = row
        # A literal, since SQLite reads parameters as UTF-8.
        literals = [f"x'{value.hex()}'" for value in (row[0], row[2])]
        texts = [
            one if blob else f"cast({one} as text)"
            for one, blob in zip(literals, (row[1], row[3]), strict=True)
        ]
        con.execute(f"insert or ignore into t values ({', '.join(texts)})")
    # What SQLite has: of UTF-16 it keeps whole characters only.
    found = con.execute(
        "select cast(id as blob), typeof(id) = 'blob', cast(v as blob), typeof(v) = 'blob' from t"
        " order by id"
    )
    return [(key, bool(key_blob), value, bool(blob)) for key, key_blob, value, blob in found]


def _first_bad(encoding: str, kind: str, rows: Sequence[Row]) -> tuple[str, str] | None:
    """The key, as a message shows it, and the column of the first value that can't land."""
    takes_blobs = kind in ("blob", "")
    classes = {blob for _, _, _, blob in rows}
    for key, key_blob, value, blob in rows:
        good_key = not key_blob and _text(key, encoding) is not None
        good = takes_blobs if blob else _text(value, encoding) is not None
        if not good_key or not good:
            shown = "bytes " if not good_key else _shown(repr(_text(key, encoding)))
            return shown, "v" if good_key else "id"
    if takes_blobs and len(classes) > 1:
        first = rows[0][3]
        key = next(key for key, _, _, blob in rows if blob is not first)
        return repr(_text(key, encoding)), "v"
    return None


def _shown(text: str) -> str:
    """How it begins in a message, which leaves out the middle of what is long."""
    return text if len(text) <= 40 else text[:30]


def _expected(encoding: str, rows: Sequence[Row]) -> dict[str, tuple[str | None, ...]]:
    landed: dict[str, tuple[str | None, ...]] = {}
    for key, _, value, blob in rows:
        name = str(_text(key, encoding))
        landed[name] = (name, value.hex().upper() if blob else _text(value, encoding))
    return landed


def _text(value: bytes, encoding: str) -> str | None:
    try:
        return value.decode(encoding)
    except UnicodeDecodeError:
        return None


_EXAMPLES = [
    bytes([number]) + values
    for number in range(len(_BLOBS) * len(_ENCODINGS) * len(_TYPES))
    for values in (
        b"1\x1fMalm\xf6\x1f2\x1f\xc3\xb6\x1f3\x1f\xed\xa0\x80",
        b"11\x1f\x00\xd8\x1f22\x1f\xd8\x00\x1f33\x1f\x3d\xd8\x00\xde",
        b"a\0\x1fx\0y\0\x1f\0b\x1f\0\xe9",
        b"\xf0\x9f\x98\x80\x1f\x1f\x1fx",
    )
]


if __name__ == "__main__":
    main(
        lambda folder: Encodings(folder).try_out,
        _EXAMPLES,
        [
            b"\x1f",
            b"\xed\xa0\x80",
            b"\xd8\x00",
            b"\xf4\x90\x80\x80",
            b"\xc3\xb6",
            b"\0",
            b"\xff\xfe",
        ],
    )
