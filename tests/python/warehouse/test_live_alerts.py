"""Alerts of lanes, by the command and real servers: told within seconds, and once."""

from __future__ import annotations

import json
import os
import random
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from alerts.receiver import Receiver, http_receiver
from storehouse.live.alerts.found import read_found
from storehouse.live.alerts.lane import LaneAlerts
from storehouse.live.layer.bases import read_base
from storehouse.live.layer.lane import Lane
from storehouse.live.layer.program import Kind
from storehouse.log.bases import newest_base
from storehouse.log.event_log import EventLog
from storehouse.log.events import Event
from storehouse.log.opening import log_address
from storehouse.prove.live.large_orders import RULE, key_of, large_order
from storehouse.prove.served import started
from warehouse.live_homes import WAIT_SECONDS, last_day, shown, wait_for
from warehouse.shop import Home

KILLS = 4
_ALERTS = "targets: {chat: {url_variable: ALERTS_CHAT_URL, severities: [critical, warning]}}\n"


@pytest.fixture
def chat() -> Iterator[Receiver]:
    with http_receiver() as receiver:
        yield receiver


@pytest.fixture
def home(live_home: Home, chat: Receiver) -> Home:
    """A live home whose alerts go to `chat`."""
    (live_home.path / "alerts.yml").write_text(_ALERTS)
    return replace(live_home, environ={"ALERTS_CHAT_URL": chat.url})


@pytest.fixture
def log(home: Home) -> Iterator[EventLog]:
    with log_address(home.settings, {}).opened() as log:
        yield log


@pytest.fixture
def day(home: Home) -> str:
    return last_day(home)


def told(chat: Receiver) -> Counter[str]:
    """How often each key of large orders arrived."""
    return chat.raised(RULE)


def test_a_large_order_is_told_once_while_runs_and_hand_overs_go_on(
    home: Home, chat: Receiver, log: EventLog, day: str
) -> None:
    before = newest_base(home.path)
    assert before is not None
    with started("live", home.variables):
        log.append([large_order(1, day)])
        wait_for(lambda: told(chat)[key_of(1)] == 1, "told by live")
        run = home.start("storehouse", "run", "--json")
        number = 1
        while run.poll() is None:
            number += 1
            log.append([large_order(number, day)])
            wait_for(lambda: told(chat)[key_of(number)] == 1, "told while a run goes on")  # noqa: B023
        output, _ = run.communicate()
        assert run.returncode == 0, output
        assert number > 2
        wait_for(lambda: shown(home, "trade")[0][0] > before.name, "handed over")
        log.append([large_order(number + 1, day)])
        wait_for(lambda: told(chat)[key_of(number + 1)] == 1, "told after the hand-over")
        (listed,) = [
            one
            for one in home.storehouse("alerts")["alerts"]
            if one["alert_key"] == key_of(number + 1)
        ]
        assert (listed["sent_to"], listed["is_stale"]) == (["chat"], False)
    home.storehouse("run")
    assert told(chat) == Counter({key_of(n): 1 for n in range(1, number + 2)})
    open_keys = {one["alert_key"] for one in home.storehouse("alerts")["alerts"]}
    assert open_keys >= set(told(chat))


def test_after_random_kills_no_alert_is_missing_and_none_is_repeated_without_a_kill(
    home: Home, chat: Receiver, log: EventLog, day: str
) -> None:
    chance = random.Random(5)
    for number in range(KILLS):
        with started("live", home.variables) as (process, _):
            log.append([large_order(number, day)])
            time.sleep(chance.random() * 1.5)
            process.kill()
            process.wait()
    with started("live", home.variables):
        log.append([large_order(KILLS, day)])
        wait_for(lambda: len(told(chat)) == KILLS + 1, "all are told")
    home.storehouse("run")
    counts = told(chat)
    assert set(counts) == {key_of(number) for number in range(KILLS + 1)}
    assert counts.total() <= len(counts) + KILLS
    assert counts[key_of(KILLS)] == 1


def test_a_kill_between_sending_and_remembering_repeats_that_message_once(
    home: Home, chat: Receiver, log: EventLog, day: str
) -> None:
    with started("live", home.variables) as (process, _):

        def kill() -> None:
            if told(chat):
                os.kill(process.pid, signal.SIGKILL)

        chat.received = kill
        log.append([large_order(1, day)])
        assert process.wait(timeout=WAIT_SECONDS) == -signal.SIGKILL
    chat.received = bool
    assert told(chat) == {key_of(1): 1}
    with started("live", home.variables):
        wait_for(lambda: told(chat)[key_of(1)] == 2, "told again")
        log.append([large_order(2, day)])
        wait_for(lambda: told(chat)[key_of(2)] == 1, "the next is told")
    home.storehouse("run")
    assert told(chat) == {key_of(1): 2, key_of(2): 1}


def test_stock_that_runs_out_is_told_and_its_end_once_it_has_lasted(
    home: Home, chat: Receiver, log: EventLog, day: str
) -> None:
    (home.path / "alerts.yml").write_text(_ALERTS + "clear_seconds: 1\n")
    ((product, stock),) = home.query(
        """
        select product_id, on_hand_quantity from reports.rpt_stock_now
        where on_hand_quantity > 0 and average_daily_sold_quantity > 0 and not needs_reorder
        order by product_id limit 1
        """
    )
    out = f"out_of_stock:shop:{product}"
    with started("live", home.variables):
        log.append([moved(day, product, "sale", -stock)])
        wait_for(lambda: f"[{out}]" in chat.text, "out of stock")
        wait_for(lambda: f"[low_stock:shop:{product}]" in chat.text, "low stock")
        log.append([moved(day, product, "receipt", 10 * stock)])
        wait_for(lambda: chat.text.count(f"[{out}]") == 2, "cleared")
    assert chat.messages[-1]["type"] == "success"
    assert out not in {one["alert_key"] for one in home.storehouse("alerts")["alerts"]}


def moved(day: str, product: str, kind: str, quantity: int) -> Event:
    at = f"{day}T11:00:00Z"
    movement = {
        "stock_movement_id": f"live-{kind}", "product_id": product, "location_id": "W1",
        "movement_type": kind, "quantity": str(quantity), "moved_at": at, "updated_at": at,
    }  # fmt: skip
    data = json.dumps({"stock_movements": [movement]})
    return Event(f"stock/{kind}", "shop", "shop.stock_movement", at, data)


def test_a_target_that_is_down_holds_up_neither_lanes_nor_others_and_gets_all_when_it_is_up(
    home: Home, chat: Receiver, log: EventLog, day: str
) -> None:
    with http_receiver() as other:
        (home.path / "alerts.yml").write_text(
            "timeout_seconds: 2\ntargets: {chat: {url_variable: ALERTS_CHAT_URL}, "
            "other: {url_variable: ALERTS_OTHER_URL, severities: [warning]}}\n"
        )
        other.status = 500
        environ = {**home.environ, "ALERTS_OTHER_URL": other.url}
        with started("live", {**home.variables, **environ}):
            for number in range(3):
                end = log.append([large_order(number, day)])
                wait_for(_at_offset(home, end), "shown")
                wait_for(lambda: told(chat)[key_of(number)] == 1, "told")  # noqa: B023
            other.forget()
            other.status = 200
            wait_for(lambda: len(told(other)) == 3, "told once it is up")
        assert told(other) == told(chat) == {key_of(number): 1 for number in range(3)}


def _at_offset(home: Home, end: int) -> Callable[[], bool]:
    return lambda: shown(home, "trade")[0][1] == end


def test_a_lane_that_is_away_clears_nothing_and_says_so_and_a_run_judges_for_it(
    home: Home, chat: Receiver, log: EventLog, day: str
) -> None:
    with started("live", home.variables):
        log.append([large_order(1, day)])
        wait_for(lambda: told(chat)[key_of(1)] == 1, "told")
    (left,) = [o for o in home.storehouse("alerts")["alerts"] if o["alert_key"] == key_of(1)]
    assert (left["is_stale"], left["stale_reason"]) == (True, "live was stopped")
    home.storehouse("run")
    (judged,) = [o for o in home.storehouse("alerts")["alerts"] if o["alert_key"] == key_of(1)]
    assert (judged["is_stale"], judged["first_seen_at"]) == (False, left["first_seen_at"])
    assert told(chat) == {key_of(1): 1}


def test_an_alert_that_can_not_be_computed_says_so_and_the_lane_goes_on(live_home: Home) -> None:
    settings = live_home.settings
    base = read_base(settings)
    assert base is not None
    with log_address(settings, {}).opened() as log:
        lane = Lane(settings, "trade", base, log)
        alerts = LaneAlerts(settings, lane, every=0.05)
        alerts.follow(set(), is_behind=False)
        found = read_found(settings, "trade")
        assert found is not None
        assert (found.problem, found.build_id) == (None, base.build_id)
        assert found.rules == ("high_value_order", "payment_failure_surge", "refund_surge")
        kinds = {one.name: one.kind for one in lane.memory.relations}
        assert kinds["int_source_freshness"] is Kind.VIEW  # of the time that it is read

        lane.memory.con.execute(
            "create or replace view alerts.alert_refund_surge as "
            "select * replace (error('too large') as detail) from alerts.alert_high_value_order"
        )
        day = last_day(live_home)
        log.append([large_order(1, day), large_order(2, day)])
        failing = LaneAlerts(settings, lane, every=0.05)
        failing.follow(lane.advance(10) or set(), is_behind=False)
        found = read_found(settings, "trade")
        assert found is not None
        assert (found.problem, list(found.failed)) == (None, ["refund_surge"])
        assert "too large" in found.failed["refund_surge"]
        assert {key_of(1), key_of(2)} <= set(found.rows["alert_key"].to_pylist())
        assert lane.advance(10) is None
        lane.close()


def test_a_lane_that_has_not_taken_all_events_is_behind(live_home: Home) -> None:
    settings, day = live_home.settings, last_day(live_home)
    base = read_base(settings)
    assert base is not None
    with log_address(settings, {}).opened() as log:
        lane = Lane(settings, "trade", base, log)
        alerts = LaneAlerts(settings, lane, every=0.05)
        log.append([large_order(number, day) for number in range(3)])
        problems = []
        for _ in range(2):
            changed = lane.advance(2) or set()
            alerts.follow(changed, is_behind=lane.offset < log.end())
            found = read_found(settings, "trade")
            assert found is not None
            problems.append(found.problem)
        assert problems == ["live is behind the event log", None]
        lane.close()
