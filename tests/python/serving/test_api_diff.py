"""Comparisons of builds on a server: their pages, their cache, and builds that are removed."""

from __future__ import annotations

import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event
from typing import Any

import duckdb
import httpx
import pytest

from serving.served import EARLIER, add_earlier_build, client_of, typed_rows
from storehouse.core.errors import AnswerTimeout, BuildGone, ConfigError
from storehouse.serving import difference
from storehouse.serving.diff import compare, diff
from storehouse.serving.difference import Differences, Pair
from storehouse.serving.pages import PageRequest
from storehouse.serving.published import Deadline, kept_builds
from warehouse.homes import copy_of
from warehouse.shop import Home

OLDEST = "20190101T000000.000000Z"


@pytest.fixture
def home(shop_home: Home, tmp_path: Path) -> Home:
    """The sample shop with two builds."""
    home = copy_of(shop_home, tmp_path / "home")
    add_earlier_build(home.settings)
    return home


def _pair(home: Home) -> Pair:
    older, newer = kept_builds(home.settings)
    return older, newer


def _values(rows: Any) -> list[tuple[Any, ...]]:
    return [tuple(vars(row).values()) for row in rows]


def test_all_pages_of_a_comparison_are_of_the_builds_of_the_first(home: Home) -> None:
    older, newer = _pair(home)
    expected = _values(diff(home.settings).changes)
    assert len(expected) > 1
    with client_of(home) as api:
        first = api.get("/v1/diff/changes", params={"older": older, "limit": 1}).raise_for_status()
        file = home.settings.published_dir / newer / "current.duckdb"
        later = home.settings.published_dir / "29990101T000000.000000Z" / "current.duckdb"
        later.parent.mkdir()
        shutil.copyfile(file, later)
        rest = api.get(first.links["next"]["url"] + "&limit=10000").raise_for_status()
        assert typed_rows(first.json()) + typed_rows(rest.json()) == expected
        assert rest.headers["storehouse-build"] == f"{older}-{newer}"
        other = api.get("/v1/diff/changes", params={"newer": older, **_token(first)})
        assert other.status_code == 400
        assert "belongs to another request or other builds" in other.json()["detail"]


def _token(page: httpx.Response) -> dict[str, str]:
    return {"page": page.json()["next_page"]}


def test_rows_of_a_comparison_have_types_and_descriptions(home: Home) -> None:
    found = diff(home.settings)
    with client_of(home) as api:
        for part in ("figures", "changes", "causes", "loads", "new_days", "dimension_changes"):
            page = api.get(f"/v1/diff/{part}").json()
            assert typed_rows(page) == _values(getattr(found, part))
            assert all(column["description"] for column in page["columns"]), part
        types = {
            one["name"]: one["data_type"] for one in api.get("/v1/diff/changes").json()["columns"]
        }
    assert (types["day"], types["older"]) == ("DATE", "DECIMAL(38,4)")


def test_changes_of_unknown_size_come_first_and_each_metric_has_its_largest(home: Home) -> None:
    """A sale without a cost has an unknown margin."""
    file = home.settings.published_dir / EARLIER / "current.duckdb"
    with duckdb.connect(str(file)) as con:
        con.execute(
            "update marts.fct_ledger_entries set cost_amount = null where ledger_entry_key = "
            "(select max(ledger_entry_key) from marts.fct_ledger_entries "
            "where entry_type = 'sale' and cost_amount is not null)"
        )
    differences = Differences(home.settings)
    summary = differences.summary(differences.chosen(None, None), Deadline(300), largest=1)
    largest = {one.metric: one.difference for one in summary.largest_changes}
    assert {"cost", "net_sales"} <= set(largest)
    assert len(largest) == len(summary.largest_changes)
    assert largest["cost"] is None
    assert summary.change_count > len(largest)


def test_a_comparison_is_computed_once_for_all_who_wait(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    computed: list[Pair] = []
    begun, may_end = Event(), Event()

    def held(con: Any, settings: Any, older: str, newer: str, deadline: Deadline) -> Any:
        computed.append((older, newer))
        begun.set()
        may_end.wait(60)
        return compare(con, settings, older, newer, deadline)

    monkeypatch.setattr(difference, "compare", held)
    differences, pair = Differences(home.settings), _pair(home)
    with ThreadPoolExecutor() as pool:
        first = pool.submit(differences.summary, pair, Deadline(300))
        begun.wait(60)
        with pytest.raises(AnswerTimeout, match=r"time limit of 0\.01 s"):
            differences.summary(pair, Deadline(0.01))
        second = pool.submit(differences.summary, pair, Deadline(300))
        may_end.set()
        assert first.result() == second.result() == differences.summary(pair, Deadline(300))
    assert computed == [pair]


def test_comparisons_never_take_all_threads(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    begun, may_end = Event(), Event()

    def held(*_: Any) -> Any:
        begun.set()
        may_end.wait(60)
        raise ConfigError("It ended.")

    monkeypatch.setattr(difference, "compare", held)
    monkeypatch.setattr(difference, "_MAX_WAITING", 1)
    differences, pair = Differences(home.settings), _pair(home)
    with ThreadPoolExecutor() as pool:
        first = pool.submit(differences.summary, pair, Deadline(300))
        begun.wait(60)
        with pytest.raises(AnswerTimeout, match="Too many comparisons"):
            differences.summary(pair, Deadline(300))
        may_end.set()
        with pytest.raises(ConfigError, match="It ended"):
            first.result()
        with pytest.raises(ConfigError, match="It ended"):
            differences.summary(pair, Deadline(300))


def test_a_comparison_of_a_removed_build_is_gone(home: Home) -> None:
    differences = Differences(home.settings)
    pair = differences.chosen(None, None)
    token = differences.page(pair, "changes", PageRequest(1), Deadline(300)).next_page
    assert token
    assert differences.chosen(None, None, token) == pair
    with pytest.raises(ConfigError, match="belongs to another request"):
        differences.page(pair, "figures", PageRequest(1, token), Deadline(300))
    shutil.rmtree(home.settings.published_dir / EARLIER)
    with pytest.raises(BuildGone, match="There is no published build"):
        differences.chosen(*pair)
    with pytest.raises(BuildGone, match="Start again without a page token"):
        differences.chosen(None, None, token)


def test_builds_that_cannot_be_compared_are_named(home: Home) -> None:
    older, newer = OLDEST, EARLIER
    for file in (
        add_earlier_build(home.settings, OLDEST),
        home.settings.published_dir / EARLIER / "current.duckdb",
    ):
        with duckdb.connect(str(file)) as con:
            con.execute("drop table meta.semantic_manifest")
    with client_of(home) as api:
        answer = api.get("/v1/diff", params={"older": older, "newer": newer})
    assert answer.status_code == 400
    assert f"Build {older} or {newer} was published by a version" in answer.json()["detail"]
