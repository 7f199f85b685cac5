"""Objects of Shopify's documented shapes, of which a shop is made.

Amounts are those of the shop's currency, as texts; what the customer saw is in euros.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

Object = dict[str, Any]

_EUROS = Decimal("1.25")


def gid(kind: str, number: int) -> str:
    return f"gid://shopify/{kind}/{number}"


def money(amount: str) -> Object:
    euros = (Decimal(amount) * _EUROS).quantize(Decimal("0.01"))
    return {
        "shopMoney": {"amount": amount, "currencyCode": "GBP"},
        "presentmentMoney": {"amount": str(euros), "currencyCode": "EUR"},
    }


def taxes(amount: str | None, rate: float = 0.2) -> list[Object]:
    if amount is None:
        return []
    line = {"title": "VAT", "rate": rate, "ratePercentage": rate * 100, "channelLiable": False}
    return [{**line, "priceSet": money(amount)}]


def discount(amount: str, *, on_order: bool, index: int = 0) -> Object:
    application = {
        "__typename": "DiscountCodeApplication" if on_order else "AutomaticDiscountApplication",
        "allocationMethod": "ACROSS" if on_order else "EACH",
        "targetSelection": "ALL" if on_order else "ENTITLED",
        "targetType": "LINE_ITEM",
        "index": index,
        "code": "SPRING",
        "title": "Ten off teapots",
    }
    return {"allocatedAmountSet": money(amount), "discountApplication": application}


def variant(number: int, title: str, price: str, cost: str | None, kind: str = "Kitchen") -> Object:
    """A variant with its product and what is stocked of it, all of one number."""
    at = "2026-02-01T09:00:00Z"
    moments = {"createdAt": at, "updatedAt": at}
    product = {
        "id": gid("Product", number),
        "title": title,
        "productType": kind,
        "vendor": "Us",
        "status": "ACTIVE",
        "isGiftCard": kind == "Gift cards",
        **moments,
    }
    item = {
        "id": gid("InventoryItem", number),
        "sku": f"SKU-{number}",
        "tracked": True,
        "unitCost": {"amount": cost, "currencyCode": "GBP"} if cost else None,
        **moments,
    }
    return {
        "id": gid("ProductVariant", number),
        "sku": f"SKU-{number}",
        "title": "Default Title",
        "displayName": title,
        "price": price,
        "product": product,
        "inventoryItem": item,
        **moments,
    }


def line(
    number: int,
    of: Object | None,
    quantity: int,
    price: str,
    tax: str | None = None,
    *,
    discounts: Sequence[Object] = (),
    is_gift_card: bool = False,
) -> Object:
    return {
        "id": gid("LineItem", number),
        "title": of["product"]["title"] if of else "Something made to order",
        "sku": of["sku"] if of else None,
        "quantity": quantity,
        "currentQuantity": quantity,
        "isGiftCard": is_gift_card,
        "variant": of,
        "product": of["product"] if of else None,
        "originalUnitPriceSet": money(price),
        "discountAllocations": list(discounts),
        "taxLines": taxes(tax),
    }


def shipping(number: int, price: str, left: str, tax: str | None = None) -> Object:
    return {
        "id": gid("ShippingLine", number),
        "title": "Post",
        "code": "POST",
        "isRemoved": False,
        "originalPriceSet": money(price),
        "discountedPriceSet": money(left),
        "discountAllocations": [],
        "taxLines": taxes(tax),
    }


def transaction(number: int, kind: str, amount: str, gateway: str = "shopify_payments") -> Object:
    return {
        "id": gid("OrderTransaction", number),
        "kind": kind,
        "status": "SUCCESS",
        "gateway": gateway,
        "test": False,
        "amountSet": money(amount),
        "createdAt": "2026-03-20T12:00:00Z",
        "processedAt": "2026-03-20T12:00:00Z",
        "parentTransaction": None,
    }


def refund_line(number: int, of: Object, amount: str, tax: str, how: str) -> Object:
    """One unit given back; the line it belonged to has one fewer now."""
    of["currentQuantity"] -= 1
    return {
        "id": gid("RefundLineItem", number),
        "lineItem": of,
        "quantity": 1,
        "restockType": how,
        "restocked": how != "NO_RESTOCK",
        "priceSet": of["originalUnitPriceSet"],
        "subtotalSet": money(amount),
        "totalTaxSet": money(tax),
    }


def refund_shipping(number: int, of: Object, amount: str, tax: str) -> Object:
    return {
        "id": gid("RefundShippingLine", number),
        "shippingLine": of,
        "subtotalAmountSet": money(amount),
        "taxAmountSet": money(tax),
    }


def adjustment(number: int, amount: str, reason: str = "REFUND_DISCREPANCY") -> Object:
    return {
        "id": gid("OrderAdjustment", number),
        "amountSet": money(amount),
        "taxAmountSet": money("0.00"),
        "reason": reason,
    }


def refund(
    number: int,
    at: str,
    given_back: str,
    lines: Sequence[Object] = (),
    shipping_lines: Sequence[Object] = (),
    *,
    adjustments: Sequence[Object] = (),
    note: str = "",
) -> Object:
    return {
        "id": gid("Refund", number),
        "createdAt": at,
        "updatedAt": at,
        "note": note,
        "totalRefundedSet": money(given_back),
        "refundLineItems": list(lines),
        "refundShippingLines": list(shipping_lines),
        "orderAdjustments": list(adjustments),
        "transactions": [],
    }


def order(number: int, at: str, total: str, lines: Sequence[Object], **members: Any) -> Object:
    """An order as it was placed, unpaid; `members` say what is otherwise."""
    return {
        "id": gid("Order", number),
        "name": f"#{1000 + number}",
        "createdAt": at,
        "processedAt": at,
        "updatedAt": at,
        "cancelledAt": None,
        "test": False,
        "edited": False,
        "taxesIncluded": False,
        "currencyCode": "GBP",
        "presentmentCurrencyCode": "EUR",
        "sourceName": "web",
        "displayFulfillmentStatus": "UNFULFILLED",
        "customer": None,
        "shippingAddress": {"id": gid("MailingAddress", number), "countryCodeV2": "GB"},
        "totalPriceSet": money(total),
        "totalTipReceivedSet": money("0.00"),
        "originalTotalDutiesSet": None,
        "originalTotalAdditionalFeesSet": None,
        "lineItems": list(lines),
        "shippingLines": [],
        "refunds": [],
        "transactions": [],
        "fulfillments": [],
        **members,
    }


def customer(number: int, name: str, city: str, at: str) -> Object:
    return {
        "id": gid("Customer", number),
        "displayName": name,
        "firstName": name.partition(" ")[0],
        "lastName": name.partition(" ")[2],
        "defaultEmailAddress": {"emailAddress": f"c{number}@example.com"},
        "defaultAddress": {
            "id": gid("MailingAddress", 100 + number), "city": city, "countryCodeV2": "GB",
        },
        "createdAt": at,
        "updatedAt": at,
    }  # fmt: skip


def location(number: int, name: str, stocked: Sequence[tuple[Object, int]]) -> Object:
    at = "2026-03-01T06:00:00Z"
    levels = [
        {
            "id": f"{gid('InventoryLevel', number)}?inventory_item_id={place}",
            "item": of["inventoryItem"],
            "createdAt": at,
            "updatedAt": at,
            "quantities": [
                {"id": gid("InventoryQuantity", place), "name": name, "quantity": quantity + more}
                for name, more in (("available", -1), ("on_hand", 0))
            ],
        }
        for place, (of, quantity) in enumerate(stocked)
    ]
    return {"id": gid("Location", number), "name": name, "isActive": True,
            "inventoryLevels": levels}  # fmt: skip
