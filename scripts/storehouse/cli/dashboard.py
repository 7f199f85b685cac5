"""`storehouse dashboard`: where it listens, and the start of Streamlit."""

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
_USUAL_PORT = 8501


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
    # What Streamlit says is no answer: whoever reads the address has all of it.
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    os.execv(  # noqa: S606  Streamlit takes this process's place, so signals reach it
        sys.executable,
        [
            *(sys.executable, "-m", "streamlit", "run", str(_APP)),
            *("--server.address", host, "--server.port", str(port)),
            *("--server.headless", str(not browser).lower()),
        ],
    )


def _port(host: str, asked: int | None) -> int:
    """The port that was asked for, or else the usual one or any that is free."""
    for port in (asked,) if asked else (_USUAL_PORT, 0):
        try:
            with socket.create_server(
                (host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET
            ) as server:
                return int(server.getsockname()[1])
        except OSError as error:
            reason = error.strerror
    raise ConfigError(f"{host}, port {asked or 'any'}, can't be listened on: {reason}.")
