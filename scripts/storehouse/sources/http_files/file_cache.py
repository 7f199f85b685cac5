"""Where a fetched file, or the files of a zip, are kept, with a note of their HTTP headers.

Files are replaced first and their note after them, each atomically. A note is only valid for the
content that it was written for: if a kill leaves them inconsistent, the file is requested again.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from storehouse.sources.declarations.moments import utc_moment
from storehouse.sources.files.delivery import CHUNK, writing


@dataclass(frozen=True)
class Note:
    """The server's headers for the file at `path`; `sha256` is that of what is kept.

    `checked_at` is the time of the last request, ISO with offset. `files` are the names under
    which the files of a zip are kept, if it has several.
    """

    path: str
    sha256: str
    checked_at: str
    etag: str | None = None
    last_modified: str | None = None
    files: Sequence[str] = ()

    def age(self, now: datetime) -> float:
        """Seconds since the last request; negative if a clock went back."""
        checked_at = utc_moment(self.checked_at) or datetime.min.replace(tzinfo=UTC)
        return (now - checked_at).total_seconds()


@dataclass(frozen=True)
class FileCache:
    """One file `name` below `folder`; for a zip, all files that match `pattern`."""

    folder: Path
    name: str
    pattern: str

    def unfinished(self, name: str | None = None) -> Path:
        """Where an answer, or `name` of it, is written; hidden, so that landing skips it."""
        return self.folder / f".unfinished.{name or self.name}"

    def note(self, path: str) -> Note | None:
        """The note on the kept file; None if it is missing, or not from `path`."""
        try:
            note = Note(**json.loads(self._note.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return None
        is_kept = note.path == path and note.sha256 == self._digest(note.files)
        return note if is_kept else None

    def keep(self, contents: Mapping[str, Path], note: Note) -> bool:
        """Replace the files by the contents; True if any of them is new.

        Completes the note. Raises LoadError if they can't be written.
        """
        is_new = False
        for name, content in contents.items():
            file = self.folder / name
            if sha256(content) != sha256(file):
                self._replace(content, file)
                is_new = True
        for file in self.folder.glob(self.pattern):
            if file.name not in contents:
                with writing(file):
                    file.unlink()
        names = () if list(contents) == [self.name] else tuple(contents)
        self.remember(replace(note, sha256=self._digest(names) or "", files=names))
        return is_new

    def _digest(self, names: Sequence[str]) -> str | None:
        """The hash of what is kept; None if one of its files is missing."""
        hashes = [sha256(self.folder / name) for name in names or (self.name,)]
        if None in hashes or len(hashes) == 1:
            return hashes[0] if len(hashes) == 1 else None
        listed = json.dumps(list(zip(names, hashes, strict=True)))
        return hashlib.sha256(listed.encode()).hexdigest()

    def remember(self, note: Note) -> None:
        written = self.unfinished(f"{self.name}.json")
        with writing(written), written.open("w", encoding="utf-8") as stream:
            json.dump(asdict(note), stream)
        self._replace(written, self._note)

    def forget(self) -> None:
        """Remove the note, so that the next load requests the file again."""
        with writing(self._note):
            self._note.unlink(missing_ok=True)

    def discard(self) -> None:
        """Remove unfinished files."""
        with suppress(OSError):
            for left in self.folder.glob(".unfinished.*"):
                left.unlink(missing_ok=True)

    @property
    def _note(self) -> Path:
        return self.folder / f".{self.name}.json"

    def _replace(self, written: Path, target: Path) -> None:
        with writing(target):
            _sync(written)
            written.replace(target)
            _sync(self.folder)


def _sync(path: Path) -> None:
    """Flush a file, or the names in a folder, to disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sha256(path: Path) -> str | None:
    """The hash of a file's bytes; None if it can't be read."""
    digest = hashlib.sha256()
    try:
        with path.open("rb") as stream:
            while chunk := stream.read(CHUNK):
                digest.update(chunk)
    except OSError:
        return None
    return digest.hexdigest()
