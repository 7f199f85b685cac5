"""Nightly extracts in the form of `nightly_extract`: whole tables of a small shop each night."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random

SOURCE = "nightly_extract"
FIRST_NIGHT = date(2025, 3, 25)  # the clock changes five nights later
HEADERS = {
    "customers": ("customer_no", "name", "email", "country", "city", "customer_since"),
    "products": ("article_no", "name", "group", "price", "cost", "active"),
    "orders": (
        "order_no", "customer_no", "ordered_on", "cancelled_on", "shipped_on", "shipping", "total",
    ),
    "order_lines": ("order_no", "line_no", "article_no", "quantity", "price", "tax"),
}  # fmt: skip

UNCHANGED = 0.2
BACK_TO_AN_EARLIER_NIGHT = 0.2
GONE = 0.1
CORRECTED = 0.3
TAX_RATE = Decimal("0.2")

Row = list[str]


@dataclass
class _Order:
    number: str
    customer: str
    ordered_on: date
    lines: list[tuple[str, int, Decimal]]
    shipping: Decimal
    shipped_on: date | None = None
    cancelled_on: date | None = None

    def taxes(self) -> list[Decimal]:
        return [round(TAX_RATE * quantity * price, 2) for _, quantity, price in self.lines]

    @property
    def total(self) -> Decimal:
        net = sum((quantity * price for _, quantity, price in self.lines), Decimal(0))
        return net + sum(self.taxes()) + self.shipping


@dataclass
class _State:
    """The content of the shop's tables in one night."""

    cities: dict[str, str] = field(default_factory=dict)
    prices: dict[str, tuple[Decimal, Decimal]] = field(default_factory=dict)
    orders: dict[str, _Order] = field(default_factory=dict)

    def tables(self) -> dict[str, list[Row]]:
        orders = self.orders.values()
        return {
            "customers": [
                [number, f"Name {number}", f"{number}@example.com", "GB", city, "31.12.2024"]
                for number, city in self.cities.items()
            ],
            "products": [
                [number, f"Thing {number}", "Things", _comma(price), _comma(cost), "1"]
                for number, (price, cost) in self.prices.items()
            ],
            "orders": [
                [
                    one.number, one.customer, _day(one.ordered_on), _day(one.cancelled_on),
                    _day(one.shipped_on), _comma(one.shipping), _comma(one.total),
                ]
                for one in orders
            ],
            "order_lines": [
                [one.number, str(place), article, str(quantity), _comma(price), _comma(tax)]
                for one in orders
                for place, ((article, quantity, price), tax) in enumerate(
                    zip(one.lines, one.taxes(), strict=True), start=1
                )
            ],
        }  # fmt: skip


def write_extracts(export: Path, *, nights: int, seed: int) -> None:
    """Write the tables of each night, and wrong first versions of some in `export`/earlier.

    A night may repeat the one before or an earlier one; a wrong version has the content of another
    night, or none.
    """
    rng = Random(seed)
    states = [state.tables() for state in _nights(rng, nights)]
    for number, tables in enumerate(states):
        night = FIRST_NIGHT + timedelta(days=number)
        for table, rows in tables.items():
            name = Path(SOURCE, table, f"{table}_{night}.csv")
            _write(export / name, table, rows)
            if rng.random() < CORRECTED:
                wrong: Mapping[str, Sequence[Row]] = rng.choice([*states, {table: []}])
                _write(export / "earlier" / name, table, wrong[table])


def _nights(rng: Random, nights: int) -> Iterator[_State]:
    past: list[_State] = []
    whole = _State()
    for number in range(nights):
        _trade(rng, whole, FIRST_NIGHT + timedelta(days=number), number)
        state = _seen(rng, whole)
        if past and rng.random() < UNCHANGED:
            state = past[-1]
        elif past and rng.random() < BACK_TO_AN_EARLIER_NIGHT:
            state = rng.choice(past)
        past.append(copy.deepcopy(state))
        yield past[-1]


def _trade(rng: Random, state: _State, day: date, number: int) -> None:
    """Simulate a day: new customers, prices and orders, shipments, cancellations."""
    state.cities[f"K{number}"] = rng.choice(("Leeds", "York", "Bath"))
    state.prices[f"A{number}"] = (Decimal(1000 + number), Decimal("400.50"))
    for customer in state.cities:
        if rng.random() < GONE:
            state.cities[customer] = rng.choice(("Leeds", "York", "Bath"))
    for article, (price, cost) in state.prices.items():
        if rng.random() < GONE:
            state.prices[article] = (price, cost + rng.choice((1, -1)))
    for _ in range(rng.randint(1, 4)):
        order = f"N{len(state.orders) + 1}"
        articles = rng.sample(sorted(state.prices), min(len(state.prices), 2))
        state.orders[order] = _Order(
            number=order,
            customer=rng.choice(["", *state.cities]),
            ordered_on=day - timedelta(days=rng.randint(0, 3)),
            lines=[(one, rng.randint(1, 5), state.prices[one][0]) for one in articles],
            shipping=Decimal("4.90"),
        )
    for one in state.orders.values():
        if one.cancelled_on is None and rng.random() < GONE:
            one.cancelled_on = day
        elif one.shipped_on is None and rng.random() < 2 * GONE:
            one.shipped_on = day


def _seen(rng: Random, whole: _State) -> _State:
    """The part of the shop in a night's extract: some rows are missing, and return later."""
    return _State(
        {key: city for key, city in whole.cities.items() if rng.random() >= GONE},
        {key: price for key, price in whole.prices.items() if rng.random() >= GONE},
        {key: order for key, order in whole.orders.items() if rng.random() >= GONE},
    )


def _comma(amount: Decimal) -> str:
    """As 1.234,50."""
    return f"{amount:,.2f}".translate(str.maketrans(",.", ".,"))


def _day(day: date | None) -> str:
    return f"{day:%d.%m.%Y}" if day else ""


def _write(file: Path, table: str, rows: Sequence[Row]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    lines = [HEADERS[table], *rows]
    file.write_text("".join(";".join(line) + "\n" for line in lines), encoding="utf-8")
