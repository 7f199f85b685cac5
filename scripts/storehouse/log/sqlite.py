"""The event log in one SQLite file: the default, which needs no server.

A write-ahead log that is synced at each commit: what `append` has returned survives kill -9 and
loss of power. Any number of processes may read and write it; SQLite lets one write at a time, so
events become visible in the order of their numbers.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Lock
from uuid import uuid4

from storehouse.log import sqlite_letters
from storehouse.log.event_log import READ_BYTES, Retention, unavailable
from storehouse.log.events import DeadLetter, Event

_BUSY_SECONDS = 10
# Removing many events at once would keep a receiver waiting.
_TRIMMED_AT_ONCE = 5_000
_PAGES_AT_ONCE = 10_000


def _bytes(row: str = "") -> str:
    """The bytes of an event's texts, in SQL."""
    columns = ("source", "id", "type", "time", "data")
    return " + ".join(f"length(cast({row}{column} as blob))" for column in columns)


# Triggers keep the sum of events' bytes, which would take a scan of the file. Files that were made
# before have no `sizes`, and lack these columns.
_ADDED = (
    ("events", "milliseconds", "integer not null default 0"),
    ("dead_letters", "headers", "text not null default '{}'"),
)
_SCHEMA = f"""
create table if not exists events (
    number integer primary key autoincrement,
    source text not null,
    id text not null,
    type text not null,
    time text not null,
    data text not null,
    appended_at integer not null default (unixepoch()),
    milliseconds integer not null default 0,    -- of appended_at
    unique (source, id)
) strict;
create table if not exists log (
    only_row integer primary key check (only_row = 1),
    identity text not null,
    trimmed_to integer not null         -- the number of the last event that was removed
) strict;
create table if not exists sizes (
    only_row integer primary key check (only_row = 1),
    events integer not null             -- bytes
) strict;
create trigger if not exists event_added after insert on events
begin update sizes set events = events + {_bytes("new.")}; end;
create trigger if not exists event_removed after delete on events
begin update sizes set events = events - ({_bytes("old.")}); end;
insert or ignore into sizes select 1, coalesce(sum({_bytes()}), 0) from events;
"""


class SqliteLog:
    """See event_log.EventLog. Raises SourceUnavailable if the file can't be opened."""

    largest = None

    def __init__(self, path: Path) -> None:
        self.name = str(path)
        self._lock = Lock()
        with self._doing("opened"):
            path.parent.mkdir(parents=True, exist_ok=True)
            self._con = sqlite3.connect(
                path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False
            )
            try:
                self._prepare()
                self.identity = str(self._one("select identity from log"))
            except BaseException:
                self._con.close()
                raise

    def _prepare(self) -> None:
        self._con.execute("pragma auto_vacuum = incremental")  # only a new file takes it
        self._con.execute("pragma journal_mode = wal")
        self._con.execute("pragma synchronous = full")
        has_sizes = self._one("select count(*) from sqlite_schema where name = 'sizes'")
        if has_sizes and not self._missing():
            return
        with self._transaction():
            for statement in (sqlite_letters.SCHEMA, *_SCHEMA.split(";\n")):
                self._con.execute(statement)
            for table, column, declared in self._missing():
                self._con.execute(f"alter table {table} add column {column} {declared}")
            self._con.execute("insert or ignore into log values (1, ?, 0)", [uuid4().hex])

    def _missing(self) -> list[tuple[str, str, str]]:
        """Columns that the file has not got yet."""
        query = "select count(*) from pragma_table_info(?) where name = ?"
        return [one for one in _ADDED if not self._one(query, *one[:2])]

    def append(self, events: Sequence[Event]) -> int:
        seconds, milliseconds = divmod(time.time_ns() // 10**6, 1000)
        rows = [
            (one.source, one.id, one.type, one.time, one.data, seconds, milliseconds)
            for one in events
        ]
        with self._doing("written"), self._lock, self._transaction():
            self._con.executemany(
                "insert or ignore into events "
                "(source, id, type, time, data, appended_at, milliseconds) "
                "values (?, ?, ?, ?, ?, ?, ?)",
                rows,
            )
            return self._end()

    def read(self, offset: int, limit: int) -> list[tuple[int, Event]]:
        found: list[tuple[int, Event]] = []
        size = 0
        with self._doing("read"), self._lock:
            cursor = self._con.execute(
                "select number, id, source, type, time, data from events "
                "where number > ? order by number limit ?",
                [offset, limit],
            )
            for number, *texts in cursor:
                event = Event(*texts)
                size += event.size
                if found and size > READ_BYTES:
                    cursor.close()
                    break
                found.append((number, event))
        return found

    def end(self) -> int:
        with self._doing("read"), self._lock:
            return self._end()

    def appended_at(self, offset: int) -> datetime | None:
        with self._doing("read"), self._lock:
            rows = self._con.execute(
                "select appended_at, milliseconds from events "
                "where number > ? order by number limit 1",
                [offset],
            ).fetchall()
        for seconds, milliseconds in rows:
            return datetime.fromtimestamp(seconds, UTC) + timedelta(milliseconds=milliseconds)
        return None

    def oldest(self) -> int:
        with self._doing("read"), self._lock:
            return self._trimmed_to()

    def trim(self, retention: Retention, needed: int, now: datetime) -> int:
        until = int((now - retention.age).timestamp())
        removed = 0
        with self._doing("trimmed"):
            while True:
                with self._lock, self._transaction():
                    count = self._trim_some(until, retention.size, needed)
                if count == 0:
                    return removed
                removed += count
                with self._lock:
                    self._con.execute(f"pragma incremental_vacuum({_PAGES_AT_ONCE})").fetchall()

    def _trim_some(self, until: int, size: int, needed: int) -> int:
        """Remove some of the oldest events; returns how many."""
        surplus = self._size() - size
        last = None
        for number, appended_at, length in self._con.execute(
            f"select number, appended_at, {_bytes()} from events "
            "where number <= ? order by number limit ?",
            [needed, _TRIMMED_AT_ONCE],
        ):
            if appended_at >= until and surplus <= 0:
                break
            last = number
            surplus -= length
        if last is None:
            return 0
        self._con.execute("update log set trimmed_to = ?", [last])
        return self._con.execute("delete from events where number <= ?", [last]).rowcount

    def bury(self, letters: Sequence[DeadLetter]) -> None:
        with self._doing("written"), self._lock, self._transaction():
            sqlite_letters.bury(self._con, letters)

    def dead_letters(self, limit: int) -> list[tuple[int, DeadLetter]]:
        with self._doing("read"), self._lock:
            return sqlite_letters.newest(self._con, limit)

    def read_dead(self, number: int, limit: int) -> list[tuple[int, DeadLetter]]:
        with self._doing("read"), self._lock:
            return sqlite_letters.after(self._con, number, limit)

    def rebury(self, number: int, letter: DeadLetter) -> int:
        with self._doing("written"), self._lock, self._transaction():
            sqlite_letters.rebury(self._con, number, letter)
        return number

    def drop(self, numbers: Sequence[int]) -> int:
        with self._doing("written"), self._lock, self._transaction():
            return sqlite_letters.drop(self._con, numbers)

    def dead_count(self) -> int:
        with self._doing("read"), self._lock:
            return int(self._one("select count(*) from dead_letters"))

    def size(self) -> int:
        with self._doing("read"), self._lock:
            return self._size()

    def close(self) -> None:
        with self._lock:
            self._con.close()

    def _one(self, query: str, *parameters: str) -> str | int:
        ((value,),) = self._con.execute(query, parameters).fetchall()
        found: str | int = value
        return found

    def _end(self) -> int:
        last = self._con.execute("select max(number) from events").fetchall()[0][0]
        return self._trimmed_to() if last is None else int(last)

    def _trimmed_to(self) -> int:
        return int(self._one("select trimmed_to from log"))

    def _size(self) -> int:
        return int(self._one("select events from sizes"))

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._con.execute("begin immediate")
        try:
            yield
            self._con.execute("commit")
        except BaseException:
            if self._con.in_transaction:  # on a full disk SQLite has rolled back itself
                self._con.execute("rollback")
            raise

    @contextmanager
    def _doing(self, done: str) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            raise unavailable(self.name, done, error) from error
