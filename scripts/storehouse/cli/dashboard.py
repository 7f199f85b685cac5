"""`storehouse dashboard`: its address, and the start of Streamlit."""

from __future__ import annotations

import os
import socket
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer

from storehouse.cli.terminal import AsJson, emit
from storehouse.core.errors import ConfigError

_APP = Path(__file__).parents[1] / "serving" / "dashboard" / "app.py"
_DEFAULT_PORT = 8501


def dashboard(
    host: Annotated[
        str, typer.Option(help="Address to listen on; by default this machine only.")
    ] = "127.0.0.1",
    port: Annotated[
        int | None, typer.Option(help="Default: 8501, or a free one.", min=1, max=65535)
    ] = None,
    browser: Annotated[bool, typer.Option("--browser", help="Open it in the browser.")] = False,
    as_json: AsJson = False,
) -> None:
    """Serve the published data as pages in the browser, until Ctrl-C.

    Nothing leaves the machine. Anyone who reaches the address can read it: there is no login.
    """
    if find_spec("streamlit") is None:
        raise ConfigError(
            "The dashboard needs the extra `serving`. Run `make env`, "
            "or `pip install 'storehouse[serving]'`."
        )
    port = _port(host, port)
    address = f"http://{f'[{host}]' if ':' in host else host}:{port}"
    emit({"address": address}, as_json, lambda: f"The dashboard is at {address} (Ctrl-C ends it).")
    sys.stdout.flush()
    # Streamlit's own output is not part of the result, which is the address alone.
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    os.execv(  # noqa: S606  Streamlit replaces this process, so signals reach it
        sys.executable,
        [
            *(sys.executable, "-m", "streamlit", "run", str(_APP)),
            *("--server.address", host, "--server.port", str(port)),
            *("--server.headless", str(not browser).lower()),
        ],
    )


def _port(host: str, requested: int | None) -> int:
    """The requested port, or else the default one or any that is free."""
    for port in (requested,) if requested else (_DEFAULT_PORT, 0):
        try:
            with socket.create_server(
                (host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET
            ) as server:
                return int(server.getsockname()[1])
        except OSError as error:
            reason = error.strerror
    raise ConfigError(f"{host}, port {requested or 'any'}, can't be listened on: {reason}.")
