"""A small shop in March 2026, whose every figure is worked out here by hand.

Order by order, in pounds (`sale` is without tax; where prices include it, see #1002):

    #1001 teapots and an atlas; ten per cent off teapots, and 5.10 off the whole order
          gross    2 x 20.00 + 15.00                 = 55.00
          discount 4.00 + (3.60 + 1.50)              =  9.10
          shipping                                   =  5.00
          tax      20 % of 32.40 and of 5.00: 6.48 + 1.00 = 7.48
          total    55.00 - 9.10 + 5.00 + 7.48        = 58.38
          10 March: one teapot and the shipping come back
          returns 16.20, shipping 5.00, tax 3.24 + 1.00 = 4.24; money 25.44
    #1002 a teapot at 24.00 with its tax, 2.40 off, and free shipping worth 6.00
          paid     24.00 - 2.40                      = 21.60, of which tax 3.60
          net      21.60 - 3.60                      = 18.00
          gross    Shopify: 24.00 / 1.2 = 20.00; storehouse: 24.00 - 3.60 = 20.40
          discount Shopify:  2.40 / 1.2 =  2.00; storehouse:  2.40
          12 March: 5.00 given back for goodwill, for no goods
    #1003 a gift card of 50.00 and an atlas for 15.00, which an older gift card pays
          gross 15.00, gift cards 50.00, total 65.00
    #1004 a teapot for 20.00, shipping 5.00, tax 4.00 + 1.00, total 30.00
          cancelled a day later: returns 20.00, shipping 5.00, tax 5.00; money 30.00
    #1005 a test order, which counts nowhere
    #1006 an atlas for 15.00, shipping 4.00, a tip of 2.00; total 21.00
    #1007 twelve spoons for 1.00; one of them 0.50 off
          gross 12.00, discount 0.50, tax 11 x 0.20 + 0.10 = 2.30, total 13.80
          13 March: seven come back broken: returns 7.00, tax 1.40; money 8.40

    gross     55.00 + 20.40 + 15.00 + 20.00 + 15.00 + 12.00 = 137.40 (Shopify 137.00)
    discounts  9.10 +  2.40 + 0.50                          =  12.00 (Shopify  11.60)
    returns   16.20 + 20.00 + 7.00                          =  43.20
    goodwill                                                     5.00
    shipping   5.00 +  0.00 + 5.00 + 4.00 - 5.00 - 5.00     =   4.00
    taxes      7.48 +  3.60 + 5.00 + 2.30 - 4.24 - 5.00 - 1.40 = 7.74
    tips                                                         2.00
    gift cards sold                                             50.00
    received  58.38 + 21.60 + 65.00 + 30.00 + 21.00 + 13.80 = 209.78
    paid back 25.44 +  5.00 + 30.00 + 8.40                  =  68.84
    cost      teapots 9.00 x 4, less the two that went back on the shelf = 18.00
              atlases 6.00 x 3 = 18.00, spoons 0.25 x 12 = 3.00 (broken ones are lost)
"""

from __future__ import annotations

from typing import Any

from loaders.shopify.objects import (
    Object,
    adjustment,
    customer,
    discount,
    gid,
    line,
    location,
    money,
    order,
    refund,
    refund_line,
    refund_shipping,
    shipping,
    transaction,
    variant,
)

# What Shopify's finance reports would say of it, by the names of docs/shopify.md.
FINANCE = {
    "Gross sales": "137.00",
    "Discounts": "11.60",
    "Gross sales less discounts": "125.40",  # 137.00 - 11.60
    "Returns": "48.20",  # 43.20 + 5.00
    "Net sales": "77.20",  # 137.00 - 11.60 - 48.20
    "Shipping charges": "4.00",
    "Taxes": "7.74",
    "Duties, additional fees and tips": "2.00",
    "Total sales": "88.94",  # 77.20 + 4.00 + 7.74
    "Gift card sales": "50.00",
    "Net payments": "140.94",  # 209.78 - 68.84, and 88.94 + 2.00 + 50.00
}

# The same without #1002, the only sale of 2 March, whose prices include their tax.
TAX_INCLUDED_ON = "2026-03-02"
FINANCE_WITHOUT_TAX = {"Gross sales": "117.00", "Discounts": "9.60"}


def shop() -> dict[str, list[Object]]:
    """Root fields of the API with their objects, made anew at each call."""
    variants = [
        variant(1, "Teapot", "20.00", "9.00"),
        variant(2, "Atlas", "15.00", "6.00", "Books"),
        variant(3, "Gift card", "50.00", None, "Gift cards"),
        variant(4, "Spoon", "1.00", "0.25"),
        *(variant(number, f"Cup {number}", "3.00", "1.00") for number in range(5, 255)),
    ]
    return {
        "orders": orders(*variants[:4]),
        "customers": [
            customer(1, "Ada Byron", "London", "2026-02-01T10:00:00Z"),
            customer(2, "Alan Turing", "Wilmslow", "2026-02-02T10:00:00Z"),
        ],
        "productVariants": variants,
        "products": [one["product"] for one in variants],
        "inventoryItems": [one["inventoryItem"] for one in variants],
        "locations": [
            location(1, "Warehouse", [(one, 10) for one in variants]),
            location(2, "Shop", [(variants[0], 3)]),
        ],
    }


def orders(teapot: Object, atlas: Object, gift_card: Object, spoon: Object) -> list[Object]:
    return [
        _discounted(teapot, atlas),
        _with_tax_included(teapot),
        order(
            3, "2026-03-03T10:00:00Z", "65.00",
            [line(31, gift_card, 1, "50.00", is_gift_card=True), line(32, atlas, 1, "15.00")],
            transactions=[
                transaction(31, "SALE", "15.00", "gift_card"), transaction(32, "SALE", "50.00"),
            ],
        ),
        _cancelled(teapot),
        order(5, "2026-03-05T10:00:00Z", "20.00", [line(51, teapot, 1, "20.00")], test=True,
              transactions=[transaction(51, "SALE", "20.00", "bogus")]),
        order(
            6, "2026-03-06T10:00:00Z", "21.00", [line(61, atlas, 1, "15.00")],
            sourceName="pos",
            totalTipReceivedSet=money("2.00"),
            shippingLines=[shipping(61, "4.00", "4.00")],
            transactions=[transaction(61, "SALE", "21.00")],
        ),
        _long(spoon),
    ]  # fmt: skip


def _discounted(teapot: Object, atlas: Object) -> Object:
    teapots = line(
        11, teapot, 2, "20.00", "6.48",
        discounts=[discount("4.00", on_order=False), discount("3.60", on_order=True, index=1)],
    )  # fmt: skip
    book = line(12, atlas, 1, "15.00", None, discounts=[discount("1.50", on_order=True, index=1)])
    post = shipping(11, "5.00", "5.00", "1.00")
    back = refund(
        1, "2026-03-10T09:00:00Z", "25.44",
        [refund_line(1, teapots, "16.20", "3.24", "RETURN")],
        [refund_shipping(1, post, "5.00", "1.00")],
        note="changed their mind",
    )  # fmt: skip
    return order(
        1, "2026-03-01T10:00:00Z", "58.38", [teapots, book],
        customer={"id": gid("Customer", 1)},
        updatedAt="2026-03-10T09:00:01Z",
        displayFulfillmentStatus="FULFILLED",
        fulfillments=[_sent(11, "2026-03-02T08:00:00Z", "2026-03-03T15:00:00Z")],
        shippingLines=[post],
        refunds=[back],
        transactions=[transaction(11, "SALE", "58.38"), transaction(12, "REFUND", "25.44")],
    )  # fmt: skip


def _with_tax_included(teapot: Object) -> Object:
    return order(
        2, "2026-03-02T10:00:00Z", "21.60",
        [line(21, teapot, 1, "24.00", "3.60", discounts=[discount("2.40", on_order=True)])],
        taxesIncluded=True,
        updatedAt="2026-03-12T09:00:01Z",
        displayFulfillmentStatus="PARTIALLY_FULFILLED",
        fulfillments=[_sent(21, "2026-03-04T08:00:00Z", None)],
        shippingLines=[shipping(21, "6.00", "0.00")],
        refunds=[refund(2, "2026-03-12T09:00:00Z", "5.00", adjustments=[adjustment(1, "-5.00")])],
        transactions=[transaction(21, "SALE", "21.60"), transaction(22, "REFUND", "5.00")],
    )  # fmt: skip


def _cancelled(teapot: Object) -> Object:
    sold, post = line(41, teapot, 1, "20.00", "4.00"), shipping(41, "5.00", "5.00", "1.00")
    at = "2026-03-05T11:00:00Z"
    back = refund(
        3, at, "30.00",
        [refund_line(3, sold, "20.00", "4.00", "CANCEL")],
        [refund_shipping(3, post, "5.00", "1.00")],
    )  # fmt: skip
    return order(
        4, "2026-03-04T10:00:00Z", "30.00", [sold],
        cancelledAt=at,
        updatedAt=at,
        shippingLines=[post],
        refunds=[back],
        transactions=[
            transaction(41, "AUTHORIZATION", "30.00"),
            transaction(42, "CAPTURE", "30.00"),
            transaction(43, "REFUND", "30.00"),
        ],
    )  # fmt: skip


def _long(spoon: Object) -> Object:
    """More lines, and more refunded, than the first page of either brings."""
    spoons = [
        line(70 + n, spoon, 1, "1.00", "0.20") for n in range(11)
    ]  # fmt: skip
    spoons.append(line(81, spoon, 1, "1.00", "0.10", discounts=[discount("0.50", on_order=False)]))
    broken = [refund_line(70 + n, spoons[n], "1.00", "0.20", "NO_RESTOCK") for n in range(7)]
    return order(
        7, "2026-03-07T10:00:00Z", "13.80", spoons,
        updatedAt="2026-03-13T09:00:01Z",
        refunds=[refund(4, "2026-03-13T09:00:00Z", "8.40", broken, note="broken")],
        transactions=[transaction(71, "SALE", "13.80"), transaction(72, "REFUND", "8.40")],
    )  # fmt: skip


def _sent(number: int, at: str, delivered_at: str | None) -> dict[str, Any]:
    return {
        "id": gid("Fulfillment", number),
        "status": "SUCCESS",
        "createdAt": at,
        "deliveredAt": delivered_at,
        "updatedAt": at,
    }
