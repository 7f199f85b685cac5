"""`storehouse serve` and `storehouse mcp`: published data for programs and assistants."""

from __future__ import annotations

from typing import Annotated

import typer

from storehouse.cli.listening import Host, listen, need_extra, run_server
from storehouse.cli.terminal import AsJson
from storehouse.core.config import load_settings
from storehouse.core.errors import ConfigError

_HOST = "127.0.0.1"
_API_PORT = 8500
_MCP_PORT = 8502
Seconds = Annotated[
    float, typer.Option("--timeout", help="Time limit of a request, in seconds.", min=0.001)
]


def serve(
    host: Host = _HOST,
    port: Annotated[
        int | None, typer.Option(help="Default: 8500, or a free one.", min=1, max=65535)
    ] = None,
    seconds: Seconds = 30,
    allow_origin: Annotated[
        list[str] | None,
        typer.Option(
            help="Allow web pages of this origin (CORS), as https://shop.example; repeatable."
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Serve published data over HTTP: reports, metrics, explain and diff, until Ctrl-C.

    Once an API key exists (`storehouse api-keys add`), every request needs one; without keys
    only this machine has access. /openapi.json describes all requests.
    """
    _need_extra()
    from storehouse.serving.api.app import create_app
    from storehouse.serving.api.guard import refuse_open_server, refuse_useless_origins

    settings = load_settings()
    refuse_open_server(host, settings.api_keys)
    refuse_useless_origins(allow_origin or (), settings.api_keys)
    app = create_app(settings, host=host, seconds=seconds, allowed_origins=allow_origin or ())
    text = "The API is at {}/v1"
    run_server(app, host, listen(host, port, _API_PORT), text, as_json=as_json, fast=False)


def mcp(
    http: Annotated[
        bool, typer.Option("--http", help="Serve over HTTP instead of standard input and output.")
    ] = False,
    host: Host = _HOST,
    port: Annotated[
        int | None, typer.Option(help="Default: 8502, or a free one.", min=1, max=65535)
    ] = None,
    seconds: Seconds = 30,
    as_json: AsJson = False,
) -> None:
    """Serve published data to AI assistants by the Model Context Protocol (MCP).

    Uses standard input and output, or with --http the path /mcp, where API keys apply as for
    `storehouse serve`.
    """
    _need_extra()
    from storehouse.serving.api.guard import refuse_open_server
    from storehouse.serving.assistant import over_http, over_standard_io

    settings = load_settings()
    if not http:
        if port is not None or host != _HOST:
            raise ConfigError("--host and --port need --http: add it, or leave them out.")
        over_standard_io(settings, seconds=seconds)
        return
    refuse_open_server(host, settings.api_keys)
    app = over_http(settings, host, seconds=seconds)
    text = "The MCP server is at {}/mcp"
    run_server(app, host, listen(host, port, _MCP_PORT), text, as_json=as_json, fast=False)


def _need_extra() -> None:
    need_extra("The API and assistants need", "api", "fastapi", "mcp", "uvicorn")
