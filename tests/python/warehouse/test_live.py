"""What live shows is what the batch builds from the same events."""

from __future__ import annotations

import os
import shutil
import signal
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from storehouse.core.errors import BuildError, SourceUnavailable
from storehouse.core.progress import Silent
from storehouse.live.layer.bases import read_base, write_base
from storehouse.live.layer.lane import Lane, spill_dir
from storehouse.log.bases import bases_dir, newest_base
from storehouse.log.opening import log_address
from storehouse.prove.live.checkpoints import prove_live
from storehouse.prove.live.large_orders import order_event
from storehouse.prove.served import started
from warehouse.live_homes import LANES, children, last_day, shown, wait_for
from warehouse.shop import Home, parsed_dbt

MANY_EVENTS = 40


def test_live_is_the_batch_at_every_checkpoint_and_so_is_a_replay() -> None:
    """Events out of order and twice; lanes killed and handed over; a replay on nothing.

    A shop by events alone, and one half by files with another on Medusa beside it.
    """
    settings = Home(Path("unused")).settings
    proof = prove_live(
        settings,
        parsed_dbt(),
        seeds=(1, 4),
        orders=40,
        days=12,
        keep=False,
        progress=Silent(),
        now=lambda: datetime.now(UTC),
    )
    assert proof.failures == ()
    assert proof.unequal == ()
    assert {one.against for one in proof.comparisons} >= {"a replay from the log's beginning"}
    reports = {one.table for one in proof.comparisons if one.rows}
    assert reports >= {
        "staging.base_medusa__order_lines",
        "staging.base_medusa__credit_lines",
        "marts.fct_ledger_entries",
        "marts.fct_payments",
        "marts.fct_sessions",
        "reports.rpt_sales_now",
        "reports.rpt_orders_now",
        "reports.rpt_stock_now",
        "reports.rpt_funnel_now",
        "alerts.alert_low_stock",
        "alerts.alert_out_of_stock",
        "alerts.alert_high_value_order",
        "alerts.alert_refund_surge",
        "alerts.alert_payment_failure_surge",
    }


def test_a_poisonous_event_is_quarantined_and_the_others_are_taken(live_home: Home) -> None:
    """A sum that no column holds: only the models tell, so halving finds it."""
    day = last_day(live_home)
    poisonous = order_event(500, amount="99999999999999.99", lines=300, day=day)
    events = [*(order_event(n, day=day) for n in range(20)), poisonous]
    events += [order_event(n, day=day) for n in range(20, 40)]
    base = read_base(live_home.settings)
    assert base is not None
    with log_address(live_home.settings, {}).opened() as log:
        log.append(events)
        lane = Lane(live_home.settings, "trade", base, log)
        while lane.advance(1000) is not None:
            pass
        assert (lane.counts.events, lane.counts.quarantined) == (41, 1)
        ((_, letter),) = log.dead_letters(10)
        assert letter.id == poisonous.id
        assert letter.reason.startswith("live: Conversion Error")
        assert lane.memory.con.execute(
            "select count(*), sum(total_amount) from marts.fct_orders where order_id like 'L0%'"
        ).fetchall() == [(40, 400)]
        lane.close()


def test_events_that_a_base_needs_are_not_removed(live_home: Home) -> None:
    """Events are loaded, and too many for the log, but the base is older than that load."""
    home = replace(live_home, environ={"STOREHOUSE_EVENT_LOG_GB": "0.000001"})
    day = last_day(home)
    with log_address(home.settings, {}).opened() as log:
        end = log.append([order_event(n, day=day) for n in range(50)])
    home.storehouse("load")
    with log_address(home.settings, {}).opened() as log:
        assert log.oldest() == 0
        base = read_base(home.settings)
        assert base is not None
        lane = Lane(home.settings, "trade", base, log)
        assert lane.advance(1000)
        assert lane.offset == end
        lane.close()
    shutil.rmtree(bases_dir(home.path))
    with log_address(home.settings, {}).opened() as log:
        log.append([order_event(50, day=day)])
    home.storehouse("load")
    with log_address(home.settings, {}).opened() as log:
        assert log.oldest() > 0


def test_no_base_is_written_of_rows_that_no_build_has(live_home: Home) -> None:
    before = newest_base(live_home.path)
    assert before is not None
    shutil.rmtree(before)
    with log_address(live_home.settings, {}).opened() as log:
        log.append([order_event(1, day=last_day(live_home))])
    live_home.storehouse("load")
    live_home.storehouse("publish")
    assert newest_base(live_home.path) is None


@pytest.mark.parametrize("events_after", [0, 5])
def test_a_lane_notices_that_the_log_was_set_back_or_replaced(
    live_home: Home, events_after: int
) -> None:
    """Also while it has the file open, and if other events have taken the numbers of those read."""
    base, day = read_base(live_home.settings), last_day(live_home)
    assert base is not None
    file, copy = live_home.path / "live" / "log.sqlite", live_home.path / "copy.sqlite"
    with log_address(live_home.settings, {}).opened() as log:
        log.append([order_event(0, day=day)])
    shutil.copyfile(file, copy)
    with log_address(live_home.settings, {}).opened() as log:
        log.append([order_event(n, day=day) for n in range(1, 4)])
        lane = Lane(live_home.settings, "trade", base, log)
        assert lane.advance(10)
        with log_address(live_home.settings, {}).opened() as same:
            lane.refuse_another(same)
        file.rename(file.with_name("moved.sqlite"))
        for replaced in (False, True):
            for one in file.parent.glob("log.sqlite*"):
                one.unlink()
            if not replaced:
                shutil.copyfile(copy, file)
            with log_address(live_home.settings, {}).opened() as other:
                other.append([order_event(9 + n, day=day) for n in range(events_after)])
                with pytest.raises(SourceUnavailable, match="set back or replaced"):
                    lane.refuse_another(other)
        lane.close()


def test_a_model_that_fails_on_any_event_stops_its_lane(live_home: Home) -> None:
    """Good events are no dead letters then, but for a few."""
    base, day = read_base(live_home.settings), last_day(live_home)
    assert base is not None
    events = [
        order_event(n, amount="99999999999999.99", lines=300, day=day) for n in range(MANY_EVENTS)
    ]
    with log_address(live_home.settings, {}).opened() as log:
        log.append(events)
        lane = Lane(live_home.settings, "trade", base, log)
        with pytest.raises(BuildError, match="the fault is not an event's: Conversion Error"):
            lane.advance(MANY_EVENTS)
        assert lane.offset == 0
        assert log.dead_count() < MANY_EVENTS / 2
        lane.close()


def test_a_base_that_is_not_whole_is_none(live_home: Home) -> None:
    before = read_base(live_home.settings)
    assert before is not None
    shutil.copytree(before.file.parent, before.file.parent.with_name("9999"))
    (before.file.parent.with_name("9999") / "base.json").unlink()
    assert read_base(live_home.settings) == before
    live_home.storehouse("load")
    (before.file.parent / "base.json").unlink()
    assert read_base(live_home.settings) is None
    assert write_base(live_home.settings, Silent()) == before.file.parent
    assert read_base(live_home.settings) == before


def test_lanes_that_are_killed_come_back_and_a_run_hands_them_over(live_home: Home) -> None:
    """Readers see no error and no lane going back; in the end live and the build agree."""
    home, day = live_home, last_day(live_home)
    base = newest_base(home.path)
    assert base is not None
    before = base.name
    with (
        started("live", home.variables) as (process, said),
        log_address(home.settings, {}).opened() as log,
    ):
        assert set(said["lanes"]) == set(LANES)
        end = log.append([order_event(n, day=day) for n in range(30)])
        seen: dict[str, list[int]] = {lane: [] for lane in LANES}

        def read_all() -> dict[str, tuple[str, int]]:
            found = {lane: shown(home, lane)[0] for lane in LANES}
            for lane, (_, offset) in found.items():
                assert offset >= max(seen[lane], default=0)
                seen[lane].append(offset)
            return found

        wait_for(lambda: all(o == end for _, o in read_all().values()), "events are shown")
        assert {build for build, _ in read_all().values()} == {before}
        orders = "select count(*) from reports.rpt_orders_now where order_id like 'L0%'"
        assert shown(home, "trade", orders) == [(30,)]

        pids = dict(zip(said["lanes"], children(process), strict=True))
        nice = {lane: os.getpriority(os.PRIO_PROCESS, pid) for lane, pid in pids.items()}
        assert nice["web"] > nice["trade"] == nice["stock"]
        spilled = [spill_dir(home.settings, lane, pid) for lane, pid in pids.items()]
        for folder in spilled:
            folder.mkdir(parents=True)
        for pid in pids.values():
            os.kill(pid, signal.SIGKILL)
        end = log.append([order_event(n, day=day) for n in range(30, 60)])
        wait_for(lambda: all(o == end for _, o in read_all().values()), "killed lanes are back")
        assert not any(folder.exists() for folder in spilled)
        assert shown(home, "trade", orders) == [(60,)]

        home.storehouse("run")
        wait_for(lambda: all(build > before for build, _ in read_all().values()), "handed over")
        listed = "select table_name from duckdb_tables() where schema_name = 'reports'"
        for lane in LANES:
            reports = shown(home, lane, listed)
            assert reports
            for (report,) in reports:
                rows = f"from reports.{report} order by all"
                assert shown(home, lane, rows) == home.published(rows)


def test_turned_off_readers_find_the_published_build_again(live_home: Home) -> None:
    with started("live", live_home.variables):
        assert shown(live_home, "trade")
        for arguments in (("--lane", "stock", "--seconds", "1"), ("--off",)):
            refused = live_home.storehouse("live", *arguments, code=7)
            assert "Another live holds lane " in refused["error"]
    assert live_home.storehouse("live", "--off") == {"live": False}
    assert newest_base(live_home.path) is None
    assert not list((live_home.path / "published").glob("now_*"))
    live_home.storehouse("live", "--seconds", "0.1")
    assert newest_base(live_home.path) is not None
