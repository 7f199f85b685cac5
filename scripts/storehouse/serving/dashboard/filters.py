"""The filters of a page. They are in the address, so that a link shows the same page.

`period=Last 90 days&channel=web&channel=app&category=Books`, or `period=Dates&dates=…&dates=…`.
Default values are left out of the address: such a link follows the newest day.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta

import streamlit as st

from storehouse.serving.dashboard import queries
from storehouse.serving.dashboard.formats import days
from storehouse.serving.published import Published
from storehouse.serving.where import Condition

_PERIODS = {"7 days": 7, "28 days": 28, "90 days": 90, "365 days": 365}
_CHOSEN = "Dates"
# A year with the same weekdays.
_YEAR = timedelta(days=364)


@dataclass(frozen=True)
class Period:
    """The days from `since` to `until`, both included."""

    since: date
    until: date

    @property
    def length(self) -> int:
        return (self.until - self.since).days + 1

    @property
    def before(self) -> Period:
        """The period of the same length that ends the day before."""
        return self.earlier(timedelta(days=self.length))

    @property
    def last_year(self) -> Period:
        """The same weekdays 364 days earlier."""
        return self.earlier(_YEAR)

    def earlier(self, by: timedelta) -> Period:
        return Period(self.since - by, self.until - by)

    def __str__(self) -> str:
        return days(self.since, self.until)


@dataclass(frozen=True)
class Filters:
    """The period and the other conditions."""

    period: Period
    conditions: tuple[Condition, ...]

    def on(self, **columns: str) -> str:
        """The conditions as SQL on these columns; those on other fields are left out."""
        predicates = [
            condition.predicate(columns[condition.field])
            for condition in self.conditions
            if condition.field in columns
        ]
        return " and ".join(predicates) or "true"


def chosen(build: Published, shown: Collection[str], first: date, last: date) -> Filters:
    """Draw the filters of a page in the sidebar and read them.

    `shown` are the filters that the page has: period, source, channel, category.
    """
    with st.sidebar:
        period = _period(first, last) if "period" in shown else Period(first, last)
        conditions = [
            _condition(field, queries.values(build, relation, column))
            for field, (relation, column) in queries.FILTERED.items()
            if field in shown
        ]
    return Filters(period, tuple(condition for condition in conditions if condition))


def _period(first: date, last: date) -> Period:
    choice = st.selectbox(
        "Period",
        [*_PERIODS, "All", _CHOSEN],
        index=1,
        key="period",
        bind="query-params",
        persist_state="session",
        format_func=lambda option: (
            f"Last {option}" if option in _PERIODS else {"All": "All days"}.get(option, option)
        ),
    )
    if choice in _PERIODS:
        return Period(last - timedelta(days=_PERIODS[choice] - 1), last)
    if choice == "All":
        return Period(first, last)
    picked = st.date_input(
        "From and to",
        value=(max(first, last - timedelta(days=27)), last),
        min_value=first,
        max_value=last,
        key="dates",
        bind="query-params",
        persist_state="session",
        format="YYYY-MM-DD",
    )
    dates = picked if isinstance(picked, tuple) else (picked,)
    # Between two clicks only the first day is selected.
    return Period(dates[0], dates[-1]) if dates else Period(first, last)


def _condition(field: str, options: list[str]) -> Condition | None:
    """No selection means everything. A field with a single value needs no filter."""
    if len(options) < 2:  # noqa: PLR2004
        return None
    values = st.multiselect(
        field.capitalize(),
        options,
        key=field,
        bind="query-params",
        persist_state="session",
        placeholder="All",
    )
    return Condition(field, "=", tuple(values)) if values else None
