"""The truth about the sample's visits, as Parquet."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from storehouse.sample.identifiers import Identifiers
from storehouse.sample.shop import Shop
from storehouse.sample.text import Array, picked
from storehouse.sample.troubles import Trouble
from storehouse.sample.truth_columns import dates, timestamps
from storehouse.sample.web_sessions import Sessions, sessions_of
from storehouse.sample.web_words import (
    EVENT_TYPES,
    MARKETING_CHANNELS,
    PAGE_VIEW,
    TOUCHES,
)

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
    """Write the sessions and the daily funnel; how often the web's troubles occurred."""
    web, sessions = shop.web, sessions_of(shop.web)
    columns = _session_columns(shop, identifiers, sessions)
    pq.write_table(
        pa.table(columns, schema=_SESSIONS),
        truth / "sessions.parquet",
        use_dictionary=_REPEATING,
        write_statistics=False,
    )
    pq.write_table(_funnel(shop, sessions), truth / "funnel_daily.parquet")
    return {
        Trouble.BOTS.value: int(web.visits.is_bot.sum()),
        Trouble.LATE_IDENTITY.value: int(sessions.named_later.sum()),
    }


def _session_columns(
    shop: Shop, identifiers: Identifiers, sessions: Sessions
) -> Mapping[str, Array]:
    visits, times = shop.web.visits, shop.web.times
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


def _funnel(shop: Shop, sessions: Sessions) -> Array:
    """By date, channel and campaign, how many sessions of people came how far."""
    visits = shop.web.visits
    people = np.flatnonzero(~visits.is_bot)
    campaigns = pc.dictionary_encode(_CAMPAIGNS.fill_null(""))
    day = shop.period.day_of(shop.web.times.started[people])
    campaign = campaigns.indices.to_numpy()[visits.touch[people]]
    shape = (shop.period.days, len(MARKETING_CHANNELS), len(campaigns.dictionary))
    cell = np.ravel_multi_index((day, sessions.channel[people], campaign), shape)
    furthest = sessions.furthest[people]
    reached = [
        np.bincount(cell[furthest > kind], minlength=math.prod(shape))
        for kind in range(len(EVENT_TYPES))
    ]
    present = np.flatnonzero(reached[PAGE_VIEW])
    day, channel, campaign = np.unravel_index(present, shape)
    keys = (
        dates(shop.period, day),
        picked(_CHANNELS, channel),
        picked(campaigns.dictionary, campaign),
    )
    return pa.table([*keys, *(pa.array(counts[present]) for counts in reached)], schema=_FUNNEL)
