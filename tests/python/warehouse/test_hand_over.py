"""Lanes are handed over, started again and stopped while events keep coming."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pytest

from storehouse.core.errors import ConfigError
from storehouse.live.layer.hand_over import LiveLayer
from storehouse.live.layer.process import Pace
from storehouse.log.bases import newest_base
from storehouse.log.opening import log_address
from storehouse.prove.live.large_orders import order_event
from storehouse.prove.served import begun, started
from storehouse.serving.now_files import link_of
from warehouse.live_homes import (
    LANES,
    WAIT_SECONDS,
    children,
    last_day,
    shown,
    wait_for,
)
from warehouse.shop import Home

_PAUSE_SECONDS = 0.05


class Feeder(threading.Thread):
    """Appends an order at a time, without a pause that a lane could catch up in."""

    def __init__(self, home: Home) -> None:
        super().__init__(daemon=True)
        self._home, self._day = home, last_day(home)
        self.stopped = threading.Event()
        self.end = 0

    def run(self) -> None:
        with log_address(self._home.settings, {}).opened() as log:
            number = 0
            while not self.stopped.wait(_PAUSE_SECONDS):
                self.end = log.append([order_event(number, day=self._day)])
                number += 1


class Watcher(threading.Thread):
    """Reads all lanes as clients do; what is wrong is in `faults`."""

    def __init__(self, home: Home) -> None:
        super().__init__(daemon=True)
        self._home = home
        self.stopped = threading.Event()
        self.faults: list[str] = []
        self.readings = 0

    def run(self) -> None:
        newest: dict[str, tuple[str, int]] = {}
        while not self.stopped.wait(_PAUSE_SECONDS):
            for lane in LANES:
                try:
                    build, offset = shown(self._home, lane)[0]
                except duckdb.Error as error:
                    self.faults.append(str(error))
                    continue
                before = newest.get(lane, (build, offset))
                if build < before[0] or offset < before[1]:
                    self.faults.append(f"{lane}: {before}, then {(build, offset)}")
                newest[lane] = build, offset
                self.readings += 1


@contextmanager
def running(thread: Feeder | Watcher) -> Iterator[None]:
    thread.start()
    try:
        yield
    finally:
        thread.stopped.set()
        thread.join()


def builds(home: Home) -> set[str]:
    return {shown(home, lane)[0][0] for lane in LANES}


def links(home: Home) -> list[Path]:
    return list((home.path / "published").glob("now_*"))


def builds_there(home: Home) -> set[str]:
    """Those of lanes that have a file, some of which may have none yet."""
    return {shown(home, lane)[0][0] for lane in LANES if link_of(home.settings, lane).exists()}


def run_with_news(home: Home, number: int) -> None:
    with log_address(home.settings, {}).opened() as log:
        log.append([order_event(number, day=last_day(home))])
    home.storehouse("run")


def renewed_base(home: Home, name: str) -> Path:
    """A base with the rows of the one before, as a run without news would write it."""
    before = newest_base(home.path)
    assert before is not None
    aside, done = before.with_name(f".{name}.tmp"), before.with_name(name)
    shutil.copytree(before, aside)
    head = json.loads((aside / "base.json").read_text())
    (aside / "base.json").write_text(json.dumps({**head, "build_id": name}))
    aside.rename(done)
    return done


def test_a_lane_that_is_killed_before_it_has_begun_is_started_again(live_home: Home) -> None:
    live = begun("live", environ=live_home.variables)
    try:
        while not (lanes := children(live)):
            assert live.poll() is None
        os.kill(lanes[0], signal.SIGKILL)
        wait_for(
            lambda: all(link_of(live_home.settings, lane).exists() for lane in LANES), "lanes show"
        )
        live.terminate()
        assert live.wait(WAIT_SECONDS) == 0
    finally:
        live.kill()
        live.communicate()


def test_under_steady_traffic_lanes_start_and_are_handed_over_and_none_goes_back(
    live_home: Home,
) -> None:
    feeder, watcher = Feeder(live_home), Watcher(live_home)
    with running(feeder):
        wait_for(lambda: feeder.end > 0, "events come")
        with started("live", live_home.variables), running(watcher):
            for name in ("99990101T000000.000001Z", "99990101T000000.000002Z"):
                readings = watcher.readings
                renewed_base(live_home, name)
                wait_for(lambda: builds(live_home) == {name}, "handed over")  # noqa: B023
                assert watcher.readings > readings
            feeder.stopped.set()
            wait_for(
                lambda: all(shown(live_home, lane)[0][1] == feeder.end for lane in LANES), "shown"
            )
    assert watcher.faults == []


def test_a_hand_over_that_fails_is_tried_again_while_the_old_lanes_go_on(live_home: Home) -> None:
    said = live_home.path / "said.txt"
    name = "99990101T000000.000001Z"
    with (
        started("live", live_home.variables, log=said),
        log_address(live_home.settings, {}).opened() as log,
    ):
        before = builds(live_home)
        sound = live_home.path / "sound.duckdb"
        base = newest_base(live_home.path)
        assert base is not None
        shutil.copyfile(base / "base.duckdb", sound)
        (base / "base.duckdb").unlink()  # those that have it open keep it
        (base / "base.duckdb").write_text("not a database" * 1000)
        broken = renewed_base(live_home, name)
        wait_for(lambda: said.read_text().count("could not start") >= len(LANES), "said")
        assert builds(live_home) == before
        end = log.append([order_event(1, day=last_day(live_home))])
        wait_for(lambda: shown(live_home, "trade")[0][1] == end, "the old lane goes on")
        sound.replace(broken / "base.duckdb")
        wait_for(lambda: builds(live_home) == {name}, "handed over")


def test_a_build_that_is_rolled_back_is_not_shown_until_the_next(live_home: Home) -> None:
    said = live_home.path / "said.txt"
    with started("live", live_home.variables, log=said):
        first = builds(live_home)
        run_with_news(live_home, 1)
        wait_for(lambda: not builds(live_home) & first, "handed over")
        withdrawn = builds(live_home)
        live_home.storehouse("rollback")
        wait_for(lambda: "was withdrawn" in said.read_text(), "said")
        wait_for(lambda: not links(live_home), "taken away")
        run = threading.Thread(target=run_with_news, args=(live_home, 2))
        run.start()

        def is_back() -> bool:
            assert not builds_there(live_home) & withdrawn
            return len(links(live_home)) == len(LANES)

        while run.is_alive():
            is_back()
            time.sleep(_PAUSE_SECONDS)
        wait_for(is_back, "back")


def test_a_log_that_is_moved_away_is_noticed(live_home: Home) -> None:
    file, day = live_home.path / "live" / "log.sqlite", last_day(live_home)
    said = live_home.path / "said.txt"
    with started("live", live_home.variables, log=said):
        with log_address(live_home.settings, {}).opened() as log:
            end = log.append([order_event(n, day=day) for n in range(3)])
            wait_for(lambda: shown(live_home, "trade")[0][1] == end, "shown")
        for one in file.parent.glob("log.sqlite*"):
            one.rename(one.with_name(f"moved{one.suffix}"))
        with log_address(live_home.settings, {}).opened() as log:
            end = log.append([order_event(9, day=day)])
        wait_for(lambda: shown(live_home, "trade")[0][1] == end, "the new log is shown")
        assert "set back or replaced" in said.read_text()


def test_a_period_takes_all_events_that_wait_and_shows_them_once(live_home: Home) -> None:
    """With --every, not a number of events but the log's end is the limit."""
    ended, has_started = threading.Event(), threading.Event()
    layer = LiveLayer(
        live_home.settings,
        live_home.variables,
        lanes=("stock",),
        pace=Pace(every=2.0, events=3),
        note=lambda _: None,
    )

    def run() -> None:
        with layer.held():
            layer.run(ended.is_set, has_started.set)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        assert has_started.wait(WAIT_SECONDS)
        with log_address(live_home.settings, {}).opened() as log:
            end = log.append([order_event(n, day=last_day(live_home)) for n in range(60)])
        seen = [0]
        while seen[-1] < end:
            if (offset := shown(live_home, "stock")[0][1]) != seen[-1]:
                seen.append(offset)
            time.sleep(_PAUSE_SECONDS)
        assert seen == [0, end]
    finally:
        ended.set()
        thread.join()


@contextmanager
def starting(home: Home, *options: str) -> Iterator[subprocess.Popen[str]]:
    """`storehouse live`, which may not have started yet."""
    with begun("live", *options, environ=home.variables) as process:
        try:
            yield process
        finally:
            process.terminate()


def test_a_signal_is_heeded_while_lanes_start(live_home: Home) -> None:
    with starting(live_home) as process:
        wait_for(lambda: len(children(process)) == len(LANES), "its lanes are started")
        process.send_signal(signal.SIGTERM)
        assert json.loads(process.communicate()[0])["lanes"] == []
    assert process.returncode == 0


def test_a_replay_is_not_taken_for_the_present(live_home: Home) -> None:
    with log_address(live_home.settings, {}).opened() as log:
        log.append([order_event(1, day=last_day(live_home))])
    with starting(live_home, "--from", "0"):
        link = link_of(live_home.settings, "trade", "replay")
        wait_for(link.exists, "replayed")
        with duckdb.connect(str(link), read_only=True) as con:
            ids = con.execute("select order_id from reports.rpt_orders_now").fetchall()
            assert ids == [("L000001",)]
        assert not link_of(live_home.settings, "trade").exists()


def test_a_lane_that_there_is_not_is_refused(live_home: Home) -> None:
    with pytest.raises(ConfigError, match=r"There is no lane rent. Lanes: stock, trade, web\."):
        LiveLayer(live_home.settings, {}, lanes=("rent",), note=lambda _: None)
