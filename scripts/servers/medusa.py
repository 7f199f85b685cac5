"""A Medusa shop of one's own, for tests and trials: medusa.py start|stop|install FOLDER.

`start` installs Medusa and makes its database, an administrator and a secret API key
where they are missing, starts it on a free port of 127.0.0.1, waits until it answers and
prints {"url": …, "key": …, "receiver": …}; where it runs already it only prints. Medusa
needs Node 20 and npm; its PostgreSQL is servers/postgresql.py's, in FOLDER/postgresql. With
`--orders` the first start also fills it with an invented shop (medusa_seed.py). With
STOREHOUSE_RECEIVER and MEDUSA_WEBHOOK_SECRET set it posts its orders and customers to that
receiver as they change (medusa_events.py); it is started again if they have changed. `stop` stops
both; their data stay. `install` installs only, which takes minutes and needs the registry.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

import httpx

from servers import postgresql
from servers.medusa_events import RECEIVER, subscriber_variables
from servers.medusa_install import DEFAULT_APP, install
from servers.medusa_seed import seed
from servers.medusa_server import Address, Server
from servers.medusa_shop import signed_in
from servers.postgresql import ServerError


def start(
    folder: Path, app: Path = DEFAULT_APP, environ: Mapping[str, str] = os.environ
) -> Address:
    """Install, make and start; where it is and its key. Raises ServerError."""
    server = Server(folder.resolve(), app.resolve(), subscriber_variables(environ))
    install(server.app)
    server.folder.mkdir(parents=True, exist_ok=True)
    database = postgresql.start(server.folder / "postgresql")
    if server.is_running():
        if server.posts_as_asked():
            return server.address()
        server.stop()
    server.make(database)
    server.start(database)
    return server.address()


def stop(folder: Path, app: Path = DEFAULT_APP) -> None:
    Server(folder.resolve(), app.resolve()).stop()
    postgresql.stop(folder.resolve() / "postgresql")


@contextmanager
def running(
    folder: Path, app: Path = DEFAULT_APP, environ: Mapping[str, str] = os.environ
) -> Iterator[Address]:
    """A server that runs as long as the block."""
    try:
        yield start(folder, app, environ)
    finally:
        stop(folder, app)


def _fill(note: Path, address: Address, orders: int) -> None:
    """Invent a shop unless there is one; the note says which orders it has."""
    if note.exists():
        return
    try:
        with signed_in(address.url, address.key) as admin:
            seeded = seed(admin, orders)
    except (httpx.HTTPError, RuntimeError) as error:
        raise ServerError(
            f"Medusa refused a part of the generated shop: {error}. Stop it, remove "
            f"{note.parent} and start it again."
        ) from error
    note.write_text(json.dumps(seeded.orders))


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("command", choices=("install", "start", "stop"))
    parser.add_argument("folder", type=Path, help="its data; of install: the programs")
    parser.add_argument("--app", type=Path, default=DEFAULT_APP, help="the programs (var/medusa)")
    parser.add_argument("--orders", type=int, default=0, help="of a generated shop; default: none")
    given = parser.parse_args()
    try:
        if given.command == "install":
            install(given.folder.resolve())
        elif given.command == "stop":
            stop(given.folder, given.app)
        else:
            address = start(given.folder, given.app)
            if given.orders:
                _fill(given.folder / "seeded.json", address, given.orders)
            print(json.dumps(asdict(address)))
            if address.receiver is None:
                print(
                    f"It posts no events: set {RECEIVER} to have it do so (docs/medusa.md).",
                    file=sys.stderr,
                )
    except ServerError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
