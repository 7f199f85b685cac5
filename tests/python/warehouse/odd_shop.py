"""A shop of ordinary orders, and one odd document for each rule of findings."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

COLUMNS = {
    "orders": "order_id,customer_id,channel,order_status,currency_code,placed_at,cancelled_at,"
    "shipped_at,delivered_at,ship_country_code,subtotal_amount,discount_amount,shipping_amount,"
    "tax_amount,total_amount,is_tax_included,updated_at",
    "order_lines": "order_line_id,order_id,line_number,product_id,quantity,unit_price_amount,"
    "discount_amount,tax_amount,line_type,updated_at",
    "refunds": "refund_id,order_id,customer_id,refunded_at,currency_code,shipping_amount,"
    "shipping_tax_amount,adjustment_amount,reason,updated_at",
    "refund_lines": "refund_line_id,refund_id,order_line_id,product_id,line_type,quantity,amount,"
    "tax_amount,is_restocked,updated_at",
    "payments": "payment_id,order_id,payment_kind,payment_status,payment_method,amount,"
    "currency_code,processed_at,updated_at",
    "products": "product_id,sku,product_name,category_name,list_price_amount,unit_cost_amount,"
    "currency_code,is_active,updated_at",
    "stock_movements": "stock_movement_id,product_id,location_id,movement_type,quantity,moved_at,"
    "updated_at",
    "web_events": "event_id,event_type,visitor_id,customer_id,product_id,order_id,page_url,"
    "referrer_url,utm_source,utm_medium,utm_campaign,user_agent,occurred_at",
    "exchange_rates": "rate_date,base_currency_code,quote_currency_code,rate,updated_at",
    "deletions": "entity,entity_id,deleted_at",
}
FIRST_DAY = date(2025, 3, 1)
NOON = "2025-03-03T12:00:00Z"
Row = dict[str, str]


class Shop:
    """Rows by table, written as files of one name."""

    def __init__(self) -> None:
        self.rows: dict[str, list[Row]] = defaultdict(list)

    def add(self, table: str, **values: object) -> None:
        self.rows[table].append({name: str(value) for name, value in values.items()})

    def order(self, order_id: str, **values: object) -> None:
        """An order of one line: two of P1 at 20.00, with 8.00 of tax, unless said otherwise."""
        line = {name[5:]: values.pop(name) for name in list(values) if name.startswith("line_")}
        head: dict[str, object] = {
            "order_id": order_id, "channel": "web", "order_status": "delivered",
            "currency_code": "GBP", "placed_at": NOON, "subtotal_amount": 40,
            "discount_amount": 0, "shipping_amount": 0, "tax_amount": 8, "total_amount": 48,
            "is_tax_included": "false", "updated_at": NOON,
        }  # fmt: skip
        self.add("orders", **(head | values))
        self.line(order_id, **line)

    def line(self, order_id: str, **values: object) -> None:
        line: dict[str, object] = {
            "order_line_id": f"{order_id}-1", "order_id": order_id, "line_number": 1,
            "product_id": "P1", "quantity": 2, "unit_price_amount": 20, "discount_amount": 0,
            "tax_amount": 8, "line_type": "goods", "updated_at": NOON,
        }  # fmt: skip
        self.add("order_lines", **(line | values))

    def refund(self, refund_id: str, order_id: str, **values: object) -> None:
        """A refund of one of the line's two pieces, unless said otherwise."""
        line = {name[5:]: values.pop(name) for name in list(values) if name.startswith("line_")}
        head: dict[str, object] = {
            "refund_id": refund_id, "order_id": order_id, "refunded_at": NOON,
            "currency_code": "GBP", "shipping_amount": 0, "adjustment_amount": 0,
            "updated_at": NOON,
        }  # fmt: skip
        goods: dict[str, object] = {
            "refund_line_id": f"{refund_id}-1", "refund_id": refund_id,
            "order_line_id": f"{order_id}-1", "product_id": "P1", "line_type": "goods",
            "quantity": 1, "amount": 20, "tax_amount": 4, "is_restocked": "true",
            "updated_at": NOON,
        }  # fmt: skip
        self.add("refunds", **(head | values))
        self.add("refund_lines", **(goods | line))

    def payment(self, payment_id: str, **values: object) -> None:
        payment: dict[str, object] = {
            "payment_id": payment_id, "payment_kind": "charge", "payment_status": "succeeded",
            "payment_method": "card", "amount": 48, "currency_code": "GBP", "processed_at": NOON,
            "updated_at": NOON,
        }  # fmt: skip
        self.add("payments", **(payment | values))

    def write(self, inbox: Path, name: str) -> None:
        for table, rows in self.rows.items():
            file = inbox / "shop" / table / name
            file.parent.mkdir(parents=True, exist_ok=True)
            with file.open("w", encoding="utf-8", newline="") as stream:
                writer = csv.DictWriter(stream, COLUMNS[table].split(","), restval="")
                writer.writeheader()
                writer.writerows(rows)


def ordinary_shop(orders: int) -> Shop:
    shop = Shop()
    shop.add("products", product_id="P1", sku="K-1", product_name="Teapot",
             category_name="Kitchen", list_price_amount=20, unit_cost_amount=9,
             currency_code="GBP", is_active="true", updated_at="2024-01-01T00:00:00Z")  # fmt: skip
    for number in range(orders):
        day = FIRST_DAY + timedelta(days=number % 20)
        at = f"{day}T10:00:00Z"
        shop.order(f"O{number}", placed_at=at, updated_at=at)
        shop.payment(f"Y{number}", order_id=f"O{number}", processed_at=at, updated_at=at)
        if number % 10 == 0:
            shop.refund(f"R{number}", f"O{number}", refunded_at=f"{day}T15:00:00Z")
    return shop


class OddShop(Shop):
    """One odd document for each rule; `found` says which documents break it."""

    def __init__(self) -> None:
        super().__init__()
        self.found: dict[str, set[str]] = defaultdict(set)
        _odd_orders(self, self.odd)
        _odd_lines(self, self.odd)
        _odd_refunds(self, self.odd)
        _odd_others(self, self.odd)

    def odd(self, rule: str, document: str) -> str:
        self.found[rule].add(document)
        return document


def _odd_orders(shop: OddShop, odd: Callable[[str, str], str]) -> None:
    shop.order(odd("order_total", "total"), total_amount=48.01)
    shop.order(odd("order_subtotal", "subtotal"), subtotal_amount=41)
    shop.order(odd("order_discount", "discount"), line_discount_amount=2)
    shop.order(odd("order_shipping", "shipping"), shipping_amount=3, total_amount=51)
    shop.line("shipping", order_line_id="shipping-2", line_number=2, product_id="", quantity=1,
              line_type="shipping", unit_price_amount=5, tax_amount=0)  # fmt: skip
    shop.order(odd("order_tax", "tax"), tax_amount=7.99, total_amount=47.99)
    shop.order("only a fee", is_tax_included="true", tax_amount=2, subtotal_amount=0,
               total_amount=40, line_line_type="fee", line_tax_amount=0)  # fmt: skip
    shop.found["order_total"].add("only a fee")
    shop.order("article number", line_unit_price_amount="4006381333931")
    shop.found["order_total"].add("article number")
    shop.found["order_subtotal"].add("article number")
    shop.order(odd("value_unreadable", "no change"), updated_at="")
    shop.order("a line without a moment", line_updated_at="", subtotal_amount=80, tax_amount=16,
               total_amount=96)  # fmt: skip
    shop.line("a line without a moment", order_line_id="second", line_number=2)
    odd("value_unreadable", "a line without a moment")
    shop.order(odd("value_unreadable", "no shipping"), shipping_amount="")
    shop.order(odd("value_unreadable", "words"), discount_amount="none")
    shop.order(odd("value_unreadable", "by weight"), line_quantity="2.0001")

    shop.order(odd("order_status_unknown", "status"), order_status="on_the_moon")
    shop.order(odd("currency_unknown", "currency"), currency_code="ZZZ")
    shop.found["rate_missing"] |= {"currency", "dollars"}
    shop.order("dollars", currency_code="USD")
    shop.order(odd("date_missing", "undated"), placed_at="")
    shop.order(odd("date_beyond_load", "tomorrow"), placed_at="2052-01-01T10:00:00Z")
    shop.order(odd("date_before_opening", "epoch"), placed_at="1970-01-01T00:00:00Z")


def _odd_lines(shop: OddShop, odd: Callable[[str, str], str]) -> None:
    shop.order(odd("negative_quantity", "returned at the till"), line_quantity=-2,
               line_tax_amount=0, subtotal_amount=-40, tax_amount=0, total_amount=-40)  # fmt: skip
    shop.order(odd("negative_amount", "negative price"), line_unit_price_amount=-20,
               line_tax_amount=0, subtotal_amount=-40, tax_amount=0, total_amount=-40)  # fmt: skip
    shop.order(odd("line_type_unknown", "type"), line_line_type="surprise")
    shop.order(odd("line_value_missing", "free"), line_quantity="", line_tax_amount=0,
               subtotal_amount=0, tax_amount=0, total_amount=0)  # fmt: skip
    shop.order(odd("discount_with_tax", "voucher"), discount_amount=5, tax_amount=7,
               total_amount=42)  # fmt: skip
    shop.line("voucher", order_line_id="voucher-2", line_number=2, product_id="",
              line_type="discount", quantity=1, unit_price_amount=-5, tax_amount=-1)  # fmt: skip
    shop.found["negative_amount"].add("voucher")
    shop.line(odd("line_without_order", "nowhere"))
    shop.order("", customer_id="C0")
    shop.found["row_without_key"] |= {"orders", "order_lines"}


def _odd_refunds(shop: OddShop, odd: Callable[[str, str], str]) -> None:
    at_noon = "2025-03-04T12:00:00Z"
    shop.order(odd("cancelled_order_keeps_money", "cancelled"), order_status="cancelled",
               cancelled_at=at_noon)  # fmt: skip
    shop.order(odd("cancelled_order_nets_in_total_only", "cancelled by total"),
               order_status="cancelled", cancelled_at=at_noon, shipping_amount=3,
               total_amount=51)  # fmt: skip
    shop.refund("RT", "cancelled by total", adjustment_amount=3, line_quantity=2, line_amount=40,
                line_tax_amount=8)  # fmt: skip
    shop.order("generous")
    shop.refund("RG", "generous", adjustment_amount=30)
    odd("refunded_more_than_charged", "generous")
    shop.order("three of two")
    shop.refund("R3", "three of two", line_quantity=3, line_amount=40, line_tax_amount=8)
    odd("returned_more_than_sold", "three of two")
    odd("line_returned_more_than_sold", "three of two")
    shop.refund(odd("order_unknown", "RU"), "never delivered")
    shop.order("late", placed_at=at_noon)
    shop.refund(odd("refund_before_order", "RB"), "late")
    shop.order("pounds")
    shop.refund(odd("currency_of_another_order", "RC"), "pounds", currency_code="EUR")
    shop.found["rate_missing"].add("RC")
    shop.order("fee")
    shop.refund(odd("negative_refund", "RN"), "fee", line_amount=-10, line_tax_amount=-2,
                line_line_type="fee", line_order_line_id="")  # fmt: skip
    shop.add("refund_lines", refund_line_id="RL-1", refund_id="RL", line_type="goods", quantity=1,
             amount=5, tax_amount=0, is_restocked="false", updated_at=NOON)  # fmt: skip
    odd("refund_line_without_refund", "RL")


def _odd_others(shop: OddShop, odd: Callable[[str, str], str]) -> None:
    shop.payment(odd("payment_kind_unknown", "YK"), payment_kind="barter")
    shop.payment(odd("payment_status_unknown", "YS"), payment_status="perhaps")
    shop.add("stock_movements", stock_movement_id=odd("movement_type_unknown", "M1"),
             product_id="P1", location_id="W", movement_type="evaporated", quantity=-1,
             moved_at=NOON, updated_at=NOON)  # fmt: skip
    shop.add("web_events", event_id="E1", event_type="wishlist", visitor_id="V1",
             occurred_at=NOON)  # fmt: skip
    odd("event_type_unknown", "wishlist")
    shop.add("exchange_rates", rate_date="2025-03-03", base_currency_code="CHF",
             quote_currency_code="GBP", rate=0, updated_at=NOON)  # fmt: skip
    odd("rate_not_positive", "2025-03-03 CHF/GBP")
    shop.add("products", product_id=odd("cost_without_rate", "P2"), sku="K-2",
             product_name="Kimono", list_price_amount=9000, unit_cost_amount=4000,
             currency_code="JPY", is_active="true", updated_at="2024-01-01T00:00:00Z")  # fmt: skip
    shop.order("kimono", line_product_id="P2")
    shop.add("products", product_id=odd("value_unreadable", "P3"), sku="K-3",
             product_name="Undated", list_price_amount=1, unit_cost_amount=1,
             currency_code="GBP", is_active="true")  # fmt: skip
    shop.add("products", product_id="P3", sku="K-3", product_name="Dated", list_price_amount=2,
             unit_cost_amount=1, currency_code="GBP", is_active="true",
             updated_at="2024-01-01T00:00:00Z")  # fmt: skip
    shop.add("deletions", entity="", entity_id="X", deleted_at=NOON)
    odd("row_without_key", "deletions")
    shop.add("deletions", entity="coupon", entity_id="X", deleted_at=NOON)
    odd("deletion_unclear", "coupon X")
