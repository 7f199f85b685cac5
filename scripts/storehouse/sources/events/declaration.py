"""What `config.meta.landing.events` of a source and its tables declares.

docs/live.md is the guide to the keys; this module reads and checks them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property

from storehouse.sources.declarations.entry import Entry, SourceEntry, TableEntry
from storehouse.sources.declarations.tables import Table

# How webhooks are signed; live.receiver.signatures has the checks.
STYLES = ("shopify", "woocommerce", "stripe", "standard_webhooks")
PAYLOADS = ("rows", "records")
_TOLERANCE_SECONDS = 300
_HEADER = "header:"


@dataclass(frozen=True)
class EventTable(Table):
    """A raw table that takes events; a row must have a value in each column of `key`.

    `records` is the path of its records in a webhook's payload, or empty.
    """

    key: tuple[str, ...]
    records: str

    @cached_property
    def names(self) -> frozenset[str]:
        """All that a row may have."""
        return frozenset((*(column.name for column in self.columns), "_extra"))

    @cached_property
    def required(self) -> frozenset[str]:
        """All that a row must have, if only as null."""
        return frozenset(column.name for column in self.columns if not column.optional)


@dataclass(frozen=True)
class Signature:
    """How a webhook is signed; `header` replaces the style's own one if it is not empty."""

    style: str
    secret_variable: str
    header: str
    tolerance: timedelta


@dataclass(frozen=True)
class Envelope:
    """Where a payload has an event's texts: paths in its body, or `header:` and a name."""

    id: tuple[str, ...]
    type: tuple[str, ...]
    time: tuple[str, ...]


@dataclass(frozen=True)
class Webhook:
    """What a source sends to the receiver.

    With `payload` rows the body's `data` are raw rows by table; with records, they are the
    objects that the source's API returns.
    """

    source: str
    payload: str
    envelope: Envelope
    signature: Signature


def event_tables(source: SourceEntry) -> tuple[EventTable, ...]:
    """The tables of a source that take events. Raises ConfigError, naming file, table and key."""
    kind = source.landing.values.get("kind")
    taking = [table for table in source.tables if table.events.values]
    if taking and kind == "http_files":
        raise taking[0].events.error(
            "key",
            "is declared for files on a web server, where a missing file has no rows",
            "remove `events`",
        )
    return tuple(_table(source, table) for table in taking)


def _table(source: SourceEntry, table: TableEntry) -> EventTable:
    given = table.events
    given.only("key", "records")
    if "delivery" in table.landing.values:
        raise given.error(
            "key", "is declared for a table that is delivered whole", "remove `events`"
        )
    columns = table.columns("header")
    key = given.texts("key")
    names = [column.name for column in columns]
    if not key or any(name not in names for name in key):
        raise given.error(
            "key", f"is {', '.join(key) or 'missing'}", "name columns that identify a thing"
        )
    return EventTable(
        source.name, table.name, source.schema, columns, key, given.text("records", "")
    )


def read_webhook(source: SourceEntry) -> Webhook | None:
    """How the source sends events; None if it sends none. Raises ConfigError."""
    given = source.events
    if not given.values:
        return None
    given.only("payload", "envelope", "signature")
    payload = given.choice("payload", PAYLOADS)
    tables = event_tables(source)
    if not tables:
        raise given.error("payload", "is declared, and no table takes events", "declare their key")
    if payload == "records" and not any(table.records for table in tables):
        raise given.error("payload", "is records, and no table says where they are", "add records")
    envelope = given.below("envelope")
    envelope.only("id", "type", "time")
    return Webhook(
        source.name,
        payload,
        Envelope(*(_place(envelope, name) for name in ("id", "type", "time"))),
        _signature(given.below("signature")),
    )


def _place(envelope: Entry, name: str) -> tuple[str, ...]:
    place = envelope.text(name, name)
    if place.startswith(_HEADER):
        return (_HEADER, place.removeprefix(_HEADER).strip().lower())
    return tuple(place.split("."))


def is_header(place: tuple[str, ...]) -> bool:
    """Whether a place of an envelope is a header, whose name is then its last part."""
    return place[0] == _HEADER


def _signature(given: Entry) -> Signature:
    given.only("style", "secret_variable", "header", "tolerance_seconds")
    return Signature(
        given.choice("style", STYLES),
        given.text("secret_variable"),
        given.text("header", ""),
        timedelta(seconds=given.whole("tolerance_seconds", _TOLERANCE_SECONDS, least=1)),
    )
