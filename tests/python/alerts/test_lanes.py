"""Alerts that lanes of live compute: judged by their lane, remembered with those of runs."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from contextlib import ExitStack
from datetime import datetime, timedelta
from threading import Barrier, Event, Thread

import duckdb
import pytest
import time_machine

from alerts.conftest import Command
from alerts.found import NOON, Found
from alerts.receiver import Receiver, http_receiver
from storehouse.alerts.declaration import read_alert_settings
from storehouse.alerts.watch import open_alerts
from storehouse.cli.alerts import watched
from storehouse.core.lock import hold
from storehouse.landing.load_log import utc
from storehouse.live.alerts.comparing import Comparing
from storehouse.live.alerts.found import LaneFound, file_of, write_found
from storehouse.live.alerts.sending import Sending, stop

ALL = ["critical", "warning", "info"]
RULES = ("a", "b")


class Lane:
    """A lane of rules a and b whose findings are given, and what live does with them."""

    def __init__(self, found: Found, name: str = "trade") -> None:
        self._found, self._name = found, name
        self.now = utc(NOON)
        self.names, self.notes = [name], list[str]()
        settings = read_alert_settings(found.settings)
        self.comparing = Comparing(
            found.settings,
            settings,
            lambda: self.names,
            now=lambda: self.now,
            note=self.notes.append,
        )

    def finds(
        self,
        *keys: str,
        problem: str | None = None,
        is_event: bool = False,
        seconds: float = 1,
        failed: Mapping[str, str] | None = None,
        detail: str = "Detail.",
    ) -> bool:
        """What the lane finds so many seconds later, compared; whether that was news."""
        self.now += timedelta(seconds=seconds)
        self.writes(
            self._name, *keys, problem=problem, is_event=is_event, failed=failed, detail=detail
        )
        return self.comparing.poll()

    def writes(
        self,
        name: str,
        *keys: str,
        problem: str | None = None,
        is_event: bool = False,
        rules: tuple[str, ...] = RULES,
        failed: Mapping[str, str] | None = None,
        detail: str = "Detail.",
    ) -> None:
        """What a lane of that name finds. A key with nothing after the rule is one that is null."""
        rows = (
            duckdb.connect()
            .sql(
                f"""
            select if(key like '%:', null, key) as alert_key, 'shop' as source_name,
                split_part(key, ':', 1) as alert_rule,
                'critical' as severity, 'About ' || key as subject, '{detail}' as detail,
                null::varchar as stale_reason, {is_event} as is_event, false as is_stale,
                null::timestamp as occurred_at, false as is_operation
            from (select unnest({list(keys)}::varchar[]) as key)
            order by alert_key
            """
            )
            .to_arrow_table()
        )
        good_until = self.now + timedelta(seconds=60)
        write_found(
            self._found.settings,
            LaneFound(name, "1", 1, self.now, good_until, rules, problem, rows, failed or {}),
        )

    def passes(self, seconds: float) -> bool:
        """So much time goes by without a word of the lane."""
        self.now += timedelta(seconds=seconds)
        return self.comparing.poll()


def _states(found: Found) -> dict[str, str | None]:
    return {one["alert_key"]: one["stale_reason"] for one in open_alerts(found.settings).alerts}


def _at(lane: Lane, seconds: float = 1) -> datetime:
    return (lane.now + timedelta(seconds=seconds)).replace(tzinfo=NOON.tzinfo)


def test_an_alert_is_told_once_whichever_of_live_and_a_run_finds_it_first(
    found: Found, chat: Receiver
) -> None:
    found.declare(targets={"chat": ALL})
    lane = Lane(found)
    assert lane.finds("a:shop:1")
    send(found, lane)
    found.finds("a:shop:1", "b:shop:1")
    found.runs(_at(lane))
    assert chat.text.count("[a:shop:1]") == chat.text.count("[b:shop:1]") == 1
    assert not lane.finds("a:shop:1", "b:shop:1", seconds=5)
    send(found, lane)
    assert len(chat.messages) == 2


def send(found: Found, lane: Lane, target: int = 0) -> None:
    """As live sends to a target, until that has nothing more to send."""
    settings = read_alert_settings(found.settings)
    sending = Sending(
        found.settings,
        settings,
        settings.targets[target],
        now=lambda: lane.now,
        environ=os.environ,
        note=print,
    )
    sending.start()
    sending.wake()
    stop([sending])


def test_a_run_leaves_alerts_to_a_lane_that_runs_and_judges_them_when_it_does_not(
    found: Found,
) -> None:
    with hold(found.settings, "live", lane="trade"):
        lane = Lane(found)
        lane.finds("a:shop:1")
        found.finds("b:shop:1", "c:shop:1")
        report = found.runs(_at(lane, 1))
        assert [one.alert_key for one in report.raised] == ["c:shop:1"]
        assert _states(found) == {"a:shop:1": None, "c:shop:1": None}
        found.runs(_at(lane, 2), problem="the last build failed")
        assert _states(found) == {"a:shop:1": None, "c:shop:1": "the last build failed"}
        lane.finds("a:shop:1", problem="live could not compute it")
        report = found.runs(_at(lane, 3))
        assert [one.alert_key for one in report.raised] == ["b:shop:1"]
    found.finds("b:shop:1", "c:shop:1")
    found.runs(_at(lane, 4))
    assert _states(found) == {"b:shop:1": None, "c:shop:1": None}


def test_what_a_lane_has_judged_that_no_longer_runs_a_run_judges(found: Found) -> None:
    """Live evaluated once while the run went on, and stopped: the run's files may say more."""
    found.finds("a:shop:1", "b:shop:1")
    with time_machine.travel(NOON, tick=False), watched(found.settings) as run:
        lane = Lane(found)
        lane.finds("a:shop:1")
        lane.comparing.stop("live was stopped")
        assert len(open_alerts(found.settings).problems) == 1
    assert run.report
    assert run.report.problem is None
    assert _states(found) == {"a:shop:1": None, "b:shop:1": None}
    assert open_alerts(found.settings).problems == ()


def test_what_goes_wrong_in_a_lane_holds_up_no_other_and_is_said_once(found: Found) -> None:
    """Neither a row without a key nor a file that can't be read."""
    lane = Lane(found)
    lane.names = ["trade", "stock", "web"]
    with ExitStack() as stack:
        for name in ("stock", "web"):
            stack.enter_context(hold(found.settings, "live", lane=name))
        lane.finds("a:shop:1")
        lane.writes("stock", "c:shop:1", rules=("c",))
        lane.comparing.poll()
        for number in range(3):
            lane.now += timedelta(seconds=1)
            lane.writes("trade", "a:")
            file_of(found.settings, "stock").write_bytes(b"no Arrow")
            lane.writes("web", *(f"d:shop:{n}" for n in range(number + 1)), rules=("d",))
            assert lane.comparing.poll()
        stale = _states(found)
        assert stale["d:shop:2"] is None
        assert all("a bug in storehouse" in str(stale[key]) for key in ("a:shop:1", "c:shop:1"))
        assert len(lane.notes) == 2
        lane.now += timedelta(seconds=1)
        lane.writes("web", "d:shop:3", rules=("d",))
        assert lane.comparing.stop("live was stopped")
        assert {*_states(found)} >= {"a:shop:1", "c:shop:1", "d:shop:3"}
        assert {*_states(found).values()} == {"live was stopped"}
        lane.finds("a:shop:1")
        assert "evaluated again" in lane.notes[-1]


def test_a_rule_that_fails_leaves_the_others_and_is_listed_until_it_is_computed(
    found: Found, command: Command
) -> None:
    problem = "live could not compute it: too large"
    lane = Lane(found)
    lane.finds("a:shop:1", "b:shop:1")
    for _ in range(2):
        lane.finds("a:shop:1", "a:shop:2", failed={"b": problem})
    assert _states(found) == {"a:shop:1": None, "a:shop:2": None, "b:shop:1": problem}
    assert lane.notes == [f"Alerts of lane trade: b: {problem}."]
    said = f"Alerts of lane trade (b) are not up to date: {problem}."
    assert said in command("alerts")[1].splitlines()
    assert said in command("status")[1].splitlines()
    with hold(found.settings, "live", lane="trade"):
        found.finds("b:shop:3")
        found.runs(_at(lane))
    assert _states(found) == dict.fromkeys(("a:shop:1", "a:shop:2", "b:shop:3"))
    assert said in command("alerts")[1].splitlines()
    lane.finds("a:shop:1", "a:shop:2", "b:shop:3")
    assert _states(found) == dict.fromkeys(("a:shop:1", "a:shop:2", "b:shop:3"))
    assert open_alerts(found.settings).problems == ()
    assert lane.notes[1:] == ["Alerts of lane trade: they are evaluated again."]


def test_a_lane_that_a_hand_over_adds_is_compared_and_one_it_takes_away_is_left_to_runs(
    found: Found,
) -> None:
    lane = Lane(found)
    lane.finds("a:shop:1")
    lane.names = ["stock"]
    assert not lane.comparing.poll()
    with hold(found.settings, "live", lane="stock"):
        lane.comparing.poll()
        lane.writes("stock", "c:shop:1", rules=("c",))
        assert lane.comparing.poll()
    assert found.query("select lane, rules from ops.alert_lanes") == [("stock", ["c"])]


def test_targets_that_do_not_answer_hold_up_the_end_of_live_together(
    found: Found, chat: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    with http_receiver() as other:
        monkeypatch.setenv("ALERTS_OTHER_URL", other.url)
        found.declare(targets={"chat": ALL, "other": ALL})
        lane = Lane(found)
        lane.finds("a:shop:1")
        settings, notes = read_alert_settings(found.settings), list[str]()
        senders = [
            Sending(
                found.settings,
                settings,
                target,
                now=lambda: lane.now,
                environ=os.environ,
                note=notes.append,
            )
            for target in settings.targets
        ]
        asked, go_on = Barrier(3), Event()

        def hang() -> None:
            asked.wait(30)
            go_on.wait(30)

        chat.received = other.received = hang
        for sender in senders:
            sender.start()
        asked.wait(30)
        begun = time.monotonic()
        stop(senders, seconds=0.5)
        assert time.monotonic() - begun < 0.9
        assert len(notes) == 2
        chat.received = other.received = bool
        go_on.set()
        stop(senders)
        assert found.query("select count(*) from ops.alert_deliveries") == [(2,)]


def test_a_lane_judges_only_its_own_rules(found: Found) -> None:
    found.finds("c:shop:1", operation=["failed_build"])
    found.runs(NOON)
    lane = Lane(found)
    for _ in range(5):
        lane.finds("a:shop:1", seconds=100)
    assert _states(found) == {"a:shop:1": None, "c:shop:1": None, "failed_build": None}


def test_an_alert_of_a_lane_is_cleared_once_it_has_been_over_for_a_time(found: Found) -> None:
    """Evaluations may be a second apart, so that their number alone says little."""
    found.declare(clear_after=2, clear_seconds=60)
    lane = Lane(found)
    lane.finds("a:shop:1", "b:shop:1")
    assert not lane.finds("a:shop:1")
    for _ in range(5):
        assert not lane.passes(10)
    assert found.open_keys() == ["a:shop:1", "b:shop:1"]
    lane.finds("a:shop:1", "b:shop:1")
    lane.finds("a:shop:1")
    assert not lane.passes(59)
    assert lane.finds("a:shop:1", seconds=1)
    assert found.open_keys() == ["a:shop:1"]


def test_an_alert_that_must_last_is_raised_although_nothing_else_changes(found: Found) -> None:
    found.declare(raise_after=3)
    lane = Lane(found)
    assert not lane.finds("a:shop:1")
    assert [lane.passes(1) for _ in range(2)] == [False, True]


def test_what_is_the_same_is_not_compared_again(found: Found) -> None:
    lane = Lane(found)
    lane.finds("a:shop:1")
    seen = found.query("select last_seen_at from ops.alerts")
    for _ in range(3):
        assert not lane.finds("a:shop:1", seconds=10)
    assert found.query("select last_seen_at from ops.alerts") == seen


def test_words_of_an_alert_are_compared_every_five_seconds_and_a_new_alert_at_once(
    found: Found,
) -> None:
    lane = Lane(found)
    lane.finds("a:shop:1", detail="9 left.")
    words = "select detail from ops.alerts where alert_key = 'a:shop:1'"
    assert not lane.finds("a:shop:1", detail="8 left.")
    assert found.query(words) == [("9 left.",)]
    assert not lane.finds("a:shop:1", detail="7 left.", seconds=5)
    assert found.query(words) == [("7 left.",)]
    assert lane.finds("a:shop:1", "b:shop:1", detail="6 left.")
    assert found.query(words) == [("6 left.",)]


@pytest.mark.parametrize("problem", ["live is behind the event log", None])
def test_a_lane_that_is_behind_or_away_clears_nothing_and_says_so(
    found: Found, problem: str | None
) -> None:
    found.declare(clear_after=1, clear_seconds=0.001)
    lane = Lane(found)
    lane.finds("a:shop:1", "b:shop:1")
    if problem:  # what it finds meanwhile is raised
        assert lane.finds("a:shop:2", problem=problem)
        expected = dict.fromkeys(("a:shop:1", "a:shop:2", "b:shop:1"), problem)
    else:
        assert not lane.passes(61)
        expected = dict.fromkeys(
            ("a:shop:1", "b:shop:1"), "live has not computed it since 2025-03-05 12:00 UTC"
        )
    assert _states(found) == expected
    lane.finds("b:shop:1")
    lane.passes(1)
    assert _states(found) == {"b:shop:1": None}


def test_when_live_stops_what_was_found_last_is_raised_and_marked(found: Found) -> None:
    lane = Lane(found)
    lane.finds("a:shop:1")
    lane.comparing.stop("live was stopped")
    assert _states(found) == {"a:shop:1": "live was stopped"}


def test_what_is_held_back_is_sent_without_a_run(found: Found, chat: Receiver) -> None:
    found.declare(targets={"chat": ALL}, digest_at="13:00")
    found.finds("i:shop:1")
    found.runs(NOON)
    lane = Lane(found)
    send(found, lane)
    assert chat.messages == []
    lane.now += timedelta(hours=1)
    send(found, lane)
    assert chat.titles == ["For information: About i:shop:1"]


def test_two_processes_send_a_target_each_message_once(
    found: Found, chat: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run ends while live is sending: it sends the target what live leaves."""
    with http_receiver() as other:
        monkeypatch.setenv("ALERTS_OTHER_URL", other.url)
        found.declare(targets={"chat": ALL, "other": ALL})
        lane = Lane(found)
        lane.finds(*(f"a:shop:{number}" for number in range(25)))
        found.finds("c:shop:1")
        runs: list[object] = []

        def run() -> None:
            chat.received = bool
            runs.append(found.runs(_at(lane)))

        beside = Thread(target=run)
        chat.received = beside.start
        send(found, lane)
        beside.join()
        for receiver in (chat, other):
            keys = [f"[a:shop:{number}]" for number in range(25)] + ["[c:shop:1]"]
            assert [receiver.text.count(key) for key in keys] == [1] * 26
    assert len(runs) == 1
