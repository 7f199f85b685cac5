"""REST and GraphQL sources: declared in yml, read page by page."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import datetime
from threading import Lock

import httpx

from storehouse.declarations.entry import SourceEntry
from storehouse.declarations.tables import Table
from storehouse.errors import ConfigError
from storehouse.sources.portion import Asked, PortionSource, Stream
from storehouse.sources.rest.answers import Judge
from storehouse.sources.rest.auth import make_auth
from storehouse.sources.rest.declaration import Declared, read_declared
from storehouse.sources.rest.http import Http, without_logs
from storehouse.sources.rest.secrets import Secrets
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
        self, environ: Mapping[str, str], asked: Asked, now: Callable[[], datetime]
    ) -> AbstractContextManager[Sequence[Stream]]:
        return self._opened(environ, asked, now)

    @contextmanager
    def _opened(
        self, environ: Mapping[str, str], asked: Asked, now: Callable[[], datetime]
    ) -> Iterator[Sequence[Stream]]:
        connection = self.declared.connection
        patience = connection.patience
        address = environ[connection.address_variable].strip()
        _check_address(connection.address_variable, address)
        secrets = Secrets()
        without_logs()
        with httpx.Client(
            auth=make_auth(connection.auth, environ, address, secrets, now),
            headers={
                "Accept": "application/json",
                "User-Agent": "storehouse",
                **connection.headers,
            },
            timeout=patience.timeout_seconds,
            limits=httpx.Limits(
                max_connections=self.parallel, max_keepalive_connections=self.parallel
            ),
            trust_env=False,
        ) as client:
            http = Http(client, address, patience, Judge(patience, secrets), now, Lock())
            yield [RestStream(http, one, asked, now) for one in self.declared.resources]


def read_source(entry: SourceEntry) -> PortionSource:
    return RestSource(read_declared(entry))


def _check_address(variable: str, address: str) -> None:
    try:
        url = httpx.URL(address)
    except httpx.InvalidURL:
        url = httpx.URL("")
    if url.scheme not in ("http", "https") or not url.host or url.userinfo:
        raise ConfigError(
            f"{variable} is no address of a REST source: it must begin with https:// (or "
            "http://) and a host, and hold no user or password."
        )
