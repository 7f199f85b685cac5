"""Fetching one file: asked for only if it changed, and kept only if it is whole."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import httpx

from storehouse.errors import SourceContractError
from storehouse.sources import files
from storehouse.sources.delivery import CHUNK, Refused, open_bytes, refusing, writing
from storehouse.sources.http_files.declaration import HttpFile
from storehouse.sources.http_files.shelf import Note, Shelf, sha256
from storehouse.sources.rest.http import Http
from storehouse.sources.rest.retries import WorthARetry, persist
from storehouse.sources.survey import Problem, examine

# Formats that end with a checksum or a footer: a cut shows without a stated length.
_SEALED = (".zip", ".gz", ".parquet")
_ERROR_TEXT = 10_000


@dataclass(frozen=True)
class Download:
    """The fetching of `file` to its place on a shelf."""

    http: Http
    file: HttpFile
    shelf: Shelf

    def run(self, now: datetime, *, anew: bool) -> bool:
        """Whether it has changed; `anew` asks for it whatever is known of it.

        Raises SourceUnavailable or SourceContractError, after which the former file
        stays, and LoadError where the folder can't be written.
        """
        note = None if anew else self.shelf.note(self.file.path)
        if note and 0 <= note.age(now) < self.file.every.total_seconds():
            return False
        what = f"{self.file.table.label}: {self.http.describe(self.file.path, {}, None)}"
        try:
            return persist(
                what, self.http.patience, self.http.judge.secrets, lambda: self._once(note, now)
            )
        finally:
            self.shelf.discard()

    def _once(self, known: Note | None, now: datetime) -> bool:
        request = self.http.request(self.file.path, {}, None)
        request.headers.update(_conditions(known))
        with self.http.sent(request) as (response, chunks):
            if response.status_code == httpx.codes.NOT_MODIFIED and known:
                self.shelf.remember(Note(**{**vars(known), "checked_at": now.isoformat()}))
                return False
            if not response.is_success:
                self.http.check(response, b"".join(_first(chunks)))
            self._check_length(response)
            self._write(chunks, self.shelf.unfinished, "its answer")
        headers = response.headers
        content = self._unpacked() if self.file.is_zip else self.shelf.unfinished
        self._examine(content)
        digest = sha256(content) or ""
        is_new = digest != sha256(self.shelf.file)
        note = Note(
            self.file.path,
            digest,
            now.isoformat(),
            headers.get("etag"),
            headers.get("last-modified"),
        )
        self.shelf.keep(content, note)
        return is_new

    def _check_length(self, response: httpx.Response) -> None:
        """Refuse an answer of which nobody could tell whether it is whole."""
        if response.status_code != httpx.codes.OK:
            raise SourceContractError(
                f"it answered {response.status_code}, and a file was asked for; mend its path"
            )
        told = {"content-length", "transfer-encoding"} & set(response.headers)
        if not told and not self.file.path.lower().endswith(_SEALED):
            raise SourceContractError(
                "it does not say how long its answer is, so that a cut could not be seen; have "
                "it send Content-Length, or the file as .zip or .gz"
            )

    def _write(self, chunks: Iterable[bytes], target: Path, what: str) -> None:
        size = 0
        with writing(target):
            target.parent.mkdir(parents=True, exist_ok=True)
            stream = target.open("wb", buffering=0)
        with stream:
            for chunk in chunks:
                size += len(chunk)
                if size > self.file.largest:
                    raise SourceContractError(
                        f"{what} is larger than largest_megabytes "
                        f"({self.file.largest / 1_000_000:g}); raise that, or mend the path"
                    )
                with writing(target):
                    stream.write(chunk)

    def _unpacked(self) -> Path:
        """The one file of the table's format in a zip."""
        target = self.shelf.unpacked
        ending = f".{self.file.table.landing.format}"
        try:
            with zipfile.ZipFile(self.shelf.unfinished) as archive:
                found = [one for one in archive.infolist() if one.filename.lower().endswith(ending)]
                if len(found) != 1:
                    raise SourceContractError(
                        f"its zip holds {len(found)} files that end in {ending}, not one; have "
                        "it packed as declared, or declare what it packs"
                    )
                with archive.open(found[0]) as stream:
                    chunks = iter(lambda: stream.read(CHUNK), b"")
                    self._write(chunks, target, f"{found[0].filename} in its zip")
        except (zipfile.BadZipFile, EOFError, zlib.error) as error:
            raise WorthARetry(f"its zip is damaged or cut ({error})") from None
        except (NotImplementedError, RuntimeError) as error:
            raise SourceContractError(f"its zip can't be unpacked ({error})") from None
        return target

    def _examine(self, content: Path) -> None:
        """Refuse what is not the file declared, such as an error page sent as one."""
        if content.suffix == ".gz":
            try:
                with refusing(), open_bytes(content) as stream:
                    while stream.read(CHUNK):
                        pass
            except Refused as refused:
                raise WorthARetry(refused.reason) from None
        delivery = files.Delivery(content, self.shelf.name, sha256="", size=0)
        seen = examine(delivery, self.file.table)
        if isinstance(seen, Problem):
            raise SourceContractError(
                f"what it sent is not as declared: {seen.refused.reason}; "
                f"{seen.refused.advice}. The file fetched before stays"
            )


def _conditions(known: Note | None) -> dict[str, str]:
    said = {
        "If-None-Match": known.etag if known else None,
        "If-Modified-Since": known.last_modified if known else None,
    }
    return {name: value for name, value in said.items() if value}


def _first(chunks: Iterable[bytes]) -> list[bytes]:
    """Enough of an answer to show."""
    taken: list[bytes] = []
    for chunk in chunks:
        taken.append(chunk)
        if sum(map(len, taken)) > _ERROR_TEXT:
            break
    return taken
