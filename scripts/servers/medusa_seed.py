"""Fill a fresh Medusa with an invented shop: medusa_seed.py URL --orders 40.

The secret key is taken from MEDUSA_SECRET_KEY. Everything goes through Medusa's own API.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import sys
from dataclasses import dataclass, field, replace
from typing import Any

import httpx

from servers.medusa_shop import ADDRESS, Admin, Places, Shop, signed_in

Json = dict[str, Any]
_GOODS = (
    ("Teapot", ((19.99, "blue"), (21.49, "white"))),
    ("Skillet", ((34.5, "24 cm"), (42.0, "28 cm"))),
    ("Atlas", ((15.0, "paper"),)),
    ("Lamp", ((59.95, "brass"), (49.95, "steel"), (44.45, "tin"))),
)
PROMOTION = "TENOFF"
_REFUNDS: dict[str, tuple[float | None, str]] = {
    "refunded": (None, "all"),
    "refunded in part": (5.0, "scratched"),
    "cancelled after goodwill": (3.0, "late"),
    "shipping refunded": (5.94, "shipping"),
}


@dataclass
class Seeded:
    """The shop, its variants, the inventory item of each, and orders by what befell them."""

    shop: Shop
    variants: list[str]
    stock: dict[str, str]
    orders: dict[str, list[str]] = field(default_factory=dict)


def seed(admin: Admin, orders: int, chance: int = 1) -> Seeded:
    """Set up a shop and let `orders` orders happen in it."""
    places, publishable = _set_up(admin)
    shop = Shop(replace(admin, publishable=publishable), places)
    variants, stock = _products(shop)
    _promotion(admin)
    seeded = Seeded(shop, variants, stock)
    people = [_customer(admin, number) for number in range(max(orders // 3, 1))]
    draw = random.Random(chance)  # noqa: S311  chance, not secrecy
    for number in range(orders):
        _live(seeded, number, draw, people)
    for number, item in enumerate(stock.values()):
        shop.stock(item, 900 + number)
    shop.reserve(next(iter(stock.values())), 3)
    return seeded


def _live(seeded: Seeded, number: int, draw: random.Random, people: list[str]) -> None:
    """One order, and what befalls it."""
    shop = seeded.shop
    email = draw.choice([*people, f"guest{number}@example.com"])
    picked = draw.sample(seeded.variants, draw.randint(1, 3))
    lines = [(variant, draw.randint(1, 3)) for variant in picked]
    fate = FATES[number % len(FATES)]
    if fate == "drafted":
        order = shop.draft([(v, n, 12.34) for v, n in lines], email)
    else:
        order = shop.order(lines, email, PROMOTION if number % 3 == 0 else None)
    seeded.orders.setdefault(fate, []).append(order)
    if fate == "cancelled":
        shop.cancel(order)
    elif fate not in ("open", "drafted"):
        shop.capture(order)
        _go_on(seeded, order, fate)


def _go_on(seeded: Seeded, order: str, fate: str) -> None:
    """What befalls an order that is paid."""
    shop = seeded.shop
    if fate == "edited":
        shop.edit(order, (seeded.variants[0], 1))
        shop.pay(order)
    elif fate == "cancelled after capture":
        shop.cancel(order)
    elif fate in _REFUNDS:
        shop.refund(order, *_REFUNDS[fate])
        if fate == "cancelled after goodwill":
            shop.cancel(order)
    elif fate != "captured":
        shop.ship(order, deliver=fate == "delivered")
        if "return" in fate:
            _give_back(shop, order, fate)


def _give_back(shop: Shop, order: str, fate: str) -> None:
    """One unit of an order comes back, or all of its largest line, one of them damaged."""
    item = max(shop.read(order)["items"], key=lambda one: int(one["quantity"]))
    quantity = item["quantity"] if fate == "returned damaged" else 1
    announced = shop.announce(order, item["id"], quantity)
    if fate == "returned":
        shop.receive(announced, item["id"], 1)
    elif fate == "returned damaged":
        shop.receive(announced, item["id"], quantity - 1, 1)


FATES = (
    "captured",
    "shipped",
    "edited",
    "returned",
    "refunded in part",
    "open",
    "cancelled",
    "cancelled after capture",
    "refunded",
    "shipping refunded",
    "delivered",
    "drafted",
    "return requested",
    "returned damaged",
    "cancelled after goodwill",
)


def _set_up(admin: Admin) -> tuple[Places, str]:
    store = admin.call("/stores")["stores"][0]["id"]
    currencies = [{"currency_code": "gbp", "is_default": True}]
    admin.call(f"/stores/{store}", {"supported_currencies": currencies})
    channel = admin.call("/sales-channels", {"name": "Web"})["sales_channel"]["id"]
    key = admin.call("/api-keys", {"title": "shop window", "type": "publishable"})["api_key"]
    admin.call(f"/api-keys/{key['id']}/sales-channels", {"add": [channel]})
    region = admin.call(
        "/regions",
        {
            "name": "Britain",
            "currency_code": "gbp",
            "countries": ["gb"],
            "payment_providers": ["pp_system_default"],
        },
    )["region"]["id"]
    tax = {"name": "VAT", "code": "vat", "rate": 20}
    said = {"country_code": "gb", "provider_id": "tp_system", "default_tax_rate": tax}
    admin.call("/tax-regions", said)
    location = _location(admin, channel)
    profile = admin.call("/shipping-profiles", {"name": "Parcels", "type": "parcel"})
    profile_id = profile["shipping_profile"]["id"]
    shipping = _shipping(admin, location, profile_id)
    return Places(region, channel, location, shipping, profile_id), key["token"]


def _location(admin: Admin, channel: str) -> str:
    address = {name: ADDRESS[name] for name in ("address_1", "city", "country_code")}
    made = admin.call("/stock-locations", {"name": "Depot", "address": address})
    location = str(made["stock_location"]["id"])
    admin.call(f"/stock-locations/{location}/sales-channels", {"add": [channel]})
    providers = {"add": ["manual_manual"]}
    admin.call(f"/stock-locations/{location}/fulfillment-providers", providers)
    return location


def _shipping(admin: Admin, location: str, profile: str) -> str:
    path = f"/stock-locations/{location}"
    made = {"name": "Parcels", "type": "shipping"}
    found = admin.call(f"{path}/fulfillment-sets", made, fields="*fulfillment_sets")
    there = found["stock_location"]["fulfillment_sets"][0]["id"]
    zone = {"name": "Britain", "geo_zones": [{"type": "country", "country_code": "gb"}]}
    zones = admin.call(f"/fulfillment-sets/{there}/service-zones", zone)
    rules = [
        {"attribute": "enabled_in_store", "operator": "eq", "value": "true"},
        {"attribute": "is_return", "operator": "eq", "value": "false"},
    ]
    option = admin.call(
        "/shipping-options",
        {
            "name": "Parcel",
            "service_zone_id": zones["fulfillment_set"]["service_zones"][0]["id"],
            "shipping_profile_id": profile,
            "provider_id": "manual_manual",
            "price_type": "flat",
            "type": {"label": "Parcel", "description": "by post", "code": "parcel"},
            "prices": [{"currency_code": "gbp", "amount": 4.95}],
            "rules": rules,
        },
    )
    return str(option["shipping_option"]["id"])


def _products(shop: Shop) -> tuple[list[str], dict[str, str]]:
    """Variants, and the inventory item of each."""
    admin, variants, stock = shop.admin, [], {}
    for title, sorts in _GOODS:
        product = {
            "title": title,
            "status": "published",
            "shipping_profile_id": shop.places.profile,
            "sales_channels": [{"id": shop.places.channel}],
            "options": [{"title": "Sort", "values": [sort for _, sort in sorts]}],
            "variants": [
                {
                    "title": sort,
                    "sku": f"{title[:3]}-{number}".upper(),
                    "manage_inventory": True,
                    "options": {"Sort": sort},
                    "prices": [{"currency_code": "gbp", "amount": price}],
                }
                for number, (price, sort) in enumerate(sorts, 1)
            ],
        }
        fields = "*variants,*variants.inventory_items"
        for variant in admin.call("/products", product, fields=fields)["product"]["variants"]:
            item = variant["inventory_items"][0]["inventory_item_id"]
            level = {"location_id": shop.places.location, "stocked_quantity": 1000}
            admin.call(f"/inventory-items/{item}/location-levels", level)
            variants.append(variant["id"])
            stock[variant["id"]] = item
    return variants, stock


def _promotion(admin: Admin) -> None:
    method = {
        "type": "percentage",
        "target_type": "items",
        "allocation": "across",
        "value": 10,
        "currency_code": "gbp",
    }
    promotion = {"code": PROMOTION, "type": "standard", "status": "active"}
    admin.call("/promotions", {**promotion, "application_method": method})


def _customer(admin: Admin, number: int) -> str:
    email = f"customer{number}@example.com"
    admin.call("/customers", {"email": email, "first_name": "Ada", "last_name": f"No{number}"})
    return email


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("url")
    parser.add_argument("--orders", type=int, default=40)
    given = parser.parse_args()
    try:
        with signed_in(given.url, os.environ["MEDUSA_SECRET_KEY"]) as admin:
            seeded = seed(admin, given.orders)
    except KeyError:
        print("MEDUSA_SECRET_KEY is not set: it is the key that medusa.py prints.", file=sys.stderr)
        return 1
    except (httpx.HTTPError, RuntimeError) as error:
        print(f"Medusa refused: {error}", file=sys.stderr)
        return 1
    print(json.dumps(seeded.orders))
    return 0


if __name__ == "__main__":
    sys.exit(main())
