"""Working a Medusa shop as its staff and its customers do, through its own API."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx

Json = dict[str, Any]
ADDRESS = {
    "first_name": "Ada",
    "last_name": "Byron",
    "address_1": "1 High Street",
    "city": "Leeds",
    "postal_code": "LS1 1AA",
    "country_code": "gb",
}
_TIMEOUT_SECONDS = 60
_ORDER_FIELDS = "*items,*payment_collections.payments,*fulfillments,+total"


@dataclass(frozen=True)
class Places:
    """What a shop is set up with, by Medusa's numbers."""

    region: str
    channel: str
    location: str
    shipping: str
    profile: str


@dataclass(frozen=True)
class Admin:
    """Medusa's API: `call` as staff; `call_store` as a customer of the sales channel."""

    http: httpx.Client
    key: str = field(repr=False)
    publishable: str = ""

    def call(self, path: str, body: Mapping[str, Any] | None = None, **params: Any) -> Json:
        """POST where there is a body, else GET; below /admin."""
        return self._call(f"/admin{path}", body, params, auth=(self.key, ""))

    def call_store(self, path: str, body: Mapping[str, Any]) -> Json:
        header = {"x-publishable-api-key": self.publishable}
        return self._call(f"/store{path}", body, {}, headers=header)

    def delete(self, path: str) -> None:
        self._checked(self.http.delete(f"/admin{path}", auth=(self.key, "")))

    def _call(
        self, path: str, body: Mapping[str, Any] | None, params: Mapping[str, Any], **how: Any
    ) -> Json:
        if body is None:
            return self._checked(self.http.get(path, params=params, **how))
        return self._checked(self.http.post(path, params=params, json=body, **how))

    def _checked(self, answer: httpx.Response) -> Json:
        request = answer.request
        said = f"{request.method} {request.url.path}: {answer.status_code} {answer.text[:500]}"
        if answer.is_error:
            raise RuntimeError(said)
        try:
            found: Json = answer.json()
        except ValueError as error:
            raise RuntimeError(f"{said} is not JSON. Is it the address of a Medusa?") from error
        return found


@contextmanager
def signed_in(url: str, key: str) -> Iterator[Admin]:
    with httpx.Client(base_url=url, timeout=_TIMEOUT_SECONDS) as http:
        yield Admin(http, key)


@dataclass(frozen=True)
class Shop:
    """What can be done in a shop that is set up."""

    admin: Admin
    places: Places

    def order(
        self,
        lines: Sequence[tuple[str, int]],
        email: str,
        promotion: str | None = None,
    ) -> str:
        """Buy (variant, quantity) through a cart; the order's id."""
        store = self.admin.call_store
        cart = store(
            "/carts",
            {
                "region_id": self.places.region,
                "sales_channel_id": self.places.channel,
                "email": email,
                "shipping_address": ADDRESS,
                "billing_address": ADDRESS,
                "items": [{"variant_id": v, "quantity": n} for v, n in lines],
                **({"promo_codes": [promotion]} if promotion else {}),
            },
        )["cart"]["id"]
        store(f"/carts/{cart}/shipping-methods", {"option_id": self.places.shipping})
        collection = store("/payment-collections", {"cart_id": cart})["payment_collection"]["id"]
        session = {"provider_id": "pp_system_default"}
        store(f"/payment-collections/{collection}/payment-sessions", session)
        done = store(f"/carts/{cart}/complete", {})
        if done["type"] != "order":
            raise RuntimeError(f"cart {cart} became no order: {done}")
        return str(done["order"]["id"])

    def draft(self, lines: Sequence[tuple[str, int, float]], email: str) -> str:
        """An order by telephone, of (variant, quantity, price), made of a draft; its id."""
        draft = self.admin.call(
            "/draft-orders",
            {
                "region_id": self.places.region,
                "sales_channel_id": self.places.channel,
                "email": email,
                "shipping_address": ADDRESS,
                "billing_address": ADDRESS,
                "items": [{"variant_id": v, "quantity": n, "unit_price": p} for v, n, p in lines],
                "shipping_methods": [
                    {
                        "name": "Parcel",
                        "shipping_option_id": self.places.shipping,
                        "amount": 4.95,
                    }
                ],
            },
        )["draft_order"]["id"]
        self.admin.call(f"/draft-orders/{draft}/convert-to-order", {})
        return str(draft)

    def read(self, order: str) -> Json:
        read: Json = self.admin.call(f"/orders/{order}", fields=_ORDER_FIELDS)["order"]
        return read

    def payments(self, order: str) -> list[str]:
        collections = self.read(order)["payment_collections"]
        return [payment["id"] for one in collections for payment in one["payments"]]

    def capture(self, order: str) -> None:
        for payment in self.payments(order):
            self.admin.call(f"/payments/{payment}/capture", {})

    def pay(self, order: str) -> None:
        """What an edit made dearer, paid by bank transfer."""
        for one in self.read(order)["payment_collections"]:
            if one["status"] == "not_paid":
                path = f"/payment-collections/{one['id']}/mark-as-paid"
                self.admin.call(path, {"order_id": order})

    def refund(self, order: str, amount: float | None = None, note: str = "") -> None:
        """Give money back of the order's first payment; all of it where no amount is said."""
        body = {"note": note, **({} if amount is None else {"amount": amount})}
        self.admin.call(f"/payments/{self.payments(order)[0]}/refund", body)

    def cancel(self, order: str) -> None:
        self.admin.call(f"/orders/{order}/cancel", {})

    def ship(self, order: str, *, deliver: bool = False) -> None:
        """Send all that is left of it."""
        items = [
            {"id": i["id"], "quantity": i["quantity"] - i["detail"]["fulfilled_quantity"]}
            for i in self.read(order)["items"]
        ]
        items = [item for item in items if item["quantity"]]
        path = f"/orders/{order}/fulfillments"
        body = {"items": items, "location_id": self.places.location}
        made = self.admin.call(path, body, fields="*fulfillments")["order"]["fulfillments"][-1]
        self.admin.call(f"{path}/{made['id']}/shipments", {"items": items})
        if deliver:
            self.admin.call(f"{path}/{made['id']}/mark-as-delivered", {})

    def edit(self, order: str, added: tuple[str, int]) -> None:
        """Add (variant, quantity) to it, and confirm the edit."""
        self.admin.call("/order-edits", {"order_id": order})
        item = {"variant_id": added[0], "quantity": added[1]}
        self.admin.call(f"/order-edits/{order}/items", {"items": [item]})
        self._confirm_edit(order)

    def set_quantity(self, order: str, item: str, quantity: int) -> None:
        self.admin.call("/order-edits", {"order_id": order})
        self.admin.call(f"/order-edits/{order}/items/item/{item}", {"quantity": quantity})
        self._confirm_edit(order)

    def _confirm_edit(self, order: str) -> None:
        self.admin.call(f"/order-edits/{order}/request", {})
        self.admin.call(f"/order-edits/{order}/confirm", {})

    def announce(self, order: str, item: str, quantity: int) -> str:
        """A return of one line, not yet received; its id."""
        body = {"order_id": order, "location_id": self.places.location}
        made = str(self.admin.call("/returns", body)["return"]["id"])
        items = {"items": [{"id": item, "quantity": quantity}]}
        self.admin.call(f"/returns/{made}/request-items", items)
        self.admin.call(f"/returns/{made}/request", {})
        return made

    def receive(self, announced: str, item: str, whole: int, damaged: int = 0) -> None:
        path = f"/returns/{announced}"
        self.admin.call(f"{path}/receive", {})
        for word, quantity in (("receive", whole), ("dismiss", damaged)):
            if quantity:
                items = {"items": [{"id": item, "quantity": quantity}]}
                self.admin.call(f"{path}/{word}-items", items)
        self.admin.call(f"{path}/receive/confirm", {})

    def stock(self, inventory_item: str, quantity: int) -> None:
        """Set what lies there."""
        path = f"/inventory-items/{inventory_item}/location-levels/{self.places.location}"
        self.admin.call(path, {"stocked_quantity": quantity})

    def reserve(self, inventory_item: str, quantity: int) -> None:
        body = {
            "inventory_item_id": inventory_item,
            "location_id": self.places.location,
            "quantity": quantity,
        }
        self.admin.call("/reservations", body)
