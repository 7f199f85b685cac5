"""Large orders, each of which raises one alert."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

from storehouse.live.player.shop_events import SOURCE
from storehouse.log.events import Event

RULE = "high_value_order"
LARGE_AMOUNT = 5000  # over alert_order_amount


def order_event(number: int, *, amount: str = "10.00", lines: int = 1, day: str) -> Event:
    """An order of one product, that was placed and is not shipped."""
    order_id = f"L{number:06}"
    moment = f"{day}T10:00:{number % 60:02}Z"
    total = f"{float(amount) * lines:.2f}"
    order = {
        "order_id": order_id, "customer_id": None, "channel": "web", "order_status": "open",
        "currency_code": "GBP", "placed_at": moment, "cancelled_at": None, "shipped_at": None,
        "delivered_at": None, "ship_country_code": "GB", "subtotal_amount": total,
        "discount_amount": "0.00", "shipping_amount": "0.00", "tax_amount": "0.00",
        "total_amount": total, "is_tax_included": "false", "updated_at": moment,
    }  # fmt: skip
    listed = [
        {
            "order_line_id": f"{order_id}-{line}", "order_id": order_id, "line_number": str(line),
            "product_id": "P000001", "line_type": "goods", "quantity": "1",
            "unit_price_amount": amount, "discount_amount": "0.00", "tax_amount": "0.00",
            "updated_at": moment,
        }
        for line in range(1, lines + 1)
    ]  # fmt: skip
    data = json.dumps({"orders": [order], "order_lines": listed})
    return Event(f"order/{order_id}", SOURCE, f"{SOURCE}.order", moment, data)


def large_order(number: int, day: str) -> Event:
    return order_event(number, amount=f"{LARGE_AMOUNT}.00", day=day)


def key_of(number: int) -> str:
    """The key of its alert."""
    return f"{RULE}:{SOURCE}:L{number:06}"


def with_large_orders(
    events: Iterable[Event], every: int, *, first_day: str, number: int = 0
) -> Iterator[Event]:
    """Events in order, and after so many of them a large order, numbered from `number` + 1.

    It is of the day of the event before it, or of the first day if that is a late one.
    """
    for count, event in enumerate(events, start=1):
        yield event
        if count % every == 0:
            yield large_order(number + count // every, max(event.time[:10], first_day))


def alert_of(event: Event) -> str | None:
    """The key of the alert that an event raises, if it is a large order of these."""
    name = event.id.removeprefix("order/L")
    return key_of(int(name)) if name.isdecimal() else None


def alerts_of(events: Iterable[Event]) -> dict[str, str]:
    """The key of its alert, by the id of each large order among events."""
    return {event.id: key for event in events if (key := alert_of(event))}
