"""Access control: by API key, or to this machine only where there are no keys."""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus
from pathlib import Path
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from storehouse.core.errors import ConfigError
from storehouse.serving.api.problems import problem
from storehouse.serving.api_keys import is_valid

LOOPBACK = ("127.0.0.1", "localhost", "::1")
_OPEN = ("/healthz", "/openapi.json")
# A reverse proxy connects from this machine, often under its name, on behalf of others.
_FORWARDED = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip")


def refuse_open_server(host: str, keys: Path) -> None:
    """Raise ConfigError for a server that other machines could reach without a key."""
    if host not in LOOPBACK and not keys.exists():
        raise ConfigError(
            f"{host} can be reached from other machines, which requires API keys, and there are "
            "none. Create one with `storehouse api-keys add NAME`, or leave out --host."
        )


def refuse_useless_origins(origins: Sequence[str], keys: Path) -> None:
    """Raise ConfigError for origins that every request would be refused for."""
    foreign = [one for one in origins if urlsplit(one).hostname not in LOOPBACK]
    if foreign and not keys.exists():
        raise ConfigError(
            f"Web pages of {foreign[0]} need an API key, and there are none. "
            "Create one with `storehouse api-keys add NAME`, or leave out --allow-origin."
        )


class Guard:
    """Rejects requests without a valid key; the file of keys is read for each request.

    Without a file, Host and Origin must be loopback names, so that a web page can't use the
    visitor's browser to read data, not even by DNS rebinding; and no proxy may have forwarded
    the request.
    """

    def __init__(self, app: ASGIApp, keys: Path, *, required: bool) -> None:
        self._app, self._keys, self._required = app, keys, required

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] in _OPEN:
            await self._app(scope, receive, send)
            return
        headers, path = Headers(scope=scope), scope["path"]
        try:
            if self._required or self._keys.exists():
                scheme, _, key = headers.get("authorization", "").partition(" ")
                if scheme.lower() == "bearer" and is_valid(self._keys, key.strip()):
                    await self._app(scope, receive, send)
                    return
                refusal = problem(
                    HTTPStatus.UNAUTHORIZED,
                    "A valid API key is required, as `Authorization: Bearer KEY`. "
                    "`storehouse api-keys add NAME` creates one.",
                    path,
                    {"WWW-Authenticate": "Bearer"},
                )
            elif _is_of_this_machine(headers):
                await self._app(scope, receive, send)
                return
            else:
                refusal = problem(
                    HTTPStatus.MISDIRECTED_REQUEST,
                    "Without API keys, only direct requests to 127.0.0.1, localhost or ::1 are "
                    "accepted, not those of a proxy. Use one of these addresses, or create a key "
                    "with `storehouse api-keys add NAME`.",
                    path,
                )
        except ConfigError as error:
            refusal = problem(HTTPStatus.SERVICE_UNAVAILABLE, str(error), path)
        await refusal(scope, receive, send)


def _is_of_this_machine(headers: Headers) -> bool:
    if any(name in headers for name in _FORWARDED):
        return False
    addresses = [f"//{headers.get('host', '')}", *headers.getlist("origin")]
    try:
        return all(urlsplit(address).hostname in LOOPBACK for address in addresses)
    except ValueError:
        return False
