"""Who may ask: those with a key, or, where there are no keys, this machine."""

from __future__ import annotations

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


def refuse_open_server(host: str, keys: Path) -> None:
    """Raise ConfigError for a server that others reach and that would need no key."""
    if host not in LOOPBACK and not keys.exists():
        raise ConfigError(
            f"On {host} others can ask too, so keys are needed and there are none. Add one by "
            "`storehouse api-keys add NAME`, or leave out --host."
        )


class Guard:
    """Refuses requests without a valid key, by the file of keys as it is at that moment.

    Without a file only this machine's own names are answered, so that no page of another
    site can have a browser ask, not even if its name was made to point here.
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
                    "A valid key is needed, as `Authorization: Bearer KEY`. "
                    "`storehouse api-keys add NAME` makes one.",
                    path,
                    {"WWW-Authenticate": "Bearer"},
                )
            elif _is_of_this_machine(headers):
                await self._app(scope, receive, send)
                return
            else:
                refusal = problem(
                    HTTPStatus.MISDIRECTED_REQUEST,
                    "Without keys only 127.0.0.1, localhost and ::1 are answered. Ask by one of "
                    "these names, or add a key by `storehouse api-keys add NAME`.",
                    path,
                )
        except ConfigError as error:
            refusal = problem(HTTPStatus.SERVICE_UNAVAILABLE, str(error), path)
        await refusal(scope, receive, send)


def _is_of_this_machine(headers: Headers) -> bool:
    addresses = [f"//{headers.get('host', '')}", *headers.getlist("origin")]
    try:
        return all(urlsplit(address).hostname in LOOPBACK for address in addresses)
    except ValueError:
        return False
