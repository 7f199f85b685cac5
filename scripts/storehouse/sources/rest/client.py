"""Connecting to a source: one connection pool, with authentication."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from threading import Lock

import httpx

from storehouse.core.errors import ConfigError
from storehouse.sources.rest.answers import Judge
from storehouse.sources.rest.auth import make_auth
from storehouse.sources.rest.codings import ACCEPTED
from storehouse.sources.rest.connection import Connection
from storehouse.sources.rest.http import Http, without_logs
from storehouse.sources.rest.secrets import Secrets
from storehouse.sources.rest.transport import Transport

_HEADERS = {"User-Agent": "storehouse", "Accept-Encoding": ACCEPTED}


@contextmanager
def connected(
    connection: Connection,
    parallel: int,
    environ: Mapping[str, str],
    now: Callable[[], datetime],
    accept: str = "application/json",
) -> Iterator[Http]:
    """Raises ConfigError if the variable of the address does not hold one."""
    address = environ[connection.url_variable].strip()
    _check_address(connection.url_variable, address)
    secrets = Secrets()
    secrets.add_address(httpx.URL(address).path)
    without_logs()
    limits = httpx.Limits(max_connections=parallel, max_keepalive_connections=parallel)
    with httpx.Client(
        auth=make_auth(connection, environ, address, secrets, now),
        headers={**_HEADERS, "Accept": accept, **connection.headers},
        timeout=connection.policy.timeout_seconds,
        transport=Transport(limits, connection.largest),
        trust_env=False,
    ) as client:
        judge = Judge(connection.policy, secrets, connection.charset)
        yield Http(client, address, connection.policy, judge, now, Lock())


def _check_address(variable: str, address: str) -> None:
    try:
        url = httpx.URL(address)
    except httpx.InvalidURL:
        url = httpx.URL("")
    if url.scheme not in ("http", "https") or not url.host or url.userinfo:
        raise ConfigError(
            f"{variable} is no address of a source: it must begin with https:// (or "
            "http://) and a host, and hold no user or password."
        )
