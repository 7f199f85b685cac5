"""A receiver as a user starts it, and a sender that signs what it sends."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx

from serving.served import serving
from storehouse.live.receiver.signatures import secrets_in, sign
from storehouse.sources.events.declaration import Signature
from warehouse.shop import Home

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"  # noqa: S105  for tests
ENVIRON = {"SHOP_WEBHOOK_SECRET": SECRET}
SIGNATURE = Signature("standard_webhooks", "SHOP_WEBHOOK_SECRET", "", timedelta(minutes=5))
PAYMENT = {
    "payment_id": "P1",
    "order_id": "O1",
    "payment_kind": "charge",
    "payment_status": "succeeded",
    "payment_method": "card",
    "amount": "12.50",
    "currency_code": "GBP",
    "processed_at": "2025-12-01T10:00:00Z",
    "updated_at": "2025-12-01T10:00:00Z",
}


@dataclass(frozen=True)
class Client:
    """Sends events of the shop to a receiver at `address`."""

    address: str
    http: httpx.Client

    def post(
        self,
        body: bytes | str,
        *,
        event_id: str = "m1",
        at: float | None = None,
        headers: dict[str, str] | None = None,
        source: str = "shop",
    ) -> httpx.Response:
        content = body.encode() if isinstance(body, str) else body
        signed = signed_headers(content, event_id, at)
        return self.http.post(
            f"{self.address}/webhooks/{source}", content=content, headers=signed | (headers or {})
        )

    def send(self, event_id: str, **row: Any) -> httpx.Response:
        """Send an event of one payment."""
        return self.post(body_of(event_id, **row), event_id=event_id)


def signed_headers(body: bytes, event_id: str, at: float | None = None) -> dict[str, str]:
    (secret,) = secrets_in(SIGNATURE, SECRET)
    return sign(SIGNATURE, secret, body, event_id, time.time() if at is None else at)


def body_of(event_id: str, **row: Any) -> str:
    return json.dumps(
        {
            "specversion": "1.0",
            "id": event_id,
            "source": "/shop",
            "type": "shop.payment",
            "time": "2025-12-01T10:00:01Z",
            "data": {"payments": [PAYMENT | row]},
        }
    )


@contextmanager
def receiving(home: Home, *arguments: str) -> Iterator[Client]:
    with serving(home, "receive", *arguments) as address, httpx.Client(timeout=30) as http:
        yield Client(address.removesuffix("/webhooks"), http)
