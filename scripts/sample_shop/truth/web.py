"""The truth about the sample's visits, as Parquet."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from sample_shop.delivery.text import Array, picked
from sample_shop.period import Period
from sample_shop.shop import Shop
from sample_shop.trade.identifiers import Identifiers
from sample_shop.troubles import Trouble
from sample_shop.truth.columns import dates, timestamps
from sample_shop.web.sessions import Sessions, sessions_of
from sample_shop.web.visits import Times, Visits, Web
from sample_shop.web.words import (
    EVENT_TYPES,
    MARKETING_CHANNELS,
    PAGE_VIEW,
    TOUCHES,
)

VISITS_AT_ONCE = 500_000

_SESSIONS = pa.schema(
    {
        "visitor_id": pa.string(),
        "session_started_at": pa.timestamp("us"),
        "session_ended_at": pa.timestamp("us"),
        "session_date": pa.date32(),
        "events_count": pa.int64(),
        "is_bot": pa.bool_(),
        "customer_id": pa.string(),
        "order_id": pa.string(),
        "furthest_step": pa.int64(),
        "marketing_channel": pa.string(),
        "utm_source": pa.string(),
        "utm_medium": pa.string(),
        "utm_campaign": pa.string(),
        "first_touch_channel": pa.string(),
        "last_touch_channel": pa.string(),
    }
)
_REPEATING = ["marketing_channel", "utm_source", "utm_medium", "utm_campaign"] + [
    f"{touch}_touch_channel" for touch in ("first", "last")
]
_FUNNEL = pa.schema(
    {
        "session_date": pa.date32(),
        "marketing_channel": pa.string(),
        "utm_campaign": pa.string(),
        "sessions_count": pa.int64(),
        "product_view_sessions_count": pa.int64(),
        "cart_sessions_count": pa.int64(),
        "checkout_sessions_count": pa.int64(),
        "purchase_sessions_count": pa.int64(),
    }
)
_CHANNELS = pa.array(MARKETING_CHANNELS)
_SOURCES, _MEDIA, _CAMPAIGNS = (
    pa.array([touch[place] or None for touch in TOUCHES]) for place in (1, 2, 3)
)


def write_visits(truth: Path, shop: Shop, identifiers: Identifiers) -> Mapping[str, int]:
    """Write the sessions and the daily funnel, and say how often the web's troubles occurred."""
    funnel = _Funnel(shop.period)
    bots = late = 0
    with pq.ParquetWriter(
        truth / "sessions.parquet", _SESSIONS, use_dictionary=_REPEATING, write_statistics=False
    ) as writer:
        for visits, times, sessions in _parts(shop.web):
            columns = _session_columns(shop, identifiers, visits, times, sessions)
            writer.write_table(pa.table(columns, schema=_SESSIONS))
            funnel.add(visits, times, sessions)
            bots += int(visits.is_bot.sum())
            late += int(sessions.named_later.sum())
    pq.write_table(funnel.table(), truth / "funnel_daily.parquet")
    return {Trouble.BOTS.value: bots, Trouble.LATE_IDENTITY.value: late}


def _parts(web: Web) -> Iterator[tuple[Visits, Times, Sessions]]:
    """All visits of some visitors at a time."""
    visitor = web.visits.column("visitor")
    begin = np.searchsorted(visitor, visitor[::VISITS_AT_ONCE])
    for low, high in pairwise([*np.unique(begin).tolist(), len(visitor)]):
        which = np.arange(low, high)
        more = web.more.take(np.flatnonzero((web.more.visit >= low) & (web.more.visit < high)))
        more = replace(more, visit=more.visit - low)
        visits = web.visits.take(which)
        yield visits, web.times.take(which), sessions_of(visits, more)


def _session_columns(
    shop: Shop, identifiers: Identifiers, visits: Visits, times: Times, sessions: Sessions
) -> Mapping[str, Array]:
    return {
        "visitor_id": identifiers.visitors(visits.visitor),
        "session_started_at": timestamps(times.started),
        "session_ended_at": timestamps(times.ended),
        "session_date": dates(shop.period, shop.period.day_of(times.started)),
        "events_count": pa.array(sessions.events),
        "is_bot": pa.array(visits.is_bot),
        "customer_id": identifiers.customers(sessions.customer),
        "order_id": identifiers.orders(visits.order),
        "furthest_step": pa.array(sessions.furthest),
        "marketing_channel": picked(_CHANNELS, sessions.channel),
        "utm_source": picked(_SOURCES, visits.touch),
        "utm_medium": picked(_MEDIA, visits.touch),
        "utm_campaign": picked(_CAMPAIGNS, visits.touch),
        "first_touch_channel": picked(_CHANNELS, sessions.first_channel),
        "last_touch_channel": picked(_CHANNELS, sessions.last_channel),
    }


class _Funnel:
    """By date, channel and campaign, how many sessions of people came how far."""

    def __init__(self, period: Period) -> None:
        self._period = period
        campaigns = pc.dictionary_encode(_CAMPAIGNS.fill_null(""))
        self._campaigns, self._campaign_of_touch = campaigns.dictionary, campaigns.indices
        self._shape = (period.days, len(MARKETING_CHANNELS), len(self._campaigns))
        self._reached = np.zeros((len(EVENT_TYPES), math.prod(self._shape)), dtype=np.int64)

    def add(self, visits: Visits, times: Times, sessions: Sessions) -> None:
        day = self._period.day_of(times.started)
        campaign = self._campaign_of_touch.to_numpy()[visits.touch]
        cell = np.ravel_multi_index((day, sessions.channel, campaign), self._shape)
        for kind in range(len(EVENT_TYPES)):
            counted = ~visits.is_bot & (sessions.furthest > kind)
            self._reached[kind] += np.bincount(cell[counted], minlength=math.prod(self._shape))

    def table(self) -> Array:
        present = np.flatnonzero(self._reached[PAGE_VIEW])
        day, channel, campaign = np.unravel_index(present, self._shape)
        columns = (
            dates(self._period, day),
            picked(_CHANNELS, channel),
            picked(self._campaigns, campaign),
            *map(pa.array, self._reached[:, present]),
        )
        return pa.table([*columns], schema=_FUNNEL)
