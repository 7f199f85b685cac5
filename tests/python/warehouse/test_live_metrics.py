"""What lanes that run say of themselves."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from itertools import takewhile

from live.conftest import Place, place
from live.test_lane_status import free_port, metrics
from storehouse.live.layer.bases import read_base
from storehouse.live.layer.process import Pace, Start, _Running
from storehouse.log.opening import EVENT_LOG, log_address
from storehouse.prove.live.large_orders import order_event
from storehouse.serving.now_files import states
from warehouse.live_homes import LANES, last_day, wait_for
from warehouse.shop import Home

__all__ = ["place"]


def test_the_lag_is_the_age_of_what_is_appended_and_not_shown(live_home: Home) -> None:
    settings, day = live_home.settings, last_day(live_home)
    base = read_base(settings)
    assert base is not None
    with log_address(settings, {}).opened() as log:
        before = datetime.now(UTC)
        log.append([order_event(n, day=day) for n in range(25)])
        start = Start(settings, "trade", base, {}, Pace(events=10), replayed=False)
        running = _Running(start, log)
        running.lane.advance(10)
        running.show()
        (shown,) = states(settings)
        assert log.end() > shown.log_offset
        age = (shown.as_of.replace(tzinfo=UTC) - before).total_seconds()
        assert 0 < shown.lag_seconds <= age + 0.001
        running.catch_up()
        running.show()
        (shown,) = states(settings)
        assert shown.log_offset == log.end()
        assert shown.lag_seconds == 0
        running.lane.close()


def test_live_serves_metrics_of_its_lanes_while_it_runs(live_home: Home, place: Place) -> None:
    """On any event log."""
    home = replace(live_home, environ={EVENT_LOG: place.text})
    port, day = free_port(), last_day(live_home)
    with home.start("storehouse", "live", "--json", "--metrics", str(port)) as process:
        try:
            assert process.stdout is not None
            said = json.loads("".join(takewhile(lambda line: line != "}\n", process.stdout)) + "}")
            assert said["metrics"] == f"http://127.0.0.1:{port}/metrics"
            with place.opened() as log:
                end = log.append([order_event(n, day=day) for n in range(30)])

            def are_shown() -> bool:
                found = metrics(said["metrics"])
                return all(found["offset", lane] == end for lane in LANES)

            wait_for(are_shown, "events are shown")
            found = metrics(said["metrics"])
            for lane in LANES:
                assert (found["behind_events", lane], found["waiting_seconds", lane]) == (0, 0)
            status = home.storehouse("status")["live"]
            assert {one["lane"]: one["behind"] for one in status} == dict.fromkeys(LANES, 0)
            taken = home.storehouse(
                "live", "--lane", "web", "--off", "--metrics", str(port), code=2
            )
            assert "--off takes no other option" in taken["error"]
        finally:
            process.terminate()
            assert process.wait() == 0
