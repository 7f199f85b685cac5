"""The event in a webhook's body, its rows as the source's file or pull would land them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import astuple
from hashlib import sha256
from typing import Any

from storehouse.core.display import brief
from storehouse.live.receiver.records import ApiRecords
from storehouse.log.events import Event
from storehouse.sources import exact_json
from storehouse.sources.declarations.moments import utc_moment
from storehouse.sources.events.contract import Contract, Refused, Row, parsed
from storehouse.sources.events.declaration import EventTable, Webhook, is_header

_LONGEST_TEXT = 500
_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


class Payload:
    """How the bodies of one source's webhooks become events."""

    def __init__(self, webhook: Webhook, contract: Contract, records: ApiRecords | None) -> None:
        self._webhook = webhook
        self._contract = contract
        self._records = records

    @property
    def header_names(self) -> tuple[str, ...]:
        """The headers that hold an event's texts, in small letters."""
        places = astuple(self._webhook.envelope)
        return tuple(place[1] for place in places if is_header(place))

    def event(
        self, body: bytes, headers: Mapping[str, str], signed_id: str, received_at: str
    ) -> Event:
        """The event in a body that is signed. Raises Refused."""
        try:
            text = body.decode()
            found = parsed(text)
            data = self._data(found, text)
        except Refused:
            raise
        except (ValueError, RecursionError) as error:
            raise Refused(f"it can't be read: {error}") from None
        rows = self._contract.checked(data)
        envelope = self._webhook.envelope
        time = _text(envelope.time, found, headers) or received_at
        if utc_moment(time) is None:
            raise Refused(f"its time {brief(time)!r} is not a moment of ISO 8601")
        return Event(
            # The sender's, which repeats it when it tries again.
            id=_text(envelope.id, found, headers) or signed_id or sha256(body).hexdigest(),
            source=self._webhook.source,
            type=_text(envelope.type, found, headers) or "rows",
            time=time,
            data=_ENCODER.encode(rows),
        )

    def _data(self, found: object, text: str) -> object:
        if not isinstance(found, dict):
            raise Refused("it is not a JSON object")
        if self._records is not None:
            return self._records.rows(text)
        data = found.get("data")
        return data if _is_plain(data, self._contract) else _as_written(text, self._contract)


def _text(place: tuple[str, ...], found: Mapping[str, Any], headers: Mapping[str, str]) -> str:
    """The text at a place of an envelope, or an empty one. Raises Refused."""
    value: Any = found
    if is_header(place):
        value = headers.get(place[1])
    else:
        for name in place:
            value = value.get(name) if isinstance(value, dict) else None
    if value is None:
        return ""
    if not isinstance(value, str) or len(value) > _LONGEST_TEXT:
        raise Refused(f"its {place[-1]} is not a text of at most {_LONGEST_TEXT} characters")
    return value


def _is_plain(data: object, contract: Contract) -> bool:
    """Whether no value is nested, and no name undeclared: then nothing needs its own characters."""
    if not isinstance(data, dict):
        return True
    return all(
        row.keys() <= table.names and not any(isinstance(one, dict | list) for one in row.values())
        for name, rows in data.items()
        if (table := contract.tables.get(name)) and isinstance(rows, list)
        for row in rows
        if isinstance(row, dict)
    )


def _as_written(text: str, contract: Contract) -> object:
    """The rows with nested values as their characters, and undeclared ones in `_extra`."""
    data = exact_json.members(exact_json.members(text)["data"])
    return {
        name: [
            _row(contract.tables.get(name), exact_json.members(row))
            for row in exact_json.elements(rows)
        ]
        for name, rows in data.items()
    }


def _row(table: EventTable | None, record: exact_json.Record) -> Row:
    declared = table.names if table else record.keys()
    row = {name: exact_json.landed(raw) for name, raw in record.items() if name in declared}
    extra = {name: raw for name, raw in record.items() if name not in declared}
    return row | {"_extra": exact_json.object_text(extra)} if extra else row
