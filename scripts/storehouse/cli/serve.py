"""`storehouse serve` and `storehouse mcp`: the published numbers for programs and assistants."""

from __future__ import annotations

import sys
from importlib.util import find_spec
from typing import TYPE_CHECKING, Annotated

import typer

from storehouse.cli.listening import Host, address_of, listen
from storehouse.cli.terminal import AsJson, emit
from storehouse.core.config import load_settings
from storehouse.core.errors import ConfigError

if TYPE_CHECKING:
    from socket import socket

    from starlette.types import ASGIApp

_API_PORT = 8500
_MCP_PORT = 8502
_IDLE_SECONDS = 75  # longer than proxies and clients keep a connection that they may use again
Seconds = Annotated[
    float, typer.Option("--timeout", help="Seconds that an answer may take.", min=0.001)
]


def serve(
    host: Host = "127.0.0.1",
    port: Annotated[
        int | None, typer.Option(help="Default: 8500, or a free one.", min=1, max=65535)
    ] = None,
    seconds: Seconds = 30,
    allow_origin: Annotated[
        list[str] | None,
        typer.Option(help="Let pages of this origin ask, as https://shop.example; repeatable."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Answer over HTTP with what is published: reports, metrics, explain, diff, until Ctrl-C.

    Where there are keys (`storehouse api-keys add`), each request needs one; without keys
    only this machine can ask. /openapi.json describes all requests.
    """
    _need_extra()
    from storehouse.serving.api.app import create_app
    from storehouse.serving.api.guard import refuse_open_server

    settings = load_settings()
    refuse_open_server(host, settings.api_keys)
    app = create_app(settings, host=host, seconds=seconds, allowed_origins=allow_origin or ())
    _run(app, host, listen(host, port, _API_PORT), "The API is at {}/v1", as_json=as_json)


def mcp(
    http: Annotated[
        bool, typer.Option("--http", help="Listen for HTTP instead of standard input.")
    ] = False,
    host: Host = "127.0.0.1",
    port: Annotated[
        int | None, typer.Option(help="Default: 8502, or a free one.", min=1, max=65535)
    ] = None,
    seconds: Seconds = 30,
    as_json: AsJson = False,
) -> None:
    """Answer assistants with what is published, by the Model Context Protocol.

    On standard input and output, as an assistant starts it; or with --http at /mcp, where
    keys are needed as for `storehouse serve`.
    """
    _need_extra()
    from storehouse.serving.api.guard import refuse_open_server
    from storehouse.serving.assistant import create_assistant, over_http

    settings = load_settings()
    assistant = create_assistant(settings, seconds=seconds)
    if not http:
        assistant.run()
        return
    refuse_open_server(host, settings.api_keys)
    app = over_http(assistant, settings, host)
    _run(app, host, listen(host, port, _MCP_PORT), "Assistants ask at {}/mcp", as_json=as_json)


def _run(app: ASGIApp, host: str, listening: socket, said: str, *, as_json: bool) -> None:
    """Serve; who has read the address can connect."""
    from uvicorn import Config, Server

    address = address_of(host, listening)
    emit({"address": address}, as_json, lambda: f"{said.format(address)} (Ctrl-C ends it).")
    sys.stdout.flush()
    try:
        Server(
            Config(app, log_config=None, server_header=False, timeout_keep_alive=_IDLE_SECONDS)
        ).run(sockets=[listening])
    except KeyboardInterrupt:  # uvicorn has ended what was under way
        return


def _need_extra() -> None:
    missing = [name for name in ("fastapi", "mcp", "uvicorn") if find_spec(name) is None]
    if missing:
        raise ConfigError(
            f"The API and assistants need the extra `api`, of which {', '.join(missing)} is "
            "missing: run `make env`, or `pip install 'storehouse[api]'`."
        )
