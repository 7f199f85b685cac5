"""Buy something in the generated shop of `make servers`: medusa_order.py [--quantity 2].

The shop is the one at MEDUSA_URL, whose secret key is in MEDUSA_SECRET_KEY. Prints the order's id.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from dataclasses import replace

import httpx

from servers.medusa_setup import WINDOW
from servers.medusa_shop import Admin, Places, Shop, signed_in


def order(admin: Admin, quantity: int, email: str) -> str:
    """Order one variant of the generated shop; the order's id.

    Raises httpx.HTTPError, or RuntimeError for a request that Medusa refuses.
    """
    region = admin.call("/regions")["regions"][0]
    location = admin.call("/stock-locations")["stock_locations"][0]
    option = admin.call("/shipping-options")["shipping_options"][0]
    fields = "title,token,*sales_channels"
    keys = admin.call("/api-keys", type="publishable", fields=fields)["api_keys"]
    window = next(key for key in keys if key["title"] == WINDOW)
    places = Places(
        region["id"],
        window["sales_channels"][0]["id"],
        location["id"],
        option["id"],
        option["shipping_profile_id"],
    )
    variant = admin.call("/product-variants", order="sku")["variants"][0]
    shop = Shop(replace(admin, publishable=window["token"]), places)
    return shop.order([(variant["id"], quantity)], email)


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quantity", type=int, default=1)
    parser.add_argument("--email", default="customer0@example.com")
    given = parser.parse_args()
    try:
        with signed_in(os.environ["MEDUSA_URL"], os.environ["MEDUSA_SECRET_KEY"]) as admin:
            placed = order(admin, given.quantity, given.email)
    except KeyError as error:
        print(f"{error.args[0]} is not set: `make servers` prints it.", file=sys.stderr)
        return 1
    except (httpx.HTTPError, RuntimeError) as error:
        print(f"Medusa refused: {error}", file=sys.stderr)
        return 1
    print(json.dumps({"order": placed}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
