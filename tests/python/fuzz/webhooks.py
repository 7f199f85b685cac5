"""Feeds bodies of webhooks, sound and broken, to what makes events of them.

    python tests/python/fuzz/webhooks.py -runs=N [-seed=N] [-max_total_time=SECONDS]
    python tests/python/fuzz/webhooks.py var/crash-…   (tries again what failed)

An input is a body, or says which rows one has and how they are written and damaged. What is taken
lands as a reader of JSON that keeps each value's characters sees it, comes out of the log as it
went in, and is taken by the load; all else is refused with a reason. Signatures are checked beside
it: what is signed is accepted, and no longer once a byte of it is another.
"""

from __future__ import annotations

import json
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import atheris  # type: ignore[import-untyped]

sys.path.insert(0, str(Path(__file__).parents[1]))

from fuzz.driver import main

with atheris.instrument_imports(include=["storehouse"]):
    from storehouse.live.receiver.payloads import Payload
    from storehouse.live.receiver.signatures import Unsigned, sign, verify
    from storehouse.log.events import Event, as_json, from_json
    from storehouse.log.sqlite import SqliteLog
    from storehouse.sources import exact_json
    from storehouse.sources.declarations import Column
    from storehouse.sources.events.contract import Contract, Refused
    from storehouse.sources.events.declaration import (
        STYLES,
        Envelope,
        EventTable,
        Signature,
        Webhook,
    )

_NOW, _SECRET = 1_700_000_000.0, b"a secret of twenty-four b"
_RECEIVED_AT = "2026-01-01T00:00:00+00:00"
_COLUMNS = tuple(Column(name, name, optional=name == "c") for name in ("a", "b", "c"))
_TABLES = {
    name: EventTable("s", name, "raw_s", _COLUMNS, key=("a",), records="") for name in ("t", "u")
}
_NAMES = ("a", "b", "c", "d", "_extra", "é", "")
_VALUES = (
    '"x"', '""', "null", "true", "false", "0", "-0", "1.10", "1e400", "12345678901234567890",
    '"\\u00e9"', '"\\ud834\\udd1e"', '"\\ud834"', '"\\u0000"', "[1.0, {}]", '{"a": 1.0}', "NaN",
    '"2026-01-01T00:00:00Z"', "01", '"é𝄞"',
)  # fmt: skip
_EXAMPLES = [
    b'\x00{"id": "1", "type": "t", "data": {"t": [{"a": "1", "b": null}]}}',
    *(bytes(range(at, at + 80)) for at in range(1, 170, 60)),
]
_WORDS = [b'"data":', b'"t"', b'[{"a":', b'"id"', b'"time"', b"\\ud834", b"null", b"1.10", b"}]}}"]

# atheris has no types; this is its FuzzedDataProvider.
Data = Any


class Webhooks:
    """Tries an input; what is taken goes through a log below `folder`."""

    def __init__(self, folder: Path) -> None:
        self._log = SqliteLog(folder / "log.sqlite")
        self._contract = Contract(_TABLES.values())
        envelope = Envelope(id=("id",), type=("type",), time=("time",))
        signature = Signature("stripe", "SECRET", "", timedelta(minutes=5))
        webhook = Webhook("s", "rows", envelope, signature)
        self._payload = Payload(webhook, self._contract, None)

    def check(self, raw: bytes) -> None:
        data = atheris.FuzzedDataProvider(raw)
        if data.ConsumeIntInRange(0, 3) == 0:
            body = data.ConsumeBytes(data.remaining_bytes())
        else:
            body = _body(data)
        self._check_event(body)
        _check_signature(data, body)

    def _check_event(self, body: bytes) -> None:
        try:
            event = self._payload.event(body, {}, "", _RECEIVED_AT)
        except Refused:
            return
        taken = self._contract.read(event.data)
        assert taken == _expected(body), (body, taken)
        assert from_json(as_json(event), "s", 1).id == event.id
        end = self._log.end()
        self._log.append([event])
        kept: list[tuple[int, Event]] = self._log.read(end, 10)
        assert not kept or kept[0][1] == event


def _expected(body: bytes) -> dict[str, list[dict[str, str | None]]]:
    """The rows by a reader that never turns a value into a number."""
    members = exact_json.members(body.decode())
    tables = exact_json.members(members["data"])
    return {
        name: [_row(exact_json.members(row)) for row in exact_json.elements(rows)]
        for name, rows in tables.items()
    }


def _row(record: dict[str, str]) -> dict[str, str | None]:
    declared = (*(column.name for column in _COLUMNS), "_extra")
    row = {name: exact_json.landed(raw) for name, raw in record.items() if name in declared}
    extra = {name: raw for name, raw in record.items() if name not in declared}
    return row | {"_extra": exact_json.object_text(extra)} if extra else row


def _body(data: Data) -> bytes:
    """A body of rows, mostly sound."""
    tables = []
    for _ in range(data.ConsumeIntInRange(0, 2)):
        rows = []
        for _ in range(data.ConsumeIntInRange(0, 3)):
            pairs = {"a": '"1"', "b": "null"} if data.ConsumeIntInRange(0, 9) else {}
            for _ in range(data.ConsumeIntInRange(0, 3)):
                pairs[data.PickValueInList([*_NAMES])] = data.PickValueInList([*_VALUES])
            rows.append("{" + ", ".join(f"{json.dumps(k)}: {v}" for k, v in pairs.items()) + "}")
        name = data.PickValueInList(["t", "u", "v"])
        tables.append(f'"{name}": [{", ".join(rows)}]')
    envelope = "".join(
        f'"{name}": {data.PickValueInList([*_VALUES])}, '
        for name in ("id", "type", "time")
        if data.ConsumeBool()
    )
    body = f'{{{envelope}"data": {{{", ".join(tables)}}}}}'.encode()
    if data.ConsumeIntInRange(0, 9) == 0:
        body = body[: data.ConsumeIntInRange(0, len(body))] + data.ConsumeBytes(3)
    return body


def _check_signature(data: Data, body: bytes) -> None:
    signature = Signature(data.PickValueInList([*STYLES]), "SECRET", "", timedelta(minutes=5))
    headers = sign(signature, _SECRET, body, "e1", _NOW)
    verify(signature, [_SECRET], headers, body, _NOW)
    place = data.ConsumeIntInRange(0, max(len(body) - 1, 0))
    other = body[:place] + b"x" + body[place + 1 :]
    name = data.PickValueInList(sorted(headers))
    wrong = headers | {name: data.ConsumeUnicodeNoSurrogates(40)}
    for changed, given in ((other, headers), (body, wrong)):
        if (changed, given) == (body, headers):
            continue
        try:
            verify(signature, [_SECRET], given, changed, _NOW)
        except Unsigned:
            continue
        assert changed == body, "a changed body is not signed"
        assert wrong[name].strip() == headers[name].strip(), "a changed header does not sign"


if __name__ == "__main__":
    main(lambda folder: Webhooks(folder).check, _EXAMPLES, _WORDS)
