"""A table that is delivered whole: the newest state is current, and what is repeated stays."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from storehouse.core.progress import Silent
from storehouse.core.warehouse import connect
from storehouse.landing.load import load
from warehouse.shop import Home

SOURCE = "nightly_extract"
HEADERS = {
    "orders": "order_no;customer_no;ordered_on;cancelled_on;shipped_on;shipping;total",
    "products": "article_no;name;group;price;cost;active",
}
CURRENT, VERSIONS = (f"stg_{SOURCE}__{name}" for name in ("orders", "product_versions"))

# What a night's extract holds: the price of each thing that is there.
State = dict[str, int]
# Files that arrive before a load: what is in them by night and part of the night.
Arrivals = dict[tuple[int, str], State]


@dataclass(frozen=True)
class Compiled:
    """The SQL of the staging models that read full deliveries."""

    folder: Path

    def sql(self, name: str) -> str:
        return (self.folder / f"{name}.sql").read_text()


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Compiled:
    home = Home(tmp_path_factory.mktemp("home"), sources=SOURCE)
    home.storehouse("load")
    home.dbt("compile", "--quiet", "-s", CURRENT, VERSIONS)
    folder = home.path / "target" / "compiled" / "storehouse" / "models" / "staging" / SOURCE
    return Compiled(folder)


@dataclass
class Trial:
    """A home that is loaded and queried, without being built. Loads are an hour apart."""

    home: Home
    compiled: Compiled
    clock: Iterator[datetime] = field(
        default_factory=lambda: (
            datetime(2025, 5, 1, tzinfo=UTC) + timedelta(hours=n) for n in itertools.count()
        )
    )

    def deliver(self, night: int, part: str, state: State) -> None:
        rows = {
            "orders": [f"{key};;01.03.2025;;;0;{price}" for key, price in state.items()],
            "products": [f"{key};Thing;;{price};1;1" for key, price in state.items()],
        }
        for table, header in HEADERS.items():
            file = self.home.path / "inbox" / SOURCE / table / f"{part}_2025-03-0{night}.csv"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text("\n".join([header, *rows[table]]) + "\n")

    def load(self) -> datetime:
        moment = next(self.clock)
        report = load(self.home.settings, progress=Silent(), now=lambda: moment)
        report.raise_for_problems()
        return report.loaded_at

    def ask(self, select: str, name: str) -> list[tuple[Any, ...]]:
        """Rows of `select` from a model as it stands now."""
        with connect(self.home.settings, read_only=True) as con:
            return con.execute(f"with model as ({self.compiled.sql(name)}) {select}").fetchall()

    def current(self) -> dict[str, list[Decimal]]:
        """By order: its prices, more than one where parts of a night both hold it."""
        return dict(
            self.ask(
                "select order_id, list(total_amount order by total_amount) from model group by all",
                CURRENT,
            )
        )

    def versions(self) -> dict[str, dict[datetime, tuple[Any, ...]]]:
        """By product: price and whether it is deleted, from each moment on."""
        found: dict[str, dict[datetime, tuple[Any, ...]]] = {}
        for key, at, *values in self.ask(
            "select product_id, updated_at, list_price_amount, is_deleted from model order by all",
            VERSIONS,
        ):
            found.setdefault(key, {})[at] = tuple(values)
        return found

    def loads(self) -> dict[str, datetime]:
        """By order: the load since which it says what it says."""
        return dict(self.ask("select order_id, max(_loaded_at) from model group by all", CURRENT))


STATES = st.dictionaries(st.sampled_from("pq"), st.integers(1, 2))
ARRIVALS = st.dictionaries(st.tuples(st.integers(1, 4), st.sampled_from("ab")), STATES, max_size=3)


@given(loads=st.lists(ARRIVALS, min_size=1, max_size=3))
@settings(max_examples=12, deadline=None)
@example(loads=[{(1, "a"): {"p": 1}}, {(2, "a"): {"p": 2}}, {(3, "a"): {"p": 1}}])
@example(loads=[{(1, "a"): {"p": 1}, (2, "a"): {"p": 2}}, {(2, "a"): {"p": 1}}])
@example(loads=[{(1, "a"): {"p": 1}, (3, "a"): {"p": 1}}, {(2, "a"): {}}, {(4, "a"): {}}])
@example(loads=[{(1, "a"): {"p": 1, "q": 1}}, {(2, "a"): {"p": 1}}, {(2, "b"): {"q": 1}}])
@example(loads=[{(1, "b"): {"q": 1}}, {(1, "a"): {"q": 1}}, {(1, "a"): {"q": 2}}])
def test_any_order_of_arrival_ends_as_a_fresh_home(
    compiled: Compiled, tmp_path_factory: pytest.TempPathFactory, loads: list[Arrivals]
) -> None:
    trial = Trial(Home(tmp_path_factory.mktemp("home"), sources=SOURCE), compiled)
    for arrivals in loads:
        for (night, part), state in arrivals.items():
            trial.deliver(night, part, state)
        trial.load()
    fresh_home = Home(
        tmp_path_factory.mktemp("fresh"), sources=SOURCE, inbox=trial.home.path / "inbox"
    )
    fresh = Trial(fresh_home, compiled)
    fresh.load()
    assert fresh.current() == trial.current()
    assert fresh.versions() == trial.versions()


def _trial(compiled: Compiled, path: Path, *nights: State) -> Trial:
    trial = Trial(Home(path, sources=SOURCE), compiled)
    for night, state in enumerate(nights, start=1):
        trial.deliver(night, "a", state)
        trial.load()
    return trial


def test_a_row_that_nights_repeat_came_with_the_first_of_them(
    compiled: Compiled, tmp_path: Path
) -> None:
    trial = _trial(compiled, tmp_path, {"p": 1, "q": 1})
    first = trial.loads()
    trial.deliver(2, "a", {"q": 1, "p": 1})
    trial.load()
    assert trial.loads() == first
    trial.deliver(3, "a", {"p": 1, "q": 2})
    trial.load()
    assert trial.loads()["p"] == first["p"]
    assert trial.loads()["q"] > first["q"]
    trial.deliver(4, "a", {"p": 1, "q": 1})
    back = trial.load()
    assert trial.loads() == {"p": first["p"], "q": back}


def test_what_vanishes_is_deleted_that_night_and_lives_again_when_it_returns(
    compiled: Compiled, tmp_path: Path
) -> None:
    trial = _trial(compiled, tmp_path, {"p": 1}, {}, {"p": 1})
    assert trial.current() == {"p": [1]}
    nights = [datetime(2025, 3, n) for n in (1, 2, 3)]  # noqa: DTZ001
    assert trial.versions() == {
        "p": dict(zip(nights, [(1, False), (1, True), (1, False)], strict=True))
    }


def test_a_delivery_without_rows_empties_the_table(compiled: Compiled, tmp_path: Path) -> None:
    trial = _trial(compiled, tmp_path, {"p": 1}, {})
    assert trial.current() == {}
    assert trial.versions()["p"][datetime(2025, 3, 2)] == (1, True)  # noqa: DTZ001
