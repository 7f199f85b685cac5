"""What is in a topic of Kafka, in a SQLite file of this machine.

Kafka drops no duplicates of another producer, and can't say how large records are without reading
them. So writers of one home share this index: it is read on from the topic before each write,
while its lock is held. It can be lost: then the topic is read again from its beginning.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_BUSY_SECONDS = 30
_SCHEMA = """
create table if not exists topic (
    only_row integer primary key check (only_row = 1),
    identity text not null,
    number integer not null             -- of the last record that was read
) strict;
create table if not exists records (
    key blob primary key,
    number integer not null unique,
    bytes integer not null,
    appended_at integer not null        -- milliseconds since 1970
) strict, without rowid;
"""


@dataclass(frozen=True)
class Record:
    """A record of the topic. `key` is one for each thing that is kept once; 0 `bytes` remove it."""

    number: int
    key: bytes
    bytes: int
    appended_at: int


class Index:
    """All but `held` and `close` is for the block of `held`. Without a path it is temporary."""

    def __init__(self, path: Path | None) -> None:
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
        self._con = sqlite3.connect(
            path or "", timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False
        )
        self._con.execute("pragma journal_mode = wal")
        self._con.execute("pragma synchronous = normal")  # it can be lost
        self._con.executescript(_SCHEMA)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Others wait; all that is done is undone if the block fails."""
        self._con.execute("begin immediate")
        try:
            yield
            self._con.execute("commit")
        except BaseException:
            if self._con.in_transaction:
                self._con.execute("rollback")
            raise

    def position(self, identity: str) -> int:
        """How far the topic of this identity was read; all is forgotten of another one."""
        rows = self._all("select number from topic where identity = ?", identity)
        if rows:
            return rows[0][0]
        self._con.execute("delete from records")
        self.move(identity, 0)
        return 0

    def move(self, identity: str, number: int) -> None:
        self._con.execute("insert or replace into topic values (1, ?, ?)", [identity, number])

    def add(self, records: Iterable[Record]) -> None:
        """Of records with one key the last counts."""
        for one in records:
            if one.bytes:
                row = (one.key, one.number, one.bytes, one.appended_at)
                self._con.execute("insert or replace into records values (?, ?, ?, ?)", row)
            else:
                self._con.execute("delete from records where key = ?", [one.key])

    def has(self, key: bytes) -> bool:
        return bool(self._all("select 1 from records where key = ?", key))

    def key_of(self, number: int) -> bytes | None:
        rows = self._con.execute("select key from records where number = ?", [number]).fetchall()
        return rows[0][0] if rows else None

    def numbers(self, after: int, limit: int) -> list[int]:
        query = "select number from records where number > ? order by number limit ?"
        return [number for (number,) in self._all(query, after, limit)]

    def newest(self, limit: int) -> list[int]:
        query = "select number from records order by number desc limit ?"
        return [number for (number,) in self._all(query, limit)]

    def oldest(self, until: int) -> Iterator[tuple[int, int, int]]:
        """Number, bytes and moment of records up to number `until`, in order."""
        query = "select number, bytes, appended_at from records where number <= ? order by number"
        yield from self._con.execute(query, [until])

    def forget(self, until: int) -> int:
        """Forget records up to number `until`; returns how many."""
        return self._con.execute("delete from records where number <= ?", [until]).rowcount

    def count_and_bytes(self) -> tuple[int, int]:
        ((count, size),) = self._all("select count(*), coalesce(sum(bytes), 0) from records")
        return count, size

    def close(self) -> None:
        self._con.close()

    def _all(self, query: str, *parameters: object) -> Sequence[tuple[int, ...]]:
        return self._con.execute(query, parameters).fetchall()
