"""What lands of several sources over some days, with changes, deletions, late and repeated rows."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from storehouse.core.progress import Silent
from storehouse.landing.load import load
from warehouse.medusa import serving_medusa
from warehouse.shop import Home

_FIRST = datetime(2026, 3, 2, 9, tzinfo=UTC)


def land(home: Home, day: int) -> None:
    """Load what is new, on a day."""
    moment = _FIRST + timedelta(days=day, hours=12)
    report = load(
        home.settings, progress=Silent(), now=lambda: moment, environ=home.environ
    )
    report.raise_for_problems()


def land_medusa(home: Home) -> None:
    """Four days. Variants, stock and payments are read whole on each."""
    with serving_medusa() as shop:
        home.environ.update({"MEDUSA_URL": shop.api.address, "MEDUSA_SECRET_KEY": "sk_invented"})
        shop.at(_FIRST)
        for number in (1, 2):
            shop.customer(number, "Leeds")
        for number in (1, 2, 3, 4):
            shop.variant(number, f"{number}0")
            shop.stock(number, 50)
        shop.order(1, shop.item("11", 1, 3, "10"), shop.item("12", 2, 1, "20"))
        shop.order(2, shop.item("21", 3, 1, "30"), shop.item("22", 4, 2, "40"), customer=2)
        shop.order(3, shop.item("31", 1, 2, "10"))
        shop.order(4, shop.item("41", 2, 5, "20"))
        shop.payment(1, "66", captured=True)
        shop.payment(2, "138", captured=False)
        shop.payment(3, "30", captured=True)
        shop.reservation(1, 3)
        land(home, 0)

        # An edit that takes a line away, a capture, a parcel, a return that is announced, a price.
        shop.at(_FIRST + timedelta(days=1))
        shop.order(2, shop.item("21", 3, 4, "30"), customer=2)
        shop.payment(2, "138", captured=True)
        sent = {"id": "ful_1", "shipped_at": shop.now, "delivered_at": None, "canceled_at": None}
        shop.order(1, fulfillment_status="shipped", fulfillments=[sent])
        shop.give_back(1, "11", 2, 1, "requested")
        shop.customer(1, "York")
        shop.variant(2, "25")
        shop.stock(1, 44)
        land(home, 1)

        # The return comes, an order is cancelled, one gets a credit, one that was placed before
        # all others is late; a customer, a variant and a reservation are deleted.
        shop.at(_FIRST + timedelta(days=2))
        shop.order(1, shop.item("11", 1, 3, "10", back=1, damaged=1), shop.item("12", 2, 1, "20"))
        shop.give_back(1, "11", 2, 1, "received")
        shop.payment(1, "66", captured=True, refunded="24")
        shop.order(3, status="canceled", canceled_at=shop.now)
        shop.payment(3, "30", captured=True, refunded="30")
        shop.order(4, credit_lines=[shop.credit(4, "5", 2)])
        shop.order(5, shop.item("51", 3, 1, "30"), placed_at="2026-02-27T23:30:00.000Z")
        del shop.customers.records["cus_2"]
        del shop.variants.records["variant_4"]
        del shop.reservations.records["resitem_1"]
        shop.stock(2, 45)
        land(home, 2)

        # The credit is there anew in the next version, with another one; the variant is back.
        shop.at(_FIRST + timedelta(days=3))
        shop.order(4, credit_lines=[shop.credit(4, "5", 2), shop.credit(4, "3", 3) | {"id": "new"}])
        shop.variant(4, "41")
        shop.variant(3, "33")
        shop.stock(1, 40)
        land(home, 3)
