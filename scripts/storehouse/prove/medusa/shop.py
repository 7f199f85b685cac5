"""A shop on Medusa 2, by the shapes of its admin API; strict; invented figures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from storehouse.prove.medusa.answers import TAX, Listing, Record, post, raw, sums

# What the API has, by list and id.
Records = Mapping[str, Mapping[str, Record]]


@dataclass
class Medusa:
    """The shop. `now` is what it stamps changes with; `lists` are those of its API, by path."""

    now: str = ""
    lists: dict[str, Listing] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.orders = self._serve("orders")
        self.returns = self._serve("returns")
        self.payments = self._serve("payments")
        self.customers = self._serve("customers")
        self.variants = self._serve("variants", "product-variants")
        self.inventory = self._serve("inventory_items", "inventory-items")
        self.reservations = self._serve("reservations")

    @property
    def records(self) -> Records:
        """All of it as it is now. A record is never changed, only replaced."""
        return {path: dict(listing.records) for path, listing in self.lists.items()}

    def become(self, records: Records) -> None:
        for path, listing in self.lists.items():
            listing.records = dict(records[path])

    def at(self, moment: datetime) -> None:
        self.now = f"{moment:%Y-%m-%dT%H:%M:%S}.000Z"

    def customer(self, number: int, city: str) -> None:
        self.customers.put(
            {
                **self._stamped(self.customers, f"cus_{number}"),
                "email": f"{number}@example.com",
                "first_name": "Ada",
                "last_name": f"No. {number}",
                "has_account": True,
                "addresses": [{"city": city, "country_code": "gb"}],
            }
        )

    def variant(self, number: int, price: str) -> None:
        """A new price moves no `updated_at`."""
        key = f"variant_{number}"
        stamped = self._stamped(self.variants, key)
        known = self.variants.records.get(key, stamped)
        price_of = {
            "amount": float(price), "raw_amount": raw(price), "currency_code": "gbp",
            "min_quantity": None, "price_list_id": None, "rules_count": 0,
        }  # fmt: skip
        self.variants.put(
            {
                "id": key,
                "sku": f"SKU-{number}",
                "title": "Large",
                "updated_at": known["updated_at"],
                "product": {
                    "title": f"Thing {number}", "status": "published",
                    "type": {"value": "Things"}, "collection": None,
                },
                "prices": [price_of],
            }
        )  # fmt: skip

    def stock(self, number: int, quantity: int) -> None:
        stamped = self._stamped(self.inventory, f"iitem_{number}")
        level = {
            "id": f"ilev_{number}",
            "location_id": "sloc_1",
            "raw_stocked_quantity": raw(quantity),
            "raw_reserved_quantity": raw(0),
            "updated_at": self.now,
        }
        variants = [{"id": f"variant_{number}"}]
        self.inventory.put(
            {**stamped, "sku": f"SKU-{number}", "variants": variants, "location_levels": [level]}
        )

    def reservation(self, number: int, of: int) -> None:
        self.reservations.put(
            {
                **self._stamped(self.reservations, f"resitem_{number}"),
                "inventory_item_id": f"iitem_{of}",
                "location_id": "sloc_1",
                "line_item_id": None,
                "raw_quantity": raw(2),
            }
        )

    def order(
        self, number: int, *items: Record, customer: int = 1, placed_at: str = "", **changes: Any
    ) -> None:
        """An order, or a further version of it with these items."""
        stamped = self._stamped(self.orders, f"order_{number}")
        known = self.orders.records.get(stamped["id"], {})
        credited = changes.pop("credit_lines", known.get("credit_lines", []))
        lines = list(items) or known["items"]
        stated = sums(lines, credited)
        order = {
            **stamped,
            "created_at": placed_at or stamped["created_at"],
            "status": "pending",
            "fulfillment_status": "not_fulfilled",
            "payment_status": "captured",
            "version": known.get("version", 0) + 1,
            "customer_id": f"cus_{customer}",
            "currency_code": "gbp",
            "sales_channel": {"name": "Webshop"},
            "shipping_address": {"country_code": "gb"},
            "canceled_at": None,
            "shipping_methods": [post(number, stamped["created_at"])],
            "fulfillments": [],
            **{f"raw_{name}": raw(value) for name, value in stated.items()},
        }
        self.orders.put({**order, **changes, "items": lines, "credit_lines": credited})

    def item(
        self,
        number: str,
        variant: int,
        quantity: int,
        price: str,
        *,
        back: int = 0,
        damaged: int = 0,
    ) -> Record:
        """Of units that came back, `damaged` ones are apart."""
        return {
            "id": f"ordli_{number}",
            "variant_id": f"variant_{variant}",
            "title": f"Thing {variant}",
            "is_giftcard": False,
            "is_tax_inclusive": False,
            "raw_quantity": raw(quantity),
            "raw_unit_price": raw(price),
            "detail": {
                "raw_return_received_quantity": raw(back),
                "raw_return_dismissed_quantity": raw(damaged),
            },
            "raw_return_received_total": raw(back * Decimal(price) * (1 + TAX)),
            "raw_return_dismissed_total": raw(damaged * Decimal(price) * (1 + TAX)),
            "tax_lines": [{"raw_rate": raw(20)}],
            "adjustments": [],
            "created_at": self.now,
        }

    def credit(self, order: int, amount: str, made_in: int) -> Record:
        """A credit line, which each version of its order has anew, by another number."""
        version = self.orders.records[f"order_{order}"]["version"] + 1
        return {
            "id": f"ordcl_{order}_{version}",
            "version": version,
            "reference": "goodwill",
            "raw_amount": raw(amount),
            "metadata": {"created_in_version": made_in},
            "created_at": self.now,
        }

    def payment(self, order: int, amount: str, *, captured: bool, refunded: str = "") -> None:
        """A refund moves no `updated_at`."""
        key = f"pay_{order}"
        known = self.payments.records.get(key)
        stamped = known if known and refunded else self._stamped(self.payments, key)
        refunds = [*(known or {}).get("refunds", [])]
        if refunded:
            refunds.append({**self._part(f"ref_{order}_{len(refunds)}", refunded), "note": "sorry",
                            "refund_reason": {"label": "goodwill"}})  # fmt: skip
        captures = (known or {}).get("captures") or (
            [self._part(f"capt_{order}", amount)] if captured else []
        )
        self.payments.put(
            {
                "id": key,
                "created_at": stamped["created_at"],
                "updated_at": stamped["updated_at"],
                "raw_amount": raw(amount),
                "currency_code": "gbp",
                "provider_id": "pp_card",
                "captured_at": captures[0]["created_at"] if captures else None,
                "canceled_at": None,
                "payment_collection": {"order": {"id": f"order_{order}"}},
                "captures": captures,
                "refunds": refunds,
            }
        )

    def give_back(self, order: int, item: str, units: int, damaged: int, status: str) -> None:
        stamped = self._stamped(self.returns, f"return_{order}")
        came = status == "received"
        line = {"id": f"retitem_{order}", "item_id": f"ordli_{item}", "raw_quantity": raw(units)}
        if came:
            line |= {"raw_received_quantity": raw(units), "raw_damaged_quantity": raw(damaged)}
        self.returns.put(
            {
                **stamped,
                "order_id": f"order_{order}",
                "status": status,
                "received_at": self.now if came else None,
                "canceled_at": None,
                "items": [line],
            }
        )

    def _serve(self, name: str, path: str = "") -> Listing:
        listing = Listing(name)
        self.lists[f"/admin/{path or name}"] = listing
        return listing

    def _stamped(self, listing: Listing, key: str) -> Record:
        known = listing.records.get(key, {"created_at": self.now})
        return {"id": key, "created_at": known.get("created_at"), "updated_at": self.now}

    def _part(self, key: str, amount: str) -> Record:
        at = {"created_at": self.now, "updated_at": self.now}
        return {"id": key, "raw_amount": raw(amount), **at}
