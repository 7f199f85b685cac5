"""The events of a visit, in order: its script. Every visit follows one of a few."""

from __future__ import annotations

import numpy as np

from sample_shop.arrays import Ints, between
from sample_shop.rows import packed
from sample_shop.web.words import (
    ADD_TO_CART,
    AT_THE_EDGE,
    BROWSING,
    BUYING,
    CHECKOUT,
    CRAWLING,
    ONE_MORE,
    PAGE_VIEW,
    PRODUCT_VIEW,
    PURCHASE,
    RUSHING,
    SHORT_OF_RUSHING,
    STEADY,
)

_EVENT_OF_LETTER = {
    "v": PAGE_VIEW,
    "o": PRODUCT_VIEW,
    "p": PRODUCT_VIEW,
    "a": ADD_TO_CART,
    "c": CHECKOUT,
    "b": PURCHASE,
}
_SCRIPTS = tuple(
    dict.fromkeys(
        [script for kind in (BUYING, BROWSING, CRAWLING, RUSHING) for script, _ in kind]
        + [SHORT_OF_RUSHING, STEADY, AT_THE_EDGE, ONE_MORE]
    )
)
_LETTERS = "".join(_SCRIPTS)

# By script: its events, where they begin among those of all scripts, the first purchase
# (or the first event), and the furthest step of the funnel, from 1.
LENGTH = np.array([len(script) for script in _SCRIPTS])
BEGIN = np.cumsum(LENGTH) - LENGTH
ANCHOR = np.array([max(script.find("b"), 0) for script in _SCRIPTS])
FURTHEST = np.array([1 + max(map(_EVENT_OF_LETTER.__getitem__, s)) for s in _SCRIPTS])
# By event of all scripts: its type, and whether it is about another product than the wanted.
EVENT = np.array([_EVENT_OF_LETTER[letter] for letter in _LETTERS])
OTHER_PRODUCT = np.array([letter == "o" for letter in _LETTERS])

# How far the events of a visit are apart, in seconds. People take their time.
PEOPLE, CRAWLER, RUSH, SECOND_BY_SECOND, FIVE_MINUTES, HALF_HOUR = range(6)
_GAPS = {
    CRAWLER: (1, 10),
    RUSH: (0, 1),
    SECOND_BY_SECOND: (1, 1),
    FIVE_MINUTES: (300, 300),
    HALF_HOUR: (1800, 1800),
}
SHORTEST_GAP, MEAN_GAP, LONGEST_GAP = 2, 70, 900


def number(script: str) -> int:
    return _SCRIPTS.index(script)


def choose_scripts(rng: np.random.Generator, kind: tuple[tuple[str, int], ...], count: int) -> Ints:
    shares = np.array([share for _, share in kind])
    scripts = np.array([number(script) for script, _ in kind])
    return rng.choice(scripts, size=count, p=shares / shares.sum())


def draw_offsets(rng: np.random.Generator, script: Ints, pace: Ints) -> Ints:
    """For visits one after another, the seconds from each event's visit's begin to the event."""
    length = LENGTH[script]
    end = np.cumsum(length)
    total = int(end[-1]) if len(end) else 0
    pause = rng.exponential(MEAN_GAP, total).astype(np.int64)
    gap = np.minimum(SHORTEST_GAP + pause, LONGEST_GAP)
    pace_of_event = np.repeat(pace, length)
    for one, (low, high) in _GAPS.items():
        hurried = np.flatnonzero(pace_of_event == one)
        gap[hurried] = between(rng, low, high, len(hurried))
    # A rush of n events is always shorter than n - 1 seconds.
    gap[end[pace == RUSH] - 1] = 0
    gap[end - length] = 0
    elapsed = np.cumsum(gap)
    offsets: Ints = packed(elapsed - np.repeat(elapsed[end - length], length))
    return offsets
