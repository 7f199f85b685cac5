"""Finding the files of a table in the inbox, which is only read."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath

from storehouse.core.errors import SourceUnavailable
from storehouse.sources.declarations import TableDeclaration

# Suffixes of files that are still being written, by common convention.
UNFINISHED = (".tmp", ".part")

# Files and folders that operating systems add, in lowercase.
_LEFT_BEHIND = (
    "__macosx",
    "thumbs.db",
    "ehthumbs.db",
    "desktop.ini",
    "$recycle.bin",
    "system volume information",
    "lost+found",
    "@eadir",
)


def is_left_behind(path: str) -> bool:
    """Whether a file, or a folder it is in, is hidden or was added by an operating system.

    `path` is relative to an inbox or an archive, or a single name.
    """
    return any(
        part.startswith((".", "~$")) or part.lower() in _LEFT_BEHIND
        for part in PurePosixPath(path).parts
    )


@dataclass(frozen=True)
class Found:
    """A file of a table. `name` is its path below the inbox of the source."""

    path: Path
    name: str


def find(inbox: Path, declaration: TableDeclaration) -> list[Found]:
    """The files of a table below `inbox`, the inbox of its source, sorted by name.

    Hidden files, files added by operating systems and unfinished files (.tmp, .part) are skipped,
    unless the pattern names them; a missing folder has no files. Raises SourceUnavailable for a
    folder that can't be listed.
    """
    parts = PurePosixPath(declaration.landing.pattern).parts
    names = {
        path.relative_to(inbox).as_posix(): path
        for path in _matches(inbox, parts, declaration)
        if not path.name.endswith(UNFINISHED)
    }
    return [Found(names[name], name) for name in sorted(names)]


def _matches(folder: Path, parts: tuple[str, ...], declaration: TableDeclaration) -> Iterator[Path]:
    """pathlib's glob, except that it does not ignore a folder that can't be listed."""
    part, rest = parts[0], parts[1:]
    if part == "**":
        yield from _matches(folder, rest or ("*",), declaration)
    for entry in _listed(folder, declaration):
        path = folder / entry.name
        if part == "**":
            if not is_left_behind(path.name) and entry.is_dir(follow_symlinks=False):
                yield from _matches(path, parts, declaration)
        elif path.name == part or (fnmatchcase(path.name, part) and not is_left_behind(path.name)):
            if rest:
                yield from _matches(path, rest, declaration)
            elif part.strip("*") or not is_folder(entry):  # a bare * means the files among folders
                yield path


def _listed(folder: Path, declaration: TableDeclaration) -> list[os.DirEntry[str]]:
    """The entries of a folder, none if it does not exist. Raises SourceUnavailable."""
    try:
        with os.scandir(folder) as entries:
            return list(entries)
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        if error.errno == errno.ELOOP:  # a circular link
            return []
        raise SourceUnavailable(
            f"{declaration.label}: the folder {folder} can't be listed: {error.strerror}. Give "
            "this user the right to read it, and run again; nothing from this table has landed."
        ) from error


def is_folder(entry: os.DirEntry[str]) -> bool:
    """Whether it is a folder, or a link to one."""
    try:
        return entry.is_dir()
    except OSError:  # a circular link
        return False
