"""Buy something in the generated shop of `make servers`: medusa_order.py [--quantity 2].

The shop is the one at MEDUSA_URL, whose secret key is in MEDUSA_SECRET_KEY. Prints the order's id.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from dataclasses import replace

import httpx

from servers.medusa_setup import WINDOW
from servers.medusa_shop import Admin, Json, Places, Shop, signed_in
from servers.postgresql import ServerError

_VARIABLES = ("MEDUSA_URL", "MEDUSA_SECRET_KEY")


def order(admin: Admin, quantity: int, email: str) -> str:
    """Order one variant of the generated shop; the order's id.

    Raises httpx.HTTPError; RuntimeError for a request that Medusa refuses; ServerError if it has
    another shop, or none.
    """
    try:
        shop, variant = _generated(admin)
    except LookupError as error:
        missing = f"{error} in an answer" if isinstance(error, KeyError) else str(error)
        raise ServerError(
            f"Medusa's shop lacks {missing}. Orders are only placed in the generated shop: "
            "start it with `make servers`, and set what that prints."
        ) from error
    return shop.order([(variant, quantity)], email)


def _generated(admin: Admin) -> tuple[Shop, str]:
    """The generated shop and one of its variants. Raises LookupError, saying what is not there."""
    region = _first(admin.call("/regions")["regions"], "a region")
    location = _first(admin.call("/stock-locations")["stock_locations"], "a stock location")
    option = _first(admin.call("/shipping-options")["shipping_options"], "a shipping option")
    fields = "title,token,*sales_channels"
    keys = admin.call("/api-keys", type="publishable", fields=fields)["api_keys"]
    windows = [key for key in keys if key["title"] == WINDOW]
    window = _first(windows, f"a publishable API key {WINDOW!r}")
    channel = _first(window["sales_channels"], f"a sales channel of the API key {WINDOW!r}")
    variants = admin.call("/product-variants", order="sku")["variants"]
    places = Places(
        region["id"], channel["id"], location["id"], option["id"], option["shipping_profile_id"]
    )
    shop = Shop(replace(admin, publishable=window["token"]), places)
    return shop, _first(variants, "a product variant")["id"]


def _first(listed: Sequence[Json], what: str) -> Json:
    if not listed:
        raise LookupError(what)
    return listed[0]


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quantity", type=int, default=1)
    parser.add_argument("--email", default="customer0@example.com")
    given = parser.parse_args()
    url, key = (os.environ.get(name, "") for name in _VARIABLES)
    if not (url and key):
        print(f"Set {' and '.join(_VARIABLES)}: `make servers` prints both.", file=sys.stderr)
        return 1
    try:
        with signed_in(url, key) as admin:
            placed = order(admin, given.quantity, given.email)
    except (httpx.HTTPError, httpx.InvalidURL, RuntimeError, ServerError) as error:
        print(f"No order was placed: {error}", file=sys.stderr)
        return 1
    print(json.dumps({"order": placed}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
