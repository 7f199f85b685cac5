"""Files in the inbox: finding them, knowing them by content, and looking into them.

The inbox is only read.
"""

from __future__ import annotations

import errno
import hashlib
import os
import stat
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from storehouse.declarations import TableDeclaration
from storehouse.errors import SourceUnavailable
from storehouse.sources import csv_text, ndjson, parquet
from storehouse.sources.delivery import CHUNK, Layout, Refused, Rewritten, is_decoded, refusing

# Still being written, by the habits of senders.
UNFINISHED = (".tmp", ".part")


@dataclass(frozen=True)
class Found:
    """A file of a table. `name` is its path below the inbox of the source."""

    path: Path
    name: str


@dataclass(frozen=True)
class Delivery:
    """A file whose content is known by its sha256; `size` counts its bytes as they lie."""

    path: Path
    name: str
    sha256: str
    size: int


@dataclass(frozen=True)
class Contract:
    """How the fields of a file compare with the declared columns."""

    missing: tuple[str, ...]
    repeated: tuple[str, ...]
    new: tuple[str, ...]

    @property
    def breach(self) -> str | None:
        """What breaks the declaration, if anything does."""
        broken = []
        if self.missing:
            broken.append(f"it lacks {', '.join(self.missing)}")
        if self.repeated:
            broken.append(f"it has {', '.join(self.repeated)} twice")
        return " and ".join(broken) or None


def find(inbox: Path, declaration: TableDeclaration) -> list[Found]:
    """The files of a table below `inbox`, the inbox of its source, sorted by name.

    Hidden files and unfinished ones (.tmp, .part) are passed over; a folder that is not
    there has no files. Raises SourceUnavailable for a folder that can't be listed.
    """
    parts = PurePosixPath(declaration.landing.pattern).parts
    names = {
        path.relative_to(inbox).as_posix(): path
        for path in _matches(inbox, parts, declaration)
        if not path.name.endswith(UNFINISHED)
    }
    return [Found(names[name], name) for name in sorted(names)]


def _matches(folder: Path, parts: tuple[str, ...], declaration: TableDeclaration) -> Iterator[Path]:
    """pathlib's glob, except that it does not hide a folder without rights."""
    part, rest = parts[0], parts[1:]
    if part == "**":
        yield from _matches(folder, rest or ("*",), declaration)
    for entry in _listed(folder, declaration):
        path = folder / entry.name
        if part == "**":
            if entry.is_dir(follow_symlinks=False):
                yield from _matches(path, parts, declaration)
        elif fnmatchcase(path.name, part):
            if rest:
                yield from _matches(path, rest, declaration)
            elif part.strip("*") or not _is_folder(entry):  # a bare * means the files among folders
                yield path


def _listed(folder: Path, declaration: TableDeclaration) -> list[os.DirEntry[str]]:
    """What a folder shows, nothing where it is none. Raises SourceUnavailable."""
    try:
        with os.scandir(folder) as entries:
            return [entry for entry in entries if not entry.name.startswith(".")]
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        if error.errno == errno.ELOOP:  # a link that leads round in a circle
            return []
        raise SourceUnavailable(
            f"{declaration.label}: the folder {folder} can't be listed: {error.strerror}. "
            "Give this user the right to read it, and run again; nothing of this table was landed."
        ) from error


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link that leads round in a circle
        return False


def _opened(path: Path) -> BinaryIO:
    """The file, if it is one; Refused for what only stands in its place. Never waits for a pipe."""
    if not stat.S_ISREG(path.stat().st_mode) and not path.is_dir():
        raise Refused("it is a pipe, a device or the like", "have a file delivered in its place")
    return open(os.open(path, os.O_RDONLY | os.O_NONBLOCK), "rb")  # noqa: PTH123  a descriptor


def fingerprint(found: Found) -> Delivery:
    """The file with the hash of its bytes. Raises Refused where it can't be read."""
    digest = hashlib.sha256()
    size = 0
    if not is_decoded(found.name):
        raise Refused("its name is not UTF-8", "rename it")
    with refusing(), _opened(found.path) as stream:
        while chunk := stream.read(CHUNK):
            digest.update(chunk)
            size += len(chunk)
    return Delivery(found.path, found.name, digest.hexdigest(), size)


def has_changed(delivery: Delivery) -> bool:
    """Whether the file is no longer what it was when its fingerprint was taken."""
    try:
        now = fingerprint(Found(delivery.path, delivery.name))
    except Refused:
        return True
    return now.sha256 != delivery.sha256


def inspect(delivery: Delivery, declaration: TableDeclaration) -> Layout:
    """Look into a file. Raises Refused for one that can't be read as declared."""
    landing = declaration.landing
    if landing.format == "csv":
        return csv_text.inspect(delivery.path, landing)
    if landing.format == "ndjson":
        return ndjson.inspect(delivery.path, landing, declaration.columns)
    return parquet.inspect(delivery.path)


def is_clear(delivery: Delivery, layout: Layout, declaration: TableDeclaration) -> bool:
    """Whether DuckDB may read the file itself. Raises Refused for a damaged file."""
    landing = declaration.landing
    if landing.format != "csv" or not layout.is_plain:
        return layout.is_plain
    return csv_text.is_clear(delivery.path, landing, _width(layout, declaration))


def compare(layout: Layout, declaration: TableDeclaration) -> Contract:
    """Compare the names in a file with those declared; order does not matter."""
    if not layout.names:
        return Contract((), (), ())
    counts = Counter(layout.names)
    headers = {column.header for column in declaration.columns}
    return Contract(
        missing=tuple(
            column.header
            for column in declaration.columns
            if column.header not in counts and not column.optional
        ),
        repeated=tuple(name for name, count in counts.items() if count > 1),
        new=tuple(name for name in counts if name not in headers),
    )


def rewrite(
    delivery: Delivery, layout: Layout, declaration: TableDeclaration, target: Path
) -> Rewritten:
    """Write the good rows to `target`, a Spool. Raises Refused where too many are bad."""
    landing, columns = declaration.landing, declaration.columns
    if landing.format == "ndjson":
        return ndjson.rewrite(delivery.path, landing, columns, target)
    return csv_text.rewrite(delivery.path, landing, _width(layout, declaration), target)


def _width(layout: Layout, declaration: TableDeclaration) -> int:
    return len(layout.names) or len(declaration.columns)
