"""How far lanes are behind the log, from files of now and any event log."""

from __future__ import annotations

import socket
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import duckdb
import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from live.conftest import Place
from live.logs import events
from live.nats_server import nats_server
from storehouse.cli.render_live import lane_status
from storehouse.core.config import Settings
from storehouse.core.errors import ConfigError
from storehouse.live.layer.monitoring import Lanes, metrics_at
from storehouse.log.event_log import Retention
from storehouse.log.opening import EVENT_LOG
from storehouse.serving.lane_status import lane_statuses
from storehouse.serving.now_files import NowState, link_of, write_state
from storehouse.serving.status import read_status
from warehouse.shop import Home

BUILD = "20260101T000000.000000Z"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Home(tmp_path / "home").settings


def show(settings: Settings, lane: str, offset: int, as_of: datetime, quarantined: int = 0) -> None:
    """The file of a lane, as far as its state goes."""
    link = link_of(settings, lane)
    link.parent.mkdir(parents=True, exist_ok=True)
    state = NowState(
        lane, BUILD, offset, as_of.replace(tzinfo=None), Decimal("98.4"), Decimal(0), quarantined
    )
    with duckdb.connect(str(link)) as con:
        write_state(con, state)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])


def metrics(address: str) -> dict[tuple[str, str], float]:
    """Values by name, without its beginning, and lane."""
    return {
        (sample.name.removeprefix("storehouse_live_"), sample.labels["lane"]): sample.value
        for family in text_string_to_metric_families(httpx.get(address, timeout=30).text)
        for sample in family.samples
    }


def test_a_lane_is_behind_by_what_was_appended_and_is_not_shown(
    settings: Settings, place: Place
) -> None:
    environ = {EVENT_LOG: place.text}
    with place.opened() as log:
        shown = log.append(events(0, 4))
        end = log.append(events(4, 3))
        log.append(events(3, 1))  # a duplicate is no backlog
        appended_at = log.appended_at(shown)
        assert appended_at is not None
    now = appended_at + timedelta(seconds=90)
    show(settings, "stock", end, now - timedelta(seconds=2))
    show(settings, "trade", shown, now - timedelta(seconds=5))
    stock, trade = lane_statuses(settings, environ, now)
    assert stock.behind == stock.waiting_seconds == 0
    assert stock.written_seconds == 2
    assert trade.waiting_seconds == 90
    assert trade.written_seconds == 5
    assert trade.behind is not None
    assert trade.behind >= 3
    assert "all events shown" in lane_status(stock)
    assert f"{trade.behind} events behind, the oldest for 90.0 s" in lane_status(trade)
    assert [one.behind for one in read_status(settings, environ).live] == [0, trade.behind]
    with place.opened() as log:
        log.trim(Retention(timedelta(0), 0), end, now + timedelta(days=1))
    (_, trade) = lane_statuses(settings, environ, now)
    assert trade.waiting_seconds == 0  # what was removed will not be shown


def test_metrics_are_those_of_the_moment(settings: Settings, place: Place) -> None:
    with place.opened() as log:
        end = log.append(events(0, 4))
    show(settings, "web", end - 1, datetime.now(UTC) - timedelta(hours=1), quarantined=2)
    lanes = Lanes(settings, {EVENT_LOG: place.text}, lambda: datetime.now(UTC))
    with metrics_at(free_port(), lanes) as address:
        found = metrics(address)
        assert found["offset", "web"] == end - 1
        assert found["behind_events", "web"] == 1
        assert found["events_per_second", "web"] == 98.4
        assert found["quarantined_events", "web"] == 2
        assert found["build", "web"] == 1
        assert f'build_id="{BUILD}"' in httpx.get(address).text
        assert 3600 <= found["written_seconds", "web"] < 4000
        assert 0 <= found["waiting_seconds", "web"] < 600
        link_of(settings, "web").unlink()
        show(settings, "web", end, datetime.now(UTC))
        later = metrics(address)
        assert (later["behind_events", "web"], later["waiting_seconds", "web"]) == (0, 0)
        assert later["written_seconds", "web"] < 600
        link_of(settings, "web").unlink()
        assert metrics(address) == {}
    with pytest.raises(httpx.ConnectError):
        httpx.get(address)


def test_without_a_log_only_the_distance_to_it_is_unknown(
    settings: Settings, tmp_path: Path
) -> None:
    show(settings, "web", 7, datetime.now(UTC))
    with nats_server(tmp_path / "nats") as server:
        pass
    for environ in ({}, {EVENT_LOG: server.url}):
        (web,) = lane_statuses(settings, environ, datetime.now(UTC))
        assert (web.log_offset, web.behind, web.waiting_seconds) == (7, None, None)
        assert "behind" not in lane_status(web)
        with metrics_at(free_port(), Lanes(settings, environ, _now)) as address:
            names = {name for name, _ in metrics(address)}
        assert "offset" in names
        assert not names & {"behind_events", "waiting_seconds"}


def _now() -> datetime:
    return datetime.now(UTC)


def test_a_port_that_is_taken_is_named(settings: Settings) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ConfigError, match=rf"port {port}, can't be used"):
            metrics_at(port, Lanes(settings, {}, _now)).__enter__()
