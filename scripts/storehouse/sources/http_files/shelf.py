"""Where a fetched file is kept, beside what its server said of it.

The file is replaced first and its note after it, each at once. A note counts only for
the content that it was written for: whatever a kill leaves, the file is asked for anew.
"""

from __future__ import annotations

import hashlib
import json
import os
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from storehouse.declarations.moments import utc_moment
from storehouse.sources.delivery import CHUNK, writing


@dataclass(frozen=True)
class Note:
    """What the server said of the file at `path`, `sha256` being that of what is kept.

    `checked_at` is when it was last asked, ISO with offset.
    """

    path: str
    sha256: str
    checked_at: str
    etag: str | None = None
    last_modified: str | None = None

    def age(self, now: datetime) -> float:
        """Seconds since the server was asked; below 0 where a clock went back."""
        checked_at = utc_moment(self.checked_at) or datetime.min.replace(tzinfo=UTC)
        return (now - checked_at).total_seconds()


@dataclass(frozen=True)
class Shelf:
    """The place of one file below `folder`, known as `name`."""

    folder: Path
    name: str

    @property
    def file(self) -> Path:
        return self.folder / self.name

    @property
    def unfinished(self) -> Path:
        """Where an answer is written; hidden, so that landing passes it over."""
        return self.folder / f".unfinished.{self.name}"

    @property
    def unpacked(self) -> Path:
        return self.folder / f".unpacked.{self.name}"

    def note(self, path: str) -> Note | None:
        """What is known of the file that is kept; None if it is not, or not from `path`."""
        try:
            note = Note(**json.loads(self._note.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return None
        return note if note.path == path and note.sha256 == sha256(self.file) else None

    def keep(self, content: Path, note: Note) -> None:
        """Put `content` in the place of the file; raises LoadError where it can't be."""
        if note.sha256 == sha256(self.file):
            content.unlink()
        else:
            self._replace(content, self.file)
        self.remember(note)

    def remember(self, note: Note) -> None:
        written = self.folder / f".unfinished.{self.name}.json"
        with writing(written), written.open("w", encoding="utf-8") as stream:
            json.dump(asdict(note), stream)
        self._replace(written, self._note)

    def discard(self) -> None:
        """Remove what was not finished."""
        with suppress(OSError):
            self.unfinished.unlink(missing_ok=True)
            self.unpacked.unlink(missing_ok=True)

    @property
    def _note(self) -> Path:
        return self.folder / f".{self.name}.json"

    def _replace(self, written: Path, target: Path) -> None:
        with writing(target):
            _sync(written)
            written.replace(target)
            _sync(self.folder)


def _sync(path: Path) -> None:
    """Have a file, or the names in a folder, on the disk."""
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
