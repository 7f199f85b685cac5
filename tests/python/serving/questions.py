"""Questions drawn by chance, each with plain SQL over the published reports that answers it."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from storehouse.serving.metrics import answer
from storehouse.serving.published import Published
from storehouse.serving.where import Condition

_SUMS = {
    "gross_sales": "gross_sales_amount",
    "discounts": "discount_amount",
    "returns": "returns_amount",
    "net_sales": "net_sales_amount",
    "shipping": "shipping_amount",
    "tax": "tax_amount",
    "fees": "fee_amount",
    "adjustments": "adjustment_amount",
    "gift_cards": "gift_card_amount",
    "total_sales": "total_sales_amount",
    "units": "sold_quantity",
    "margin": "margin_amount",
    "cost": "cost_amount",
}
_KEYS = {
    "day": "sales_date",
    "week": "cast(date_trunc('week', sales_date) as date)",
    "month": "cast(date_trunc('month', sales_date) as date)",
    "quarter": "cast(date_trunc('quarter', sales_date) as date)",
    "year": "cast(date_trunc('year', sales_date) as date)",
    "channel": "channel",
    "category": "category_name",
    "source": "source_name",
}


@dataclass(frozen=True)
class Question:
    """Metrics by dimensions; `report` gives the same columns where anything was booked.

    It is SQL for DuckDB and PostgreSQL alike.
    """

    names: tuple[str, ...]
    by: tuple[str, ...]
    where: tuple[Condition, ...]
    since: date | None
    until: date | None
    report: str


def of_metrics(build: Published) -> Callable[[Question], list[tuple[Any, ...]]]:
    """Answers of the semantic layer itself."""

    def ask(question: Question) -> list[tuple[Any, ...]]:
        found = answer(
            build,
            question.names,
            by=question.by,
            where=question.where,
            since=question.since,
            until=question.until,
        )
        return list(found.rows)

    return ask


def hold_against_reports(
    build: Published,
    ask: Callable[[Question], list[tuple[Any, ...]]],
    read: Callable[[str], list[tuple[Any, ...]]] | None = None,
) -> None:
    """The answers to 20 questions are, to the cent, those of the reports.

    `read` runs a report's SQL, by default on the published file.
    """
    days = build.rows("select min(sales_date), max(sales_date) from reports.rpt_daily_sales")[0]
    rows = 0
    for question in drawn(20, 7, days, kinds(build)):
        keys = len(question.by)
        expected = {row[:keys]: row[keys:] for row in (read or build.rows)(question.report)}
        answers = {row[:keys]: row[keys:] for row in ask(question)}
        # A group may have entries that come to nothing; a report has every day.
        for key in answers.keys() | expected.keys():
            nothing = tuple(0 for _ in question.names)
            assert answers.get(key, nothing) == expected.get(key, nothing), (question, key)
        rows += len(expected)
    assert rows > 100


def kinds(build: Published) -> dict[str, list[str]]:
    """The values that sales have been made under, by what can be asked for."""
    return {
        field: [
            kind
            for (kind,) in build.rows(
                f"select distinct {_KEYS[field]} from reports.rpt_daily_sales order by 1"
            )
            if kind
        ]
        for field in ("channel", "category")
    }


def drawn(
    count: int, seed: int, days: tuple[date, date], of: dict[str, list[str]]
) -> Iterator[Question]:
    """Questions about sales within `days`; `of` are values to ask for, by dimension."""
    chance = random.Random(seed)
    for _ in range(count):
        names = tuple(chance.sample(sorted(_SUMS), chance.randint(1, 4)))
        by = tuple(chance.sample(sorted(_KEYS), chance.randint(0, 3)))
        field = chance.choice(sorted(of))
        values = tuple(chance.sample(of[field], min(len(of[field]), chance.randint(1, 2))))
        condition = Condition(field, chance.choice(["=", "!="]), values)
        where = (condition,) if chance.random() < 0.7 else ()
        first, last = days
        since = first + timedelta(chance.randrange((last - first).days))
        until = since + timedelta(chance.randrange((last - since).days + 1))
        if chance.random() < 0.3:
            yield Question(names, by, where, None, None, _report(names, by, where, None, None))
        else:
            report = _report(names, by, where, since, until)
            yield Question(names, by, where, since, until, report)


def _report(
    names: tuple[str, ...],
    by: tuple[str, ...],
    where: tuple[Condition, ...],
    since: date | None,
    until: date | None,
) -> str:
    sums = [
        f"case when count(*) = count({_SUMS[name]}) then sum({_SUMS[name]}) end as {name}"
        for name in names
    ]
    keys = [f'{_KEYS[name]} as "{name}"' for name in by]
    booked = "sold_quantity <> 0 or returned_quantity <> 0 or total_sales_amount <> 0"
    text = f"select {', '.join([*keys, *sums])} from reports.rpt_daily_sales where ({booked}"
    text += " or gift_card_amount <> 0 or tax_amount <> 0 or shipping_amount <> 0"
    text += " or discount_amount <> 0 or cost_amount is null or cost_amount <> 0)"
    for condition in where:
        text += f" and {condition.predicate(_KEYS[condition.field])}"
    if since:
        text += f" and sales_date >= '{since}'"
    if until:
        text += f" and sales_date <= '{until}'"
    places = ", ".join(str(place + 1) for place in range(len(by)))
    return text + (f" group by {places} order by {places}" if by else "")
