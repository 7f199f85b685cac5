"""The days of histories.py that are asked for at an API or a web server."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from loaders.http_files.web import Hosted, zipped
from loaders.shopify.objects import (
    customer,
    gid,
    line,
    location,
    order,
    refund,
    refund_line,
    transaction,
)
from storehouse.prove.medusa import Medusa
from warehouse.bank import Bank

FIRST_DAY = datetime(2026, 3, 20, 9, tzinfo=UTC)


def medusa_days(shop: Medusa) -> Iterator[None]:
    """Variants, stock and payments are read whole on each day."""
    shop.at(FIRST_DAY)
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
    yield
    # An edit takes a line away; a capture, a parcel, a return that is announced, a price.
    shop.at(FIRST_DAY + timedelta(days=1))
    shop.order(2, shop.item("21", 3, 4, "30"), customer=2)
    shop.payment(2, "138", captured=True)
    sent = {"id": "ful_1", "shipped_at": shop.now, "delivered_at": None, "canceled_at": None}
    shop.order(1, fulfillment_status="shipped", fulfillments=[sent])
    shop.give_back(1, "11", 2, 1, "requested")
    shop.customer(1, "York")
    shop.variant(2, "25")
    shop.stock(1, 44)
    yield
    # The return comes, an order is cancelled, one gets a credit, one that was placed before all
    # others is late; a customer, a variant and a reservation are deleted.
    shop.at(FIRST_DAY + timedelta(days=2))
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
    yield
    # The first credit comes anew with the next, in a further version; the variant is back.
    shop.at(FIRST_DAY + timedelta(days=3))
    again, other = shop.credit(4, "5", 2), shop.credit(4, "3", 3) | {"id": "ordcl_other"}
    shop.order(4, credit_lines=[again, other])
    shop.variant(4, "41")
    shop.variant(3, "33")
    shop.stock(1, 40)
    yield
    yield


def shopify_days(shop: Mapping[str, list[dict[str, Any]]]) -> Iterator[None]:
    """Each list is asked for what has changed."""
    del shop["productVariants"][8:], shop["products"][8:], shop["inventoryItems"][8:]
    variants, orders = shop["productVariants"], shop["orders"]
    shop["locations"][:] = [location(1, "Warehouse", [(one, 10) for one in variants])]
    late = orders.pop(5)
    yield
    # Late comes an order; another loses a line; a product's name and an item's cost change.
    at = f"{FIRST_DAY + timedelta(days=1):%Y-%m-%dT%H:%M:%SZ}"
    late["updatedAt"] = at
    orders.insert(5, late)
    orders[0]["lineItems"].pop()
    orders[0] |= {"updatedAt": at, "edited": True, "totalPriceSet": late["totalPriceSet"]}
    variants[0]["product"] |= {"title": "Tea pot", "updatedAt": at}
    cost = {"amount": "7.00", "currencyCode": "GBP"}
    variants[1]["inventoryItem"] |= {"unitCost": cost, "updatedAt": at}
    _restock(shop, 0, 9, at)
    yield
    # A refund; a transaction that was a mistake is gone; order, customer and variants are deleted.
    at = f"{FIRST_DAY + timedelta(days=2):%Y-%m-%dT%H:%M:%SZ}"
    back = [refund_line(90, late["lineItems"][0], "15.00", "0.00", "RETURN")]
    late |= {"updatedAt": at, "refunds": [refund(9, at, "15.00", back)]}
    late["transactions"].append(transaction(90, "REFUND", "15.00"))
    orders[3] |= {"updatedAt": at, "transactions": orders[3]["transactions"][1:]}
    orders[:] = [one for one in orders if one["id"] != gid("Order", 3)]
    del shop["customers"][1]
    gone = variants.pop()
    variants[3] |= {"price": "1.20", "updatedAt": at}
    yield
    # The refund is gone from its order, the variant is back, and there is a further order.
    at = f"{FIRST_DAY + timedelta(days=3):%Y-%m-%dT%H:%M:%SZ}"
    late |= {"updatedAt": at, "refunds": [], "transactions": late["transactions"][:1]}
    gone["updatedAt"] = at
    variants.append(gone)
    lines = [line(101, gone, 2, "3.00"), line(102, variants[0], 1, "20.00", "4.00")]
    paid = [transaction(101, "SALE", "30.00")]
    orders.append(order(10, at, "30.00", lines, transactions=paid))
    shop["customers"].append(customer(3, "Grace Hopper", "New York", at))
    _restock(shop, 0, 4, at)
    yield
    yield


def _restock(shop: Mapping[str, list[dict[str, Any]]], place: int, units: int, at: str) -> None:
    level = shop["locations"][0]["inventoryLevels"][place]
    level["updatedAt"] = at
    level["quantities"][1]["quantity"] = units


def ecb_days(bank: Bank) -> Iterator[None]:
    """A further day, one corrected in the daily file, one in all of them, one that is gone."""
    yield
    last = max(bank.rates)
    bank.rates[last + timedelta(days=1)] = {**bank.rates[last], "GBP": Decimal("0.9")}
    bank.publish()
    yield
    bank.rates[last + timedelta(days=1)]["GBP"] = Decimal("0.8")
    bank.rates[last + timedelta(days=2)] = {**bank.rates[last], "USD": None}
    bank.publish()
    yield
    bank.rates[date(2026, 3, 3)]["GBP"] = Decimal("0.5")
    del bank.rates[date(2026, 3, 10)]
    bank.publish()
    yield
    header, *days = bank.historical().splitlines()
    hosted = bank.api.routes["/rates/eurofxref-hist.zip"]
    assert isinstance(hosted, Hosted)
    hosted.put(zipped(**{"eurofxref-hist__csv": "\n".join([header, *reversed(days), ""])}))
    yield
