"""What the readers of files return to landing, and how they refuse a file."""

from __future__ import annotations

import errno
import gzip
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Self, cast

from storehouse.core.write_errors import not_written

# The longest line that is read: DuckDB's limit for a row of CSV is 2,000,000 bytes.
LONGEST_LINE = 2_000_000

CHUNK = 1 << 20

# Advice by error if a file can't be read.
_READING = {
    errno.EACCES: "give this user the right to read it",
    errno.EPERM: "give this user the right to read it",
    errno.EISDIR: "have a file delivered in its place",
    errno.ENXIO: "have a file delivered in its place",
    errno.ENOENT: "have it delivered again if it is missing",
    errno.ELOOP: "replace the link by the file",
}


@dataclass(frozen=True)
class BadRow:
    """A row that can't be read as declared.

    `line` is where it begins in the file, 1 for the first line (in Parquet: row). `rows` is how
    many rows it counts for: after a misplaced quote its end is a guess, so each line counts.
    """

    line: int
    reason: str
    text: str
    rows: int = 1


class Refused(Exception):
    """A file can't be landed. `advice` is what its sender or the operator can do."""

    def __init__(
        self, reason: str, advice: str, bad_rows: Sequence[BadRow] = (), bad_row_count: int = 0
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.advice = advice
        self.bad_rows = tuple(bad_rows)
        self.bad_row_count = bad_row_count


def empty_file() -> Refused:
    """For an empty file: a failed export can't be distinguished from "no rows"."""
    return Refused(
        "the file is empty: it has no bytes, or blank lines only",
        "if there are no rows, have a CSV delivered with its header, or Parquet; else have it "
        "delivered again. What landed of it before stays",
    )


@dataclass(frozen=True)
class Layout:
    """What was found in a file.

    `names` are its fields, in file order for CSV and Parquet; empty for a CSV without a header.
    `is_plain` means that DuckDB reads the file directly, unless a scan (`csv_scan`) shows that it
    may misread it. `by_name` means that reading does not depend on `names`, which may be
    incomplete for NDJSON.
    """

    names: tuple[str, ...]
    is_plain: bool
    by_name: bool = False


@dataclass(frozen=True)
class Rewritten:
    """A file rewritten for DuckDB, as UTF-8 CSV or as Parquet, without its bad rows.

    `new_names` are undeclared fields of NDJSON.
    """

    rows: int
    bad_rows: tuple[BadRow, ...] = ()
    new_names: frozenset[str] = frozenset()

    @property
    def bad_row_count(self) -> int:
        return sum(bad.rows for bad in self.bad_rows)


def counted(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"


class BadRows:
    """The bad rows of one file while it is read; up to `allowed` are tolerated."""

    SHOWN = 100

    def __init__(
        self,
        allowed: int,
        unit: str = "line",
        advice: str = "fix these lines or have the file delivered again",
    ) -> None:
        self._allowed = allowed
        self._unit = unit
        self._advice = advice
        self._kept: list[BadRow] = []
        self._count = 0

    def add(self, bad: BadRow) -> None:
        self._count += bad.rows
        if self._count <= max(self._allowed, self.SHOWN) or not self._kept:
            self._kept.append(bad)

    def accepted(self) -> tuple[BadRow, ...]:
        """All bad rows; raises Refused if there are more than allowed."""
        if self._count <= self._allowed:
            return tuple(self._kept)
        first = self._kept[0]
        may = f" ({self._allowed} allowed)" if self._allowed else ""
        raise Refused(
            f"{counted(self._count, 'bad row')}{may}, the first at {self._unit} {first.line}: "
            f"{first.reason}",
            self._advice,
            self._kept[: self.SHOWN],
            self._count,
        )


def is_packed(path: Path) -> bool:
    return path.suffix.lower() == ".gz"


def open_bytes(path: Path) -> BinaryIO:
    """The file's bytes, unpacked if its name ends in .gz."""
    if is_packed(path):
        return cast(BinaryIO, gzip.open(path))
    return path.open("rb")


def is_decoded(text: str) -> bool:
    """Whether all bytes of `text` were valid in the declared encoding."""
    if text.isascii():
        return True
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def shown(text: str, encoding: str) -> str:
    r"""`text` for messages and tables: invalid bytes appear as \xe9."""
    if is_decoded(text):
        return text
    try:
        return text.encode(encoding, "surrogateescape").decode(encoding, "backslashreplace")
    except UnicodeError:
        return text.encode("utf-8", "backslashreplace").decode("utf-8")


@contextmanager
def refusing(encoding: str = "utf-8") -> Iterator[None]:
    """Turn the errors of reading a file into Refused."""
    try:
        yield
    except EOFError as error:
        raise Refused("the gzip data end too early", "have the file delivered again") from error
    except (gzip.BadGzipFile, zlib.error) as error:
        raise Refused(
            f"the gzip data are damaged: {error}", "have the file delivered again"
        ) from error
    except UnicodeError as error:
        raise Refused(
            f"the file is not {encoding}: {error}",
            "declare the encoding it has, or have it delivered as declared",
        ) from error
    except OSError as error:
        advice = _READING.get(error.errno or 0, "fix what that names")
        raise Refused(f"it can't be read: {error.strerror or error}", advice) from error


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turn the errors of writing a working file into LoadError or TableError."""
    try:
        yield
    except OSError as error:
        raise not_written(str(path.parent), error.strerror or str(error), error) from error


class Spool:
    """A working file for DuckDB: UTF-8 CSV in which only null is unquoted.

    Its own errors are LoadErrors, unlike those of the file that is being read. It is removed if
    the block ends with an exception.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        with writing(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = path.open("w", encoding="utf-8", newline="", buffering=CHUNK)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            with writing(self._path):
                self._file.close()
        else:
            with suppress(OSError):
                self._file.close()
            self._path.unlink(missing_ok=True)

    def write(self, fields: Sequence[str | None]) -> None:
        line = ",".join("" if f is None else '"' + f.replace('"', '""') + '"' for f in fields)
        with writing(self._path):
            self._file.write(line + "\n")
