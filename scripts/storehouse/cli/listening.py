"""The address that a server listens on, and the server."""

from __future__ import annotations

import socket
import sys
from importlib.util import find_spec
from typing import TYPE_CHECKING, Annotated

import typer

from storehouse.cli.terminal import emit
from storehouse.core.errors import ConfigError

if TYPE_CHECKING:
    from starlette.types import ASGIApp

_IDLE_SECONDS = 75  # longer than proxies and clients keep a connection that they may use again
Host = Annotated[str, typer.Option(help="Address to listen on; by default this machine only.")]


def address_of(host: str, listening: socket.socket) -> str:
    return f"http://{f'[{host}]' if ':' in host else host}:{listening.getsockname()[1]}"


def listen(host: str, port: int | None, default: int) -> socket.socket:
    """Listen on `port`; without one, on the default, or on any free port."""
    for candidate in (port,) if port else (default, 0):
        try:
            listening = socket.create_server(
                (host, candidate), family=socket.AF_INET6 if ":" in host else socket.AF_INET
            )
        except OSError as error:
            reason = error.strerror
        else:
            # Connections inherit it; else answers wait 40 ms for the client's acknowledgement.
            listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return listening
    raise ConfigError(
        f"{host}, port {port or 'any'}, can't be used: {reason}. Name another with --port."
    )


def need_extra(who: str, extra: str, *modules: str) -> None:
    """Raise ConfigError, beginning with `who` needs it, if a module of an extra is missing."""
    missing = [name for name in modules if find_spec(name) is None]
    if missing:
        raise ConfigError(
            f"{who} the extra `{extra}`, of which {', '.join(missing)} is missing: run "
            f"`make env`, or `pip install 'storehouse[{extra}]'`."
        )


def run_server(
    app: ASGIApp, host: str, listening: socket.socket, text: str, *, as_json: bool, fast: bool
) -> None:
    """Serve; the port is open before its address is printed.

    `fast` takes the loop and parser of the extra `live` where they are installed, and leaves out
    what the receiver has no use for.
    """
    from uvicorn import Config, Server

    address = address_of(host, listening)
    emit({"address": address}, as_json, lambda: f"{text.format(address)} (Ctrl-C ends it).")
    sys.stdout.flush()
    config = Config(
        app,
        log_config=None,
        access_log=not fast,
        server_header=False,
        proxy_headers=not fast,
        timeout_keep_alive=_IDLE_SECONDS,
        loop="auto" if fast else "asyncio",
        http="auto" if fast else "h11",
    )
    try:
        Server(config).run(sockets=[listening])
    except KeyboardInterrupt:  # uvicorn has completed the open requests
        return
