"""The sample's days, as the shop's clock has them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import duckdb
import numpy as np

from sample_shop.arrays import DAY, Ints, between
from storehouse.core.errors import ConfigError

DEFAULT_TIME_ZONE = "Europe/London"
TWO_HOURS = 7200

# How busy each hour is, from midnight. The small hours are never empty.
HOURS = [12, 7, 4, 3, 3, 6, 14, 26, 38, 46, 52, 56, 60, 56, 50, 48, 50, 56, 66, 78, 84, 72, 46, 24]
# How busy each weekday is, from Monday.
WEEKDAYS = [100, 94, 92, 96, 104, 118, 124]
# How busy each month is, from January.
MONTHS = [86, 84, 90, 94, 98, 96, 92, 90, 98, 106, 134, 142]
GROWTH_A_YEAR = 1.12


@dataclass(frozen=True)
class Period:
    """Consecutive local days. `starts` are their first moments and, last, the end of all.

    So many seconds after a day's start clocks are changed at the latest; two hours at least.
    """

    first: date
    starts: Ints
    latest_change: int = TWO_HOURS

    @property
    def days(self) -> int:
        return len(self.starts) - 1

    @property
    def start(self) -> int:
        return int(self.starts[0])

    @property
    def end(self) -> int:
        """The first moment that no longer belongs to the period."""
        return int(self.starts[-1])

    def day_of(self, moments: Ints) -> Ints:
        """The local day of each moment, counted from 0."""
        return np.searchsorted(self.starts, moments, side="right") - 1

    def date_of(self, day: int) -> date:
        return self.first + timedelta(days=day)


def period_of(days: int, end: date, time_zone: str = DEFAULT_TIME_ZONE) -> Period:
    """The `days` local days of which `end` is the last; ConfigError for an unknown zone."""
    first = end - timedelta(days=days - 1)
    # DuckDB knows the zones' rules wherever it is installed; Python needs the system's.
    with duckdb.connect() as connection:
        known = "select 1 from pg_timezone_names() where name = ?"
        if not connection.execute(known, [time_zone]).fetchall():
            raise ConfigError(
                f"There is no time zone {time_zone!r}. Use an IANA name, such as Asia/Tokyo."
            )
        found = connection.execute(
            "select epoch_us(timezone($zone, ($first::date + day::integer)::timestamp)) // 1000000"
            " as start from range($days + 1) as days (day) order by day",
            {"zone": time_zone, "first": first, "days": days},
        ).fetchnumpy()["start"]
        starts = np.asarray(found, dtype=np.int64)
        changing = starts[:-1][np.diff(starts) != DAY]
        return Period(
            first, starts, max(TWO_HOURS, _latest_change(connection, changing, time_zone))
        )


def _latest_change(connection: duckdb.DuckDBPyConnection, changing: Ints, time_zone: str) -> int:
    """How long after the start of one of these days clocks are changed, at the latest."""
    ((latest,),) = connection.execute(
        "with clocks as (select start, past, epoch_us(timezone($zone,"
        " make_timestamptz((start + past) * 1000000))) // 1000000 - start - past as ahead"
        " from unnest($changing::bigint[]) as starts (start), range(0, 86400, 900) as times (past))"
        " select coalesce(max(past), 0) from (from clocks qualify ahead <>"
        " lag(ahead) over (partition by start order by past))",
        {"zone": time_zone, "changing": changing.tolist()},
    ).fetchall()
    return int(latest)


def order_moments(rng: np.random.Generator, period: Period, orders: int, *, at_edges: bool) -> Ints:
    """When `orders` orders are placed, ascending, after the first second of the period.

    Some are placed at the edges of days, if `at_edges`.
    """
    day = np.repeat(np.arange(period.days), rng.multinomial(orders, _day_weights(period)))
    hour = rng.choice(24, size=orders, p=np.array(HOURS) / sum(HOURS))
    second = 3600 * hour + between(rng, 0, 3599, orders)
    # The days on which the clock changes have 23 or 25 hours.
    moments = period.starts[day] + second * np.diff(period.starts)[day] // DAY
    edges = edge_moments(period)[: orders // 10 if at_edges else 0]
    moments[rng.choice(orders, size=len(edges), replace=False)] = edges
    moments.sort()
    return np.maximum(moments, period.start + 1)


def _day_weights(period: Period) -> np.typing.NDArray[np.float64]:
    dates = [period.date_of(day) for day in range(period.days)]
    weekday = np.array([WEEKDAYS[day.weekday()] for day in dates])
    month = np.array([MONTHS[day.month - 1] for day in dates])
    weights = weekday * month * GROWTH_A_YEAR ** (np.arange(period.days) / 365)
    return np.asarray(weights / weights.sum(), dtype=np.float64)


def edge_moments(period: Period) -> Ints:
    """Moments at which dates go wrong first: around clock changes and midnights."""
    starts = period.starts[:-1]
    changing = starts[np.diff(period.starts) != DAY]
    by_change = (changing[:, None] + np.arange(1800, period.latest_change + 3600, 3600)).ravel()
    by_midnight = (starts[1:4, None] + np.array([-1800, -1, 0, 1800])).ravel()
    return np.concatenate([by_change, by_midnight])
