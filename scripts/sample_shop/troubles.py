"""What makes the sample as unpleasant as a real shop; each can be switched off."""

from __future__ import annotations

from enum import StrEnum

import numpy as np

from sample_shop.arrays import Flags
from storehouse.core.errors import ConfigError


class Trouble(StrEnum):
    """Names of the switches; truth/summary.json counts under them what occurred."""

    # Things that happen in the shop.
    PRICES = "prices"  # price and cost of products change
    DISCONTINUED = "discontinued"  # products are taken off sale
    MOVES = "moves"  # customers move
    MERGES = "merges"  # a customer turns out to be another one
    DEPARTURES = "departures"  # customers are deleted
    EDITS = "edits"  # orders are edited after the fact
    CANCELLATIONS = "cancellations"  # before and after shipping
    PART_SHIPMENTS = "part_shipments"
    ODD_REFUNDS = "odd_refunds"  # of shipping only, without a line, above the day's sales
    DISCOUNTS = "discounts"  # by line, by order, by shipping
    TAX_INCLUDED = "tax_included"
    SHIPPING_TAX = "shipping_tax"  # shipping is taxed, too, and its tax stated on the head only
    GIFT_CARDS = "gift_cards"
    SPLIT_PAYMENTS = "split_payments"
    DECLINED_PAYMENTS = "declined_payments"
    CHARGEBACKS = "chargebacks"
    CURRENCIES = "currencies"  # three of them, one without decimals
    CLOCKS = "clocks"  # orders around midnight and clock changes
    STOCK_COUNTS = "stock_counts"  # write-offs, and counts that differ from the books
    BOTS = "bots"
    LATE_IDENTITY = "late_identity"  # a visitor's customer is known only later
    # Things that happen on the way.
    LATE_FILES = "late_files"  # up to 60 days
    REPEATED_ROWS = "repeated_rows"  # the same rows in two files
    SHUFFLED_ROWS = "shuffled_rows"
    CORRECTED_FILES = "corrected_files"  # delivered wrong first, under the same name
    HARD_DELETES = "hard_deletes"
    MISSING_HOUR = "missing_hour"  # an hour of events arrives days later
    FULL_DELIVERY = "full_delivery"  # a table delivered whole again


ALL = frozenset(Trouble)
ON_THE_WAY = frozenset(
    {
        Trouble.LATE_FILES,
        Trouble.REPEATED_ROWS,
        Trouble.SHUFFLED_ROWS,
        Trouble.CORRECTED_FILES,
        Trouble.HARD_DELETES,
        Trouble.MISSING_HOUR,
        Trouble.FULL_DELIVERY,
    }
)
IN_THE_SHOP = ALL - ON_THE_WAY


def named_troubles(names: str) -> frozenset[Trouble]:
    """`all`, `none`, or names separated by commas. Raises ConfigError for an unknown name."""
    if names in {"all", "none"}:
        return ALL if names == "all" else frozenset()
    asked = {name.strip() for name in names.split(",")}
    if unknown := sorted(asked - set(ALL)):
        raise ConfigError(
            f"The sample knows no trouble {', '.join(map(repr, unknown))}. "
            f"Name all, none, or some of: {', '.join(Trouble)}."
        )
    return frozenset(map(Trouble, asked))


def struck(rng: np.random.Generator, count: int, rate: float, on: bool) -> Flags:
    """Which of `count` things a trouble strikes; none while it is switched off."""
    return (rng.random(count) < rate) & on
