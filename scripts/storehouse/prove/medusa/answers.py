"""What Medusa's admin API answers with: lists, amounts and the sums of an order."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

Record = dict[str, Any]

_KNOWN = {"fields", "order", "limit", "offset", "id[$gt]", "updated_at[$gte]", "updated_at[$lte]"}
TAX = Decimal("0.2")


@dataclass
class Listing:
    """A list of the API. Its records are told apart by `id`; what is not asked for is not sent."""

    name: str
    records: dict[str, Record] = field(default_factory=dict)

    def put(self, record: Record) -> None:
        self.records[record["id"]] = record

    def answer(self, query: Mapping[str, str]) -> tuple[int, Record]:
        """The status and document that it answers a request with."""
        if unknown := set(query) - _KNOWN:
            return 400, {"message": f"Unrecognized fields: {unknown}"}
        found = [
            self.records[key]
            for key in sorted(self.records)
            if key > query.get("id[$gt]", "")
            and query.get("updated_at[$gte]", "") <= self.records[key].get("updated_at", "~")
            and self.records[key].get("updated_at", "") <= query.get("updated_at[$lte]", "~")
        ]
        start, limit = int(query.get("offset", 0)), int(query["limit"])
        page = found[start : start + limit]
        if query["fields"] == "id":
            page = [{"id": record["id"]} for record in page]
        return 200, {self.name: page, "count": len(found), "offset": start}


def written(document: Record) -> bytes:
    return json.dumps(document).encode()


def raw(value: object) -> Record:
    return {"value": str(value), "precision": 20}


def post(number: int, at: str) -> Record:
    return {
        "id": f"ordsm_{number}",
        "name": "Post",
        "is_tax_inclusive": False,
        "raw_amount": raw(5),
        "created_at": at,
        "tax_lines": [{"raw_rate": raw(20)}],
        "adjustments": [],
    }


def sums(items: list[Record], credit_lines: list[Record]) -> dict[str, Decimal]:
    """What Medusa states of an order: without what came back, less credit lines."""
    left = sum(
        (
            Decimal(one["raw_unit_price"]["value"])
            * (
                int(one["raw_quantity"]["value"])
                - int(one["detail"]["raw_return_received_quantity"]["value"])
                - int(one["detail"]["raw_return_dismissed_quantity"]["value"])
            )
            for one in items
        ),
        Decimal(0),
    )
    credited = sum((Decimal(one["raw_amount"]["value"]) for one in credit_lines), Decimal(0))
    return {
        "item_subtotal": left,
        "item_tax_total": left * TAX,
        "item_total": left * (1 + TAX),
        "original_item_total": left * (1 + TAX),
        "shipping_total": Decimal(6),
        "shipping_tax_total": Decimal(1),
        "tax_total": left * TAX + 1,
        "credit_line_total": credited,
        "total": left * (1 + TAX) + 6 - credited,
    }
