"""`storehouse dashboard`: where it listens, and the start of Streamlit."""

from __future__ import annotations

import os
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer

from storehouse.cli.listening import Host, address_of, listen
from storehouse.cli.terminal import AsJson, emit
from storehouse.core.errors import ConfigError

_APP = Path(__file__).parents[1] / "serving" / "dashboard" / "app.py"
_USUAL_PORT = 8501


def dashboard(
    host: Host = "127.0.0.1",
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
    with listen(host, port, _USUAL_PORT) as listening:
        address = address_of(host, listening)
    emit({"address": address}, as_json, lambda: f"The dashboard is at {address} (Ctrl-C ends it).")
    sys.stdout.flush()
    # What Streamlit says is no answer: whoever reads the address has all of it.
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    os.execv(  # noqa: S606  Streamlit takes this process's place, so signals reach it
        sys.executable,
        [
            *(sys.executable, "-m", "streamlit", "run", str(_APP)),
            *("--server.address", host, "--server.port", address.rpartition(":")[2]),
            *("--server.headless", str(not browser).lower()),
        ],
    )
