"""What Medusa's subscriber needs to post events: medusa_events.py prints it for a shop of yours.

The subscriber is medusa/src/subscribers/storehouse.js. It posts to STOREHOUSE_RECEIVER, signs with
MEDUSA_WEBHOOK_SECRET, and reads what STOREHOUSE_EVENTS says, which this module takes from the
declaration of the source `medusa`:

    export STOREHOUSE_EVENTS="$(python scripts/servers/medusa_events.py)"
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from servers.postgresql import ServerError
from storehouse.core.config import load_settings
from storehouse.core.errors import StorehouseError
from storehouse.live.receiver.signatures import header_of
from storehouse.sources.declarations.entry import SourceEntry, read_source_entry
from storehouse.sources.events.declaration import event_tables, read_webhook

RECEIVER = "STOREHOUSE_RECEIVER"
_EVENTS = "STOREHOUSE_EVENTS"
_PROJECT = Path(__file__).parents[2]
_DATA = "data."


def subscriber_variables(environ: Mapping[str, str]) -> dict[str, str]:
    """The subscriber's environment; empty if `environ` names no receiver. Raises ServerError."""
    receiver = environ.get(RECEIVER, "")
    if not receiver:
        return {}
    if "@" in receiver:
        raise ServerError(
            f"{RECEIVER} has a user or password, which Medusa can't send. Set it to an address "
            "without one, such as http://127.0.0.1:8504/webhooks/medusa: events are signed."
        )
    address = urlsplit(receiver)
    if address.scheme not in ("http", "https") or not address.path.startswith("/webhooks/"):
        raise ServerError(
            f"{RECEIVER} is {receiver!r}. It must be the address of `storehouse receive`, such as "
            "http://127.0.0.1:8504/webhooks/medusa."
        )
    source = _source()
    webhook = read_webhook(source)
    secret = webhook.signature.secret_variable if webhook else ""
    if not environ.get(secret):
        raise ServerError(
            f"{RECEIVER} is set, and {secret} is not: set it to the secret of the receiver, at "
            "least 16 characters, such as `openssl rand -hex 24` prints."
        )
    return {RECEIVER: receiver, secret: environ[secret], _EVENTS: events(source)}


def events(source: SourceEntry | None = None) -> str:
    """JSON: the header of the signature, and the fields to read by the record's name in `data`."""
    source = source or _source()
    webhook = read_webhook(source)
    if webhook is None or webhook.signature.style != "stripe":
        raise ServerError(f"{source.path} declares no signature of style stripe for events.")
    fields = {}
    for table in event_tables(source):
        if table.records:
            (landing,) = (one.landing for one in source.tables if one.name == table.table)
            listed = landing.below("params").text("fields").split(",")
            fields[table.records.removeprefix(_DATA)] = [one.strip() for one in listed]
    return json.dumps({"header": header_of(webhook.signature), "fields": fields})


def _source() -> SourceEntry:
    return read_source_entry(load_settings({}, _PROJECT), "medusa")


def main() -> int:
    argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    ).parse_args()
    try:
        print(events())
    except StorehouseError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
