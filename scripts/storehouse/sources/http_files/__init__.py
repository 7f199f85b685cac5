"""Files on a web server: declared in yml, fetched when they change, then landed as files."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from storehouse.core.errors import StorehouseError
from storehouse.core.guard import guarded
from storehouse.core.progress import Progress
from storehouse.sources.declarations.entry import SourceEntry
from storehouse.sources.declarations.files import TableDeclaration
from storehouse.sources.fetched import FetchedSource
from storehouse.sources.http_files.declaration import Declared, read_declared
from storehouse.sources.http_files.download import Download
from storehouse.sources.http_files.file_cache import FileCache
from storehouse.sources.portion import Window
from storehouse.sources.rest.client import connected


@dataclass(frozen=True)
class HttpFilesSource:
    """See sources.fetched.FetchedSource."""

    declared: Declared

    @property
    def name(self) -> str:
        return self.declared.name

    @property
    def tables(self) -> Sequence[TableDeclaration]:
        return [file.table for file in self.declared.files]

    @property
    def variables(self) -> Sequence[str]:
        return self.declared.connection.variables

    def fetch(
        self,
        environ: Mapping[str, str],
        window: Window,
        folder: Path,
        progress: Progress,
        now: Callable[[], datetime],
    ) -> list[StorehouseError]:
        errors: list[StorehouseError] = []
        caches = [
            (file, FileCache(folder / self.name, file.name, file.table.landing.pattern))
            for file in self.declared.files
        ]
        if window.full:
            for _, cache in caches:
                cache.forget()
        progress.start(f"fetching {self.name}", len(caches))
        with connected(self.declared.connection, 1, environ, now, accept="*/*") as http:
            for file, cache in caches:
                with guarded(errors, file.table.label):
                    Download(http, file, cache).run(now())
                progress.advance(1, cache.name)
        return errors


def read_source(entry: SourceEntry) -> FetchedSource:
    return HttpFilesSource(read_declared(entry))
