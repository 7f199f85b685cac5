"""A shop of nine ordinary weeks until yesterday, and a planted case for each alert on it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from warehouse.odd_shop import Shop

DAYS = 63
LAST_DAY: date = datetime.now(UTC).date() - timedelta(days=1)
FIRST_DAY = LAST_DAY - timedelta(days=DAYS - 1)
A_DAY = 4

# What is planted; `mended` takes back what can be.
EXPECTED = {
    "finding:shop:order_total:order:odd",
    "high_value_order:shop:large",
    "low_stock:shop:low",
    "low_stock:shop:out",
    "out_of_stock:shop:out",
    "payment_failure_surge:shop:all",
    "refund_surge:shop:all",
    "tie_out:shop:order_payments",
    f"unusual_sales:shop:{LAST_DAY}",
}


def ordinary_weeks() -> Shop:
    """Four orders of 48.00 a day, all paid; one unit of each fortieth returned; ample stock."""
    shop = Shop()
    _product(shop, "P1", 5000)
    for day in range(DAYS):
        for number in range(day * A_DAY, (day + 1) * A_DAY):
            at = _at(day)
            shop.order(f"O{number}", placed_at=at, updated_at=at)
            shop.payment(f"Y{number}", order_id=f"O{number}", processed_at=at, updated_at=at)
            if number % 40 == 0:
                shop.refund(f"R{number}", f"O{number}", refunded_at=at)
                shop.payment(f"Z{number}", order_id=f"O{number}", payment_kind="refund",
                             amount=24, processed_at=at)  # fmt: skip
        _moved(shop, "P1", "sale", -2 * A_DAY, day)
    return shop


def planted() -> Shop:
    """What comes on top of the ordinary weeks."""
    shop = Shop()
    last = _at(DAYS - 1)
    shop.order("large", placed_at=last, updated_at=last, subtotal_amount=600, total_amount=608,
               line_unit_price_amount=300)  # fmt: skip
    shop.payment("large", order_id="large", amount=608, processed_at=last)
    shop.order("odd", placed_at=_at(9), updated_at=_at(9), total_amount=148)
    shop.payment("odd", order_id="odd", amount=148, processed_at=_at(9))
    shop.order("unpaid", placed_at=_at(10), updated_at=_at(10), subtotal_amount=3000,
               total_amount=3008, line_unit_price_amount=1500)  # fmt: skip
    for number in range((DAYS - 8) * A_DAY, (DAYS - 2) * A_DAY):
        shop.refund(f"S{number}", f"O{number}", refunded_at=last)
        shop.payment(f"T{number}", order_id=f"O{number}", payment_kind="refund", amount=24,
                     processed_at=last)  # fmt: skip
    for number in range(12):
        shop.payment(f"F{number}", order_id=f"O{number}", payment_status="failed",
                     processed_at=last)  # fmt: skip
    _product(shop, "low", 2 * DAYS + 10)
    _product(shop, "out", 2 * (DAYS - 10))
    for day in range(DAYS):
        _moved(shop, "low", "sale", -2, day)
        if day < DAYS - 10:
            _moved(shop, "out", "sale", -2, day)
    return shop


def mended() -> Shop:
    """A receipt of each product, and the right total of the odd order."""
    shop = Shop()
    for product in ("low", "out"):
        _moved(shop, product, "receipt", 500, DAYS - 1)
    shop.order("odd", placed_at=_at(9), updated_at=_at(10), subtotal_amount=140,
               total_amount=148, line_unit_price_amount=70)  # fmt: skip
    return shop


def _product(shop: Shop, product_id: str, received: int) -> None:
    shop.add("products", product_id=product_id, sku=f"K-{product_id}",
             product_name=f"Teapot {product_id}", category_name="Kitchen", list_price_amount=20,
             unit_cost_amount=9, currency_code="GBP", is_active="true",
             updated_at="2024-01-01T00:00:00Z")  # fmt: skip
    _moved(shop, product_id, "receipt", received, 0)


def _moved(shop: Shop, product_id: str, kind: str, quantity: int, day: int) -> None:
    shop.add("stock_movements", stock_movement_id=f"{product_id}-{kind}-{day}",
             product_id=product_id, location_id="W", movement_type=kind, quantity=quantity,
             moved_at=_at(day), updated_at=_at(day))  # fmt: skip


def _at(day: int) -> str:
    return f"{FIRST_DAY + timedelta(days=day)}T10:00:00Z"
