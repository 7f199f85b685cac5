"""Fetching one file: requested only if it changed, and kept only if it is complete."""

from __future__ import annotations

import gzip
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, cast

import httpx

from storehouse.core.display import brief
from storehouse.core.errors import SourceContractError
from storehouse.sources.files.content import Delivery
from storehouse.sources.files.delivery import CHUNK, Refused, open_bytes, refusing, writing
from storehouse.sources.files.examination import Problem, examine
from storehouse.sources.http_files.archive import data_files, opened
from storehouse.sources.http_files.declaration import HttpFile
from storehouse.sources.http_files.encoding import encoding_of, recoded
from storehouse.sources.http_files.file_cache import FileCache, Note
from storehouse.sources.rest.connection import MEGABYTE
from storehouse.sources.rest.http import Http
from storehouse.sources.rest.retries import RetryableError, with_retries
from storehouse.sources.rest.transport import states_length

# Formats that end with a checksum or a footer: truncation shows without a stated length.
_SEALED = (".zip", ".parquet")
_GZIP_MARK = b"\x1f\x8b"


@dataclass(frozen=True)
class Download:
    """The download of `file` into its cache."""

    http: Http
    file: HttpFile
    cache: FileCache

    def run(self, now: datetime) -> bool:
        """Fetch the file; returns whether it has changed.

        Raises SourceUnavailable or SourceContractError, in which case the earlier file stays, and
        LoadError if the folder can't be written.
        """
        note = self.cache.note(self.file.path)
        if note and 0 <= note.age(now) < self.file.every.total_seconds():
            return False
        what = f"{self.file.table.label}: {self.http.describe(self.file.path, {}, None)}"
        try:
            return with_retries(
                what, self.http.policy, self.http.judge.secrets, lambda: self._once(note, now)
            )
        finally:
            self.cache.discard()

    def _once(self, known: Note | None, now: datetime) -> bool:
        request = self.http.request(self.file.path, {}, None)
        request.headers.update(_conditions(known))
        with self.http.sent(request) as (response, chunks):
            if response.status_code == httpx.codes.NOT_MODIFIED and known:
                self.cache.remember(Note(**{**vars(known), "checked_at": now.isoformat()}))
                return False
            if not response.is_success:
                self.http.check(response, b"".join(chunks))
            self._check_status(response)
            self._write(chunks, self.cache.unfinished(), "its answer")
            if response.extensions["surplus"]().strip():
                raise RetryableError("its answer is longer than the length that it states")
        contents = self._contents(response)
        for content in contents.values():
            self._examine(content)
        etag, last_modified = map(response.headers.get, ("etag", "last-modified"))
        note = Note(self.file.path, "", now.isoformat(), etag, last_modified)
        return self.cache.keep(contents, note)

    def _check_status(self, response: httpx.Response) -> None:
        if response.status_code != httpx.codes.OK:
            raise SourceContractError(
                f"it answered {response.status_code}, and a file was asked for; fix its path"
            )

    def _check_length(self, response: httpx.Response, content: Path) -> None:
        """Refuse an answer that could be truncated without being detected."""
        is_gz = content.suffix == ".gz"
        is_sealed = _is_gzip(content) if is_gz else self.file.path.lower().endswith(_SEALED)
        if not (is_sealed or states_length(response) or response.extensions["is_packed"]):
            raise SourceContractError(
                "it does not say how long its answer is, so truncation could not be detected; have "
                "it send Content-Length, or the file as .zip or .gz"
            )

    def _write(self, chunks: Iterable[bytes], target: Path, what: str, used: int = 0) -> int:
        """Write the chunks; returns the bytes written so far, `used` included."""
        with writing(target):
            target.parent.mkdir(parents=True, exist_ok=True)
            stream = target.open("wb", buffering=0)
        with stream:
            for chunk in chunks:
                used += len(chunk)
                if used > self.file.largest:
                    raise SourceContractError(
                        f"{what} is larger than largest_megabytes "
                        f"({self.file.largest / MEGABYTE:g}); raise that, or fix the path"
                    )
                with writing(target):
                    stream.write(chunk)
        return used

    def _contents(self, response: httpx.Response) -> Mapping[str, Path]:
        """The content as the declared files, by name."""
        sent = self.cache.unfinished()
        self._check_length(response, sent)
        if self.file.is_zip:
            return {
                name: self._in_utf8(content, "") for name, content in self._unzipped(sent).items()
            }
        if sent.suffix == ".gz" and _is_gzip(sent):
            return {self.file.name: sent}
        content = self._in_utf8(sent, response.headers.get("content-type", ""))
        if sent.suffix == ".gz":
            # Some servers declare the compression of a stored .gz as a content coding.
            content = self._rewritten(content, _gzipped(content))
        return {self.file.name: content}

    def _unzipped(self, sent: Path) -> dict[str, Path]:
        contents = {}
        used = 0
        with opened(sent) as archive:
            found = data_files(archive, f".{self.file.table.landing.format}", self.file.name)
            for name, member in found.items():
                contents[name] = self.cache.unfinished(f"unpacked.{name}")
                with archive.open(member) as stream:
                    what = f"{brief(member.filename)} in its zip"
                    chunks = _chunks(cast(BinaryIO, stream))
                    used = self._write(chunks, contents[name], what, used)
        return contents

    def _in_utf8(self, content: Path, content_type: str) -> Path:
        """A text in UTF-8; unchanged if its table declares the encoding."""
        if not self.file.is_text or self.file.is_encoded:
            return content
        encoding = encoding_of(content, content_type)
        return self._rewritten(content, recoded(content, encoding)) if encoding else content

    def _rewritten(self, content: Path, chunks: Iterable[bytes]) -> Path:
        written = content.with_name(
            f"{content.name.removesuffix(content.suffix)}.x{content.suffix}"
        )
        self._write(chunks, written, "its answer")
        return written

    def _examine(self, content: Path) -> None:
        """Refuse content that is not as declared, such as an error page sent as a file."""
        if content.suffix == ".gz":
            try:
                with refusing(), open_bytes(content) as stream:
                    while stream.read(CHUNK):
                        pass
            except Refused as refused:
                raise RetryableError(refused.reason) from None
        delivery = Delivery(content, self.cache.name, sha256="", size=0)
        seen = examine(delivery, self.file.table)
        if isinstance(seen, Problem):
            raise SourceContractError(
                f"what it sent is not as declared: {seen.refused.reason}; "
                f"{seen.refused.advice}. The file fetched before stays"
            )


def _conditions(known: Note | None) -> dict[str, str]:
    headers = {
        "If-None-Match": known.etag if known else None,
        "If-Modified-Since": known.last_modified if known else None,
    }
    return {name: value for name, value in headers.items() if value}


def _chunks(stream: BinaryIO) -> Iterator[bytes]:
    while chunk := stream.read(CHUNK):
        yield chunk


def _is_gzip(path: Path) -> bool:
    with path.open("rb") as stream:
        return stream.read(len(_GZIP_MARK)) == _GZIP_MARK


def _gzipped(path: Path) -> Iterator[bytes]:
    """The same bytes for the same content: no time, no name. One member per chunk."""
    with path.open("rb") as stream:
        yield from (gzip.compress(chunk, mtime=0) for chunk in _chunks(stream))
