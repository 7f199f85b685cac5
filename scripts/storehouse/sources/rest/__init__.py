"""REST and GraphQL sources: declared in yml, read page by page."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import datetime

from storehouse.sources.declarations.entry import SourceEntry
from storehouse.sources.declarations.tables import Table
from storehouse.sources.portion import PortionSource, Stream, Window
from storehouse.sources.rest.client import connected
from storehouse.sources.rest.declaration import Declared, read_declared
from storehouse.sources.rest.stream import RestStream


@dataclass(frozen=True)
class RestSource:
    """See sources.portion.PortionSource."""

    declared: Declared

    @property
    def name(self) -> str:
        return self.declared.name

    @property
    def tables(self) -> Sequence[Table]:
        return self.declared.tables

    @property
    def parallel(self) -> int:
        return self.declared.connection.parallel

    @property
    def variables(self) -> Sequence[str]:
        return self.declared.connection.variables

    def open(
        self, environ: Mapping[str, str], window: Window, now: Callable[[], datetime]
    ) -> AbstractContextManager[Sequence[Stream]]:
        return self._opened(environ, window, now)

    @contextmanager
    def _opened(
        self, environ: Mapping[str, str], window: Window, now: Callable[[], datetime]
    ) -> Iterator[Sequence[Stream]]:
        with connected(self.declared.connection, self.parallel, environ, now) as http:
            yield [RestStream(http, one, window, now) for one in self.declared.resources]


def read_source(entry: SourceEntry) -> PortionSource:
    return RestSource(read_declared(entry))
