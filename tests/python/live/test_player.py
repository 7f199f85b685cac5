"""`storehouse sample --live`: what it sends is what its account says."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from random import Random

import pytest

from live.logs import events
from live.receiving import ENVIRON, receiving
from storehouse.live.player.plan import (
    DUPLICATE,
    FIRST,
    FORGED,
    KINDS,
    LATE,
    POISONOUS,
    REORDERED,
    due,
    plan,
)
from storehouse.log.sqlite import SqliteLog
from warehouse.shop import Home

SAMPLE = ("sample", "--live", "--orders", "60", "--days", "20", "--rate", "5000", "--seed", "3")


def log_of(home: Home) -> SqliteLog:
    return SqliteLog(home.path / "live" / "log.sqlite")


def test_each_event_is_planned_once_and_the_troubles_beside_it() -> None:
    given = events(0, 5_000)
    sendings = plan(given, Random(1), with_forged=True)
    counts = Counter(one.kind for one in sendings)
    assert set(counts) == set(KINDS)
    true = [one for one in sendings if one.kind in (FIRST, LATE, REORDERED)]
    assert sorted(one.event.id for one in true) == sorted(one.id for one in given)
    place = {one.event.id: number for number, one in enumerate(true)}
    moved = [place[one.id] - number for number, one in enumerate(given)]
    assert max(moved) > 200
    assert any(0 < abs(one) <= 20 for one in moved)
    repeated = {one.event for one in sendings if one.kind == DUPLICATE}
    assert repeated <= set(given)
    false = {one.event.id for one in sendings if one.kind in (POISONOUS, FORGED)}
    assert not false & {one.id for one in given}


def test_events_are_due_at_the_rate_on_average_and_in_bursts() -> None:
    assert [due(seconds, 100) for seconds in (0, 10, 20, 600)] == [0, 1000, 2000, 60_000]
    assert due(9, 100) == 500
    assert due(9.5, 100) == 750


def test_the_log_holds_what_the_account_says(tmp_path: Path) -> None:
    home = Home(tmp_path)
    account = home.storehouse(*SAMPLE)
    sent = account["sent"]
    assert account["planned"] == sum(sent.values()) == account["answers"]["appended"]
    assert sent[FORGED] == 0
    assert all(sent[kind] for kind in KINDS if kind != FORGED)
    log = log_of(home)
    found = [one for _, one in log.read(0, 100_000)]
    log.close()
    assert len(found) == sum(sent.values()) - sent[DUPLICATE]
    loaded = home.storehouse("load")
    assert sum(table["rejected_rows"] for table in loaded["tables"]) == sent[POISONOUS]


def test_a_receiver_answers_each_event_as_it_should(tmp_path: Path) -> None:
    home = Home(tmp_path, environ=ENVIRON)
    with receiving(home) as client:
        account = home.storehouse(*SAMPLE, "--to", f"{client.address}/webhooks/shop")
    sent, answers = account["sent"], account["answers"]
    assert sent[FORGED] > 0
    true = sum(sent[kind] for kind in (FIRST, LATE, REORDERED))
    assert answers == {
        "200": true + sent[DUPLICATE], "202": sent[POISONOUS], "401": sent[FORGED],
    }  # fmt: skip
    log = log_of(home)
    assert len(log.read(0, 100_000)) == true
    assert log.dead_count() == sent[POISONOUS]
    log.close()


def test_time_may_end_before_the_plan(tmp_path: Path) -> None:
    account = Home(tmp_path).storehouse(*SAMPLE, "--rate", "20", "--seconds", "0.5")
    assert 0 < sum(account["sent"].values()) < account["planned"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--out", "x"), "--live writes no files"),
        (("--to", "http://127.0.0.1:9/webhooks/shop"), "SHOP_WEBHOOK_SECRET is not set"),
    ],
)
def test_arguments_that_do_not_go_together_are_refused(
    tmp_path: Path, arguments: tuple[str, ...], message: str
) -> None:
    assert message in Home(tmp_path).storehouse(*SAMPLE, *arguments, code=2)["error"]


@pytest.mark.parametrize("option", ["--rate", "--seconds", "--to"])
def test_what_is_for_events_needs_live(tmp_path: Path, option: str) -> None:
    said = Home(tmp_path).storehouse("sample", option, "5", code=2)["error"]
    assert "need --live" in said
    assert not (tmp_path / "inbox").exists()
