"""Dead letters in the SQLite file of an event log; the caller has the lock of its connection."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from hashlib import sha256

from storehouse.log.event_log import READ_BYTES
from storehouse.log.events import DeadLetter

SCHEMA = """
create table if not exists dead_letters (
    number integer primary key autoincrement,
    source text not null,
    id text not null,
    reason text not null,
    received_at text not null,
    body text not null,
    sha256 text not null,
    headers text not null default '{}',
    unique (source, id, sha256)
) strict
"""
_COLUMNS = "number, source, id, reason, received_at, body, headers"


def bury(con: sqlite3.Connection, letters: Sequence[DeadLetter]) -> None:
    con.executemany(
        "insert or ignore into dead_letters "
        "(source, id, reason, received_at, body, sha256, headers) values (?, ?, ?, ?, ?, ?, ?)",
        [
            (
                one.source,
                one.id,
                one.reason,
                one.received_at,
                one.body,
                _hash(one.body),
                one.headers,
            )
            for one in letters
        ],
    )


def newest(con: sqlite3.Connection, limit: int) -> list[tuple[int, DeadLetter]]:
    return list(_letters(con, "order by number desc limit ?", [limit]))


def after(con: sqlite3.Connection, number: int, limit: int) -> list[tuple[int, DeadLetter]]:
    found: list[tuple[int, DeadLetter]] = []
    size = 0
    for one in _letters(con, "where number > ? order by number limit ?", [number, limit]):
        size += one[1].size
        if found and size > READ_BYTES:
            break
        found.append(one)
    return found


def rebury(con: sqlite3.Connection, number: int, letter: DeadLetter) -> None:
    con.execute("update dead_letters set reason = ? where number = ?", [letter.reason, number])


def drop(con: sqlite3.Connection, numbers: Sequence[int]) -> int:
    return con.executemany(
        "delete from dead_letters where number = ?", [(one,) for one in numbers]
    ).rowcount


def _letters(
    con: sqlite3.Connection, rest: str, parameters: Sequence[int]
) -> Iterator[tuple[int, DeadLetter]]:
    cursor = con.execute(f"select {_COLUMNS} from dead_letters {rest}", parameters)
    try:
        for number, *texts in cursor:
            yield number, DeadLetter(*texts)
    finally:
        cursor.close()


def _hash(body: str) -> str:
    return sha256(body.encode()).hexdigest()
