"""The files of an export, to be handled roughly. Rows are lines of bytes, without the header."""

from __future__ import annotations

from bisect import insort
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from pathlib import Path
from random import Random
from typing import NamedTuple

from sample_shop.period import Period
from sample_shop.troubles import Trouble

DELETIONS = "deletions"
_DELETIONS_HEADER = b"entity,entity_id,deleted_at\n"
# The first columns of a row say what it is about.
_KEY_COLUMNS = {"exchange_rates": 2, DELETIONS: 2}
_ONE_FILE_IN = 50
_MOST_FILES = 4


class Struck(NamedTuple):
    """A row that a trouble struck, by the file of `table_name` that it stands in, or stood in
    at first; without a `row_key` the whole file.
    """

    table_name: str
    file: str
    row_key: str | None
    trouble: str


class Files:
    """Reads and writes them, and keeps count: what was added, and what was struck."""

    def __init__(self, out: Path, period: Period) -> None:
        self.files_added = 0
        self.rows_added = 0
        self.struck: list[Struck] = []
        self._export = out / "shop"
        self._earlier = out / "earlier" / "shop"
        self._last = period.date_of(period.days - 1)
        self._names = {
            folder.name: sorted(path.name for path in folder.iterdir())
            for folder in sorted(self._export.iterdir())
        }
        self._headers = {DELETIONS: _DELETIONS_HEADER} | {
            table: _header(self._export / table / names[0]) for table, names in self._names.items()
        }

    @property
    def tables(self) -> list[str]:
        return sorted(self._names)

    def names(self, table: str) -> list[str]:
        return self._names.get(table, [])

    def some(self, table: str, chance: Random) -> list[str]:
        """Names of few files, but of one at least if there is any."""
        names = self.names(table)
        count = min(max(1, len(names) // _ONE_FILE_IN), _MOST_FILES, len(names))
        return chance.sample(names, count)

    def columns(self, table: str) -> list[str]:
        return self._headers[table].decode().rstrip("\n").split(",")

    def rows(self, table: str, name: str) -> list[bytes]:
        return (self._export / table / name).read_bytes().splitlines(keepends=True)[1:]

    def later(self, name: str, *, within: int, chance: Random) -> date | None:
        """A day up to `within` days after that of the file; none after the last day."""
        day = date.fromisoformat(name[:10])
        left = min(within, (self._last - day).days)
        return day + timedelta(days=chance.randint(1, left)) if left else None

    def add(self, table: str, name: str, rows: Sequence[bytes]) -> None:
        """Add rows to a file, which is made if it is not there."""
        path = self._export / table / name
        names = self._names.setdefault(table, [])
        self.rows_added += len(rows)
        if name in names:
            with path.open("ab") as file:
                file.write(b"".join(rows))
        else:
            insort(names, name)
            self.files_added += 1
            self._write(path, table, rows)

    def replace(
        self, table: str, name: str, before: Sequence[bytes], after: Sequence[bytes]
    ) -> None:
        """Write `after` over the rows `before` of a file."""
        self.rows_added += len(after) - len(before)
        self._write(self._export / table / name, table, after)

    def put_earlier(self, table: str, name: str, rows: Sequence[bytes]) -> None:
        """What a file held when it was delivered for the first time."""
        self._write(self._earlier / table / name, table, rows)

    def strike(self, trouble: Trouble, table: str, name: str, rows: Iterable[bytes]) -> None:
        width = _KEY_COLUMNS.get(table, 1)
        for row in rows:
            key = ",".join(row.decode().rstrip("\n").split(",")[:width])
            self.struck.append(Struck(table, name, key, trouble.value))

    def strike_whole(self, trouble: Trouble, table: str, name: str) -> None:
        self.struck.append(Struck(table, name, None, trouble.value))

    def _write(self, path: Path, table: str, rows: Sequence[bytes]) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(self._headers[table] + b"".join(rows))


def _header(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.readline()
