"""The sample's web events as files say them."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from sample_shop.arrays import Ints
from sample_shop.delivery.text import Array, MomentText, joined, picked, quoted
from sample_shop.shop import Shop
from sample_shop.trade.identifiers import Identifiers
from sample_shop.web.visits import NO_PAGE
from sample_shop.web.words import (
    AGENTS,
    CHECKOUT,
    EVENT_TYPES,
    PAGES,
    PURCHASE,
    SITE,
    TOUCHES,
)

_TYPES = pa.array(EVENT_TYPES)
_AGENTS = quoted(pa.array(AGENTS))
_REFERRERS, _SOURCES, _MEDIA, _CAMPAIGNS = (
    quoted(pa.array([touch[place] for touch in TOUCHES])) for place in range(4)
)


class WebExport:
    """The columns of web_events, for events given by number; they never change."""

    def __init__(self, shop: Shop, identifiers: Identifiers) -> None:
        self._events = shop.web.events
        self._ids = identifiers
        self._moments = MomentText(shop.period.start, shop.period.end)
        products = identifiers.products(np.arange(len(shop.products)))
        paths = pa.concat_arrays(
            [
                pa.array(PAGES),
                pa.array(["/checkout", "/checkout/thanks"]),
                joined("/products/", products),
            ]
        )
        self._pages = quoted(joined(SITE, paths))

    def web_events(self, event: Ints, occurred: Ints) -> dict[str, Array]:
        events = self._events.take(event)
        page = np.select(
            [events.page != NO_PAGE, events.kind == CHECKOUT, events.kind == PURCHASE],
            [events.page, len(PAGES), len(PAGES) + 1],
            len(PAGES) + 2 + events.product,
        )
        return {
            "event_id": self._ids.web_events(event),
            "event_type": picked(_TYPES, events.kind),
            "visitor_id": self._ids.visitors(events.visitor),
            "customer_id": self._ids.customers(events.customer),
            "product_id": self._ids.products(events.product),
            "order_id": self._ids.orders(events.order),
            "page_url": picked(self._pages, page),
            "referrer_url": picked(_REFERRERS, events.touch),
            "utm_source": picked(_SOURCES, events.touch),
            "utm_medium": picked(_MEDIA, events.touch),
            "utm_campaign": picked(_CAMPAIGNS, events.touch),
            "user_agent": picked(_AGENTS, events.agent),
            "occurred_at": self._moments(occurred),
        }
