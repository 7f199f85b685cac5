"""What a subscriber in a shop on Medusa posts: each order and customer, whole, when it changes."""

from __future__ import annotations

import json
from collections.abc import Iterator

from storehouse.prove.medusa.answers import Record
from storehouse.prove.medusa.shop import Medusa


class Subscriber:
    """Follows one shop, and numbers what it posts."""

    def __init__(self, shop: Medusa) -> None:
        self._shop = shop
        self._known: dict[str, Record] = {}
        self._posted = 0

    def bodies(self) -> Iterator[bytes]:
        """Of all that has changed since it last looked."""
        for kind, listing in (("order", self._shop.orders), ("customer", self._shop.customers)):
            for key, record in listing.records.items():
                if self._known.get(key) != record:
                    self._known[key] = record
                    self._posted += 1
                    yield body_of(kind, record, self._posted)


def body_of(kind: str, record: Record, number: int) -> bytes:
    return json.dumps(
        {
            "id": f"evt_{number}",
            "type": f"{kind}.updated",
            "time": record["updated_at"],
            "data": {kind: record},
        }
    ).encode()
