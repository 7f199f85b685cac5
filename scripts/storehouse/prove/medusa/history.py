"""Some weeks of an invented shop on Medusa: orders and what becomes of them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from random import Random

from storehouse.prove.medusa.answers import Record
from storehouse.prove.medusa.shop import Medusa

_FIRST_DAY = datetime(2026, 3, 20, 9, tzinfo=UTC)
_CUSTOMERS, _VARIANTS = 8, 12
_CHANGES_PER_ORDER = 3


def live_on(shop: Medusa, orders: int, days: int, rng: Random) -> Iterator[None]:
    """Yields after each change; no two have the same moment.

    Orders are edited, sent, delivered, cancelled, credited and given back, whether or not that
    makes sense. Customers move. Prices, stock, payments and returns change as well, which no event
    tells of.
    """
    history = _History(shop, rng)
    changes = orders * (1 + _CHANGES_PER_ORDER)
    step = timedelta(days=days) / changes
    shop.at(_FIRST_DAY)
    history.open()
    yield
    placed = 0
    for number in range(1, changes + 1):
        shop.at(_FIRST_DAY + max(step, timedelta(seconds=1)) * number)
        if placed == 0 or rng.random() < (orders - placed) / (changes - number + 1):
            placed += 1
            history.place(placed)
        else:
            rng.choice(history.changes)(rng.randint(1, placed))
        yield


class _History:
    """What may happen. The number of an order says which."""

    def __init__(self, shop: Medusa, rng: Random) -> None:
        self._shop, self._rng = shop, rng
        self._items = 0
        self.changes = (
            *(self._edit, self._send, self._deliver, self._cancel, self._credit, self._give_back),
            *(self._pay, self._move, self._price),
        )

    def open(self) -> None:
        for number in range(1, _CUSTOMERS + 1):
            self._shop.customer(number, "Leeds")
        for number in range(1, _VARIANTS + 1):
            self._shop.variant(number, f"{number}0.50")
            self._shop.stock(number, 50)

    def place(self, order: int) -> None:
        customer = self._rng.randint(1, _CUSTOMERS)
        self._shop.order(order, *self._lines(), customer=customer)
        total = self._order(order)["raw_total"]["value"]
        self._shop.payment(order, total, captured=self._rng.random() < 0.8)  # noqa: PLR2004

    def _lines(self) -> list[Record]:
        return [self._item() for _ in range(self._rng.randint(1, 3))]

    def _item(self) -> Record:
        self._items += 1
        variant, quantity = self._rng.randint(1, _VARIANTS), self._rng.randint(2, 4)
        return self._shop.item(str(self._items), variant, quantity, f"{variant}0.50")

    def _order(self, order: int) -> Record:
        return self._shop.orders.records[f"order_{order}"]

    def _change(self, order: int, *items: Record, **changes: object) -> None:
        """A further version of an order, of which all else stays."""
        known = self._order(order)
        kept = {
            name: known[name]
            for name in ("status", "fulfillment_status", "canceled_at", "fulfillments")
        }
        customer = int(known["customer_id"].removeprefix("cus_"))
        self._shop.order(order, *items, customer=customer, **{**kept, **changes})

    def _edit(self, order: int) -> None:
        """Items are taken away, stay or are added."""
        kept = [one for one in self._order(order)["items"] if self._rng.random() < 0.6]  # noqa: PLR2004
        self._change(order, *kept, *self._lines())

    def _send(self, order: int) -> None:
        sent = {
            "id": f"ful_{order}", "shipped_at": self._shop.now, "delivered_at": None,
            "canceled_at": None,
        }  # fmt: skip
        self._change(order, fulfillment_status="shipped", fulfillments=[sent])

    def _deliver(self, order: int) -> None:
        came = [
            {**one, "delivered_at": self._shop.now} for one in self._order(order)["fulfillments"]
        ]
        self._change(order, fulfillment_status="delivered", fulfillments=came)

    def _cancel(self, order: int) -> None:
        self._change(order, status="canceled", canceled_at=self._shop.now)

    def _credit(self, order: int) -> None:
        """Earlier credit lines come anew with each version."""
        made_in = self._order(order)["version"] + 1
        made = {one["metadata"]["created_in_version"] for one in self._order(order)["credit_lines"]}
        lines = [
            {
                **self._shop.credit(order, "1.25", version),
                "id": f"ordcl_{order}_{made_in}_{version}",
            }
            for version in sorted({*made, made_in})
        ]
        self._change(order, credit_lines=lines)

    def _give_back(self, order: int) -> None:
        """One unit of the first item comes back, and shows in the order as in the return."""
        first, *others = self._order(order)["items"]
        detail = {**first["detail"], "raw_return_received_quantity": {"value": "1"}}
        total = {"value": str(first["raw_unit_price"]["value"])}
        back = {**first, "detail": detail, "raw_return_received_total": total}
        self._change(order, back, *others)
        self._shop.give_back(order, first["id"].removeprefix("ordli_"), 1, 0, "received")

    def _pay(self, order: int) -> None:
        self._shop.payment(order, "5", captured=True, refunded="1.5")

    def _move(self, order: int) -> None:
        self._shop.customer(order % _CUSTOMERS + 1, self._rng.choice(("York", "Hull", "Leeds")))

    def _price(self, order: int) -> None:
        variant = order % _VARIANTS + 1
        self._shop.variant(variant, f"{self._rng.randint(10, 99)}.75")
        self._shop.stock(variant, self._rng.randint(0, 60))
