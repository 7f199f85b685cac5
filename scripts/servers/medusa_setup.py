"""Setting up an invented shop in a fresh Medusa: region, places, goods, people."""

from __future__ import annotations

from servers.medusa_shop import ADDRESS, Admin, Places, Shop

_GOODS = (
    ("Teapot", ((19.99, "blue"), (21.49, "white"))),
    ("Skillet", ((34.5, "24 cm"), (42.0, "28 cm"))),
    ("Atlas", ((15.0, "paper"),)),
    ("Lamp", ((59.95, "brass"), (49.95, "steel"), (44.45, "tin"))),
)
PROMOTION = "TENOFF"
# The name of the key that customers' pages use.
WINDOW = "shop window"


def set_up(admin: Admin) -> tuple[Places, str]:
    store = admin.call("/stores")["stores"][0]["id"]
    currencies = [{"currency_code": "gbp", "is_default": True}]
    admin.call(f"/stores/{store}", {"supported_currencies": currencies})
    channel = admin.call("/sales-channels", {"name": "Web"})["sales_channel"]["id"]
    key = admin.call("/api-keys", {"title": WINDOW, "type": "publishable"})["api_key"]
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


def products(shop: Shop) -> tuple[list[str], dict[str, str]]:
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


def promotion(admin: Admin) -> None:
    method = {
        "type": "percentage",
        "target_type": "items",
        "allocation": "across",
        "value": 10,
        "currency_code": "gbp",
    }
    said = {"code": PROMOTION, "type": "standard", "status": "active"}
    admin.call("/promotions", {**said, "application_method": method})


def customer(admin: Admin, number: int) -> str:
    email = f"customer{number}@example.com"
    admin.call("/customers", {"email": email, "first_name": "Ada", "last_name": f"No{number}"})
    return email
