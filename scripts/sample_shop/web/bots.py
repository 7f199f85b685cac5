"""The sample's visits of machines, and of people who are almost as fast. Visitors count from 0."""

from __future__ import annotations

import math

import numpy as np

from sample_shop.arrays import DAY, Ints, between
from sample_shop.web.buyers import choose_touches, some
from sample_shop.web.scripts import CRAWLER, RUSH, SECOND_BY_SECOND, choose_scripts, number
from sample_shop.web.visits import Visits
from sample_shop.web.words import (
    BOT_AGENTS,
    CRAWLING,
    FIRST_BOT,
    RUSHING,
    SHORT_OF_RUSHING,
    STEADY,
    UNSAID,
    WEB_AGENTS,
)

# For each visit that buys.
CRAWLER_RATE, RUSH_RATE, ALMOST_RATE = 0.03, 0.005, 0.001


def draw_crawlers(rng: np.random.Generator, buyers: Visits) -> Visits:
    """Bots that say what they are, and take some seconds over each page."""
    count = math.ceil(CRAWLER_RATE * len(buyers))
    visitor = np.arange(count)
    return Visits.without_order(
        visitor,
        _moments(rng, buyers, count),
        choose_scripts(rng, CRAWLING, count),
        pace=CRAWLER,
        agent=FIRST_BOT + visitor % len(BOT_AGENTS),
        touch=UNSAID,
    )


def draw_rushes(rng: np.random.Generator, buyers: Visits) -> Visits:
    """Bots that call themselves browsers, and people just short of being taken for such."""
    rushing = math.ceil(RUSH_RATE * len(buyers))
    almost = math.ceil(ALMOST_RATE * len(buyers))
    count = rushing + 2 * almost
    visitor = np.arange(count)
    few, slow = np.full(almost, number(SHORT_OF_RUSHING)), np.full(almost, number(STEADY))
    return Visits.without_order(
        visitor,
        _moments(rng, buyers, count),
        np.concatenate([choose_scripts(rng, RUSHING, rushing), few, slow]),
        pace=np.repeat([RUSH, RUSH, SECOND_BY_SECOND], [rushing, almost, almost]),
        agent=visitor % len(WEB_AGENTS),
        touch=choose_touches(rng, count),
    )


def _moments(rng: np.random.Generator, buyers: Visits, count: int) -> Ints:
    near = buyers.moment[some(rng, buyers, count)]
    return near + between(rng, -DAY, DAY, count)
