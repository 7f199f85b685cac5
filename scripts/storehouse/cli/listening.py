"""The address that a server listens on."""

from __future__ import annotations

import socket
from typing import Annotated

import typer

from storehouse.core.errors import ConfigError

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
