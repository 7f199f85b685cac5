"""What sources tell on some days: changes, deletions, late and repeated rows.

Each history yields when its source is as it is on the evening of a day, to be loaded then. On the
fourth everything is read anew. On the fifth, a quiet one ten days later, lists that are delivered
whole come again, and nothing has changed but one order.
"""

from __future__ import annotations

import csv
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

from loaders.http_files.web import Hosted, zipped
from loaders.rest.server import Api, serving
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
from loaders.shopify.server import PATH, Bucket, Shopify
from loaders.shopify.shop import shop as shopify_shop
from sample_shop import write_sample
from storehouse.core.progress import Silent
from storehouse.landing.load import load
from storehouse.prove.deliveries import cut
from storehouse.prove.extracts import write_extracts
from storehouse.prove.invoices import write_invoices
from storehouse.sources.portion import Window
from warehouse.author import LINE_HEADER, ORDER_HEADER, deliver
from warehouse.bank import Bank, publishing
from warehouse.medusa import Medusa
from warehouse.shop import Home

FILES = ("shop", "online_retail", "nightly_extract")
ALL = (*FILES, "medusa", "shopify", "ecb", "my_shop")
CHANGED_ON_THE_QUIET_DAY = "O000001"
_EVENINGS = [timedelta(days=day, hours=12) for day in (0, 1, 2, 3, 13)]
_ALL_ANEW = 3
_FIRST = datetime(2026, 3, 20, 9, tzinfo=UTC)


def live(home: Home) -> Home:
    """Load what each source of the home tells on each day."""
    sources = home.sources.split(",")
    with ExitStack() as stack:
        histories = []
        if {*FILES} & {*sources}:
            histories.append(_files(home, [name for name in FILES if name in sources]))
        if "medusa" in sources:
            medusa = Medusa()
            address = stack.enter_context(serving(medusa.api)).address
            home.environ.update({"MEDUSA_URL": address, "MEDUSA_SECRET_KEY": "sk_invented"})
            histories.append(_medusa(medusa))
        if "shopify" in sources:
            shopify = Shopify(shopify_shop(), bucket=Bucket(restore_rate=20_000))
            address = stack.enter_context(serving(Api({PATH: shopify}))).address
            home.environ.update({"SHOPIFY_URL": address, "SHOPIFY_TOKEN": shopify.token})
            histories.append(_shopify(shopify.shop))
        if "ecb" in sources:
            bank = stack.enter_context(publishing(date(2026, 2, 25), date(2026, 3, 18)))
            home.environ.update({"ECB_RATES_URL": f"{bank.api.address}/rates"})
            histories.append(_ecb(bank))
        if "my_shop" in sources:
            histories.append(_my_shop(home))
        for day, _ in enumerate(zip(*histories, strict=True)):
            _load(home, _FIRST + _EVENINGS[day], Window(full=day == _ALL_ANEW))
    return home


def _load(home: Home, now: datetime, asked: Window) -> None:
    report = load(
        home.settings, progress=Silent(), now=lambda: now, asked=asked, environ=home.environ
    )
    report.raise_for_problems()


def _files(home: Home, sources: Sequence[str]) -> Iterator[None]:
    """Files of some days, some wrong at first, twice or late."""
    export = home.path / "export"
    write_sample(export, orders=100, days=20, seed=5)
    write_invoices(export, days=10, seed=5)
    write_extracts(export, nights=6, seed=5)
    inbox = home.path / "inbox"
    for arrivals in cut(export, sources, slices=3, chance=Random(5)):
        for arrival in arrivals:
            arrival.arrive(inbox)
        yield
    if "shop" in sources:
        _repeat_products(export / "shop", inbox / "shop")
        _change_order(export / "shop", inbox / "shop")
    if "nightly_extract" in sources:
        for table in (export / "nightly_extract").iterdir():
            newest = max(table.iterdir())
            name, _, night = newest.stem.rpartition("_")
            night_after = date.fromisoformat(night) + timedelta(days=1)
            again = f"{name}_{night_after}{newest.suffix}"
            shutil.copy(newest, inbox / "nightly_extract" / table.name / again)
    yield


def _repeat_products(export: Path, inbox: Path) -> None:
    header, *rows = min((export / "products").iterdir()).read_text(encoding="utf-8").splitlines()
    text = "\n".join([header, *reversed(rows), ""])
    (inbox / "products" / "again.csv").write_text(text, encoding="utf-8")


def _change_order(export: Path, inbox: Path) -> None:
    """Its channel turns out to be another."""
    texts = [file.read_text(encoding="utf-8") for file in sorted((export / "orders").iterdir())]
    header, *rows = csv.reader("".join(texts).splitlines())
    of_it = [row for row in rows if row[0] == CHANGED_ON_THE_QUIET_DAY]
    newest = max(of_it, key=lambda row: row[header.index("updated_at")])
    newest[header.index("channel")] = "kiosk"
    newest[header.index("updated_at")] = "2026-01-31T00:00:00Z"
    with (inbox / "orders" / "quiet.csv").open("w", encoding="utf-8") as file:
        csv.writer(file).writerows([header, newest])


def _medusa(shop: Medusa) -> Iterator[None]:
    """Variants, stock and payments are read whole on each day."""
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
    yield
    # An edit takes a line away; a capture, a parcel, a return that is announced, a price.
    shop.at(_FIRST + timedelta(days=1))
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
    yield
    # The first credit comes anew with the next, in a further version; the variant is back.
    shop.at(_FIRST + timedelta(days=3))
    again, other = shop.credit(4, "5", 2), shop.credit(4, "3", 3) | {"id": "ordcl_other"}
    shop.order(4, credit_lines=[again, other])
    shop.variant(4, "41")
    shop.variant(3, "33")
    shop.stock(1, 40)
    yield
    yield


def _shopify(shop: Mapping[str, list[dict[str, Any]]]) -> Iterator[None]:
    """Each list is asked for what has changed."""
    del shop["productVariants"][8:], shop["products"][8:], shop["inventoryItems"][8:]
    variants, orders = shop["productVariants"], shop["orders"]
    shop["locations"][:] = [location(1, "Warehouse", [(one, 10) for one in variants])]
    late = orders.pop(5)
    yield
    # Late comes an order; another loses a line; a product's name and an item's cost change.
    at = f"{_FIRST + timedelta(days=1):%Y-%m-%dT%H:%M:%SZ}"
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
    at = f"{_FIRST + timedelta(days=2):%Y-%m-%dT%H:%M:%SZ}"
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
    at = f"{_FIRST + timedelta(days=3):%Y-%m-%dT%H:%M:%SZ}"
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


def _ecb(bank: Bank) -> Iterator[None]:
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


def _my_shop(home: Home) -> Iterator[None]:
    """The guide's shop: an order comes before its lines, and files are corrected."""
    yield
    deliver(
        home, "orders/3.csv", ORDER_HEADER,
        "A-3;K-8;05.03.2025 12:00;neu;;0,00;10,00;05.03.2025 12:00",
        "A-4;K-7;05.03.2025 13:00;neu;;0,00;20,00;05.03.2025 13:00",
    )  # fmt: skip
    yield
    deliver(
        home, "order_lines/3.csv", LINE_HEADER,
        "A-3;1;Spaten;1;10,00;05.03.2025 12:00",
        "A-1;1;Kübel;1;1.234,50;06.03.2025 09:00",
        "A-1;2;Harke;1;30,00;06.03.2025 09:00",
    )  # fmt: skip
    yield
    deliver(
        home, "orders/3.csv", ORDER_HEADER,
        "A-3;K-8;05.03.2025 12:00;storniert;07.03.2025 08:00;0,00;10,00;07.03.2025 08:00",
    )  # fmt: skip
    deliver(home, "order_lines/1.csv", LINE_HEADER, "A-2;1;Gießkanne;2;49,90;02.03.2025 10:00")
    yield
    yield
