"""`storehouse receive`: webhooks of sources into the event log."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import Annotated

import typer

from storehouse.cli.listening import Host, listen, need_extra, run_server
from storehouse.cli.terminal import AsJson
from storehouse.core.config import load_settings

_PORT = 8504


def receive(
    host: Host = "127.0.0.1",
    port: Annotated[
        int | None, typer.Option(help="Default: 8504, or a free one.", min=1, max=65535)
    ] = None,
    largest: Annotated[int, typer.Option("--max-bytes", help="Size limit of a body.", min=1)] = 1024
    * 1024,
    waiting: Annotated[
        int, typer.Option("--max-waiting", help="Most events received at once.", min=1)
    ] = 1000,
    as_json: AsJson = False,
) -> None:
    """Receive webhooks of sources at /webhooks/SOURCE and append them to the event log.

    Answers 200 once the event is on disk, 202 for one that is kept as a dead letter. A secret is
    read from the variable that the source's yml names.
    """
    need_extra("The receiver needs", "live", "prometheus_client", "starlette", "uvicorn")
    from storehouse.live.receiver.admission import Limits
    from storehouse.live.receiver.app import Receiver
    from storehouse.live.receiver.senders import senders
    from storehouse.log.opening import log_address

    settings = load_settings()
    found, left_out = senders(settings, os.environ)
    with log_address(settings).opened() as log:
        limits = Limits(body=largest, requests=waiting)
        app = Receiver(log, found, limits, now=lambda: datetime.now(UTC)).app()
        text = f"Webhooks of {', '.join(found)} are received at {{}}/webhooks/SOURCE"
        if left_out:
            text += f", not those of {', '.join(left_out)}"
        run_server(app, host, listen(host, port, _PORT), text, as_json=as_json, fast=True)
