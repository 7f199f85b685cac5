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

from servers.medusa_setup import PROMOTION, customer, products, promotion, set_up
from servers.medusa_shop import Admin, Shop, signed_in

Json = dict[str, Any]
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
    places, publishable = set_up(admin)
    shop = Shop(replace(admin, publishable=publishable), places)
    variants, stock = products(shop)
    promotion(admin)
    seeded = Seeded(shop, variants, stock)
    people = [customer(admin, number) for number in range(max(orders // 3, 1))]
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
