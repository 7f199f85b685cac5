"""The sources whose webhooks are received: declared, on, and with a secret in the environment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from storehouse.core.config import Settings
from storehouse.core.errors import ConfigError
from storehouse.live.receiver.payloads import Payload
from storehouse.live.receiver.records import ApiRecords
from storehouse.live.receiver.signatures import secrets_in, verify
from storehouse.sources.declarations.entry import SourceEntry, read_source_entry
from storehouse.sources.events.contract import Contract
from storehouse.sources.events.declaration import Webhook, event_tables, read_webhook


@dataclass(frozen=True)
class Sender:
    """A source that sends webhooks."""

    webhook: Webhook
    secrets: tuple[bytes, ...]
    payload: Payload

    @property
    def source(self) -> str:
        return self.webhook.source

    def verified(self, headers: Mapping[str, str], body: bytes, now: float) -> str:
        """See signatures.verify."""
        return verify(self.webhook.signature, self.secrets, headers, body, now)


def senders(
    settings: Settings, environ: Mapping[str, str]
) -> tuple[dict[str, Sender], tuple[str, ...]]:
    """The senders by source, and why other sources that declare webhooks are left out.

    Raises ConfigError for a declaration or secret that can't be used, and if no sender is left.
    """
    found: dict[str, Sender] = {}
    left_out = []
    for name in settings.sources:
        entry = read_source_entry(settings, name)
        webhook = read_webhook(entry)
        if webhook is None:
            continue
        variable = webhook.signature.secret_variable
        secrets = secrets_in(webhook.signature, environ.get(variable, ""))
        if secrets:
            found[name] = Sender(webhook, secrets, payload_of(entry, webhook))
        else:
            left_out.append(f"{name} ({variable} is not set)")
    if not found:
        reasons = ", ".join(left_out) or "no source that is on declares `events`"
        raise ConfigError(
            f"There are no webhooks to receive: {reasons}. Set the secret that the sender signs "
            "with; docs/live.md has the declarations."
        )
    return found, tuple(left_out)


def payload_of(entry: SourceEntry, webhook: Webhook) -> Payload:
    """Raises ConfigError for a declaration that can't be used."""
    tables = {table.table: table for table in event_tables(entry)}
    records = ApiRecords(entry, tables) if webhook.payload == "records" else None
    return Payload(webhook, Contract(tables.values()), records)
