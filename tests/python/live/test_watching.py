"""What proofs and the bench watch live with: a sender, files of now, alerts, processor time."""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import duckdb
import httpx
import pytest

from live.receiving import ENVIRON, PAYMENT, SECRET, SIGNATURE, receiving
from storehouse.core.errors import ProofError
from storehouse.live.receiver.signatures import secrets_in
from storehouse.log.events import Event
from storehouse.log.sqlite import SqliteLog
from storehouse.prove.live.alert_target import AlertTarget, taking
from storehouse.prove.live.large_orders import alerts_of, key_of, with_large_orders
from storehouse.prove.live.latency import Acknowledged, events_of, is_rising
from storehouse.prove.live.sender import Hook, send, sender
from storehouse.prove.live.usage import Usage, memory_mib
from storehouse.prove.live.watch import Shown, Watch
from storehouse.serving.now_files import NowState, link_of, write_state
from warehouse.shop import Home

WAIT_SECONDS = 60


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home", environ=ENVIRON)


@pytest.fixture
def hook(home: Home) -> Iterator[Hook]:
    """A real receiver's."""
    (secret,) = secrets_in(SIGNATURE, SECRET)
    with receiving(home) as client:
        yield Hook(f"{client.address}/webhooks/shop", SIGNATURE, secret)


def payments(count: int) -> list[Event]:
    return [
        Event(
            f"p{number}", "shop", "shop.payment", "2025-12-01T10:00:01Z",
            json.dumps({"payments": [PAYMENT | {"payment_id": f"P{number}"}]}),
        )
        for number in range(count)
    ]  # fmt: skip


def test_a_sender_of_its_own_process_sends_each_event_once_at_its_rate(
    home: Home, hook: Hook
) -> None:
    sent_events, rate = payments(60), 200
    with sender(hook, connections=4) as posting:
        assert posting.pid != os.getpid()
        posting.prepare(sent_events, rate)
        before = time.monotonic()
        sent, moments = posting.send()
        after = time.monotonic()
    assert [*moments] == [event.id for event in sent_events]
    assert before < min(moments.values()) <= max(moments.values()) < after
    assert all(gone >= sent.begun + n / rate - 0.001 for n, gone in enumerate(sent.sent, start=0))
    assert all(wait > 0 for wait in sent.waits)
    assert sent.seconds >= (len(sent_events) - 1) / rate
    assert sent.a_second == len(sent_events) / sent.seconds
    log = SqliteLog(home.path / "live" / "log.sqlite")
    assert sorted(event.id for _, event in events_of(log)) == sorted(moments)
    assert Acknowledged(moments).lost(log) == set()
    log.close()


def test_a_sender_says_what_was_not_taken(hook: Hook) -> None:
    forged = Hook(hook.url, hook.signature, b"another secret of 24 bytes")
    with pytest.raises(ProofError, match=r"not taken: .*401"):
        send(forged.url, forged.requests(payments(1)), connections=1)
    with sender(forged, connections=2) as posting:
        posting.prepare(payments(3), 1000)
        with pytest.raises(ProofError, match=r"not taken: .*401"):
            posting.send()


def written(home: Home, number: int, offset: int) -> Path:
    """A file of now with a number, to which the link then points."""
    link = link_of(home.settings, "trade")
    file = home.path / "live" / "now" / "trade" / f"{number:012}" / link.name
    file.parent.mkdir(parents=True)
    link.parent.mkdir(exist_ok=True)
    with duckdb.connect(str(file)) as con:
        at = datetime.now(UTC).replace(tzinfo=None)
        write_state(con, NowState("trade", "b1", offset, at, Decimal(0), Decimal(0), 0))
    link.unlink(missing_ok=True)
    link.symlink_to(os.path.relpath(file, link.parent))
    return file


def test_a_watch_sees_each_file_that_a_link_points_to_and_counts_those_between(home: Home) -> None:
    written(home, 4, 10)
    watch = Watch(home.settings, ["trade"])
    watch.start()
    watch.wait_for(10, seconds=WAIT_SECONDS)
    written(home, 5, 12)
    watch.wait_for(12, seconds=WAIT_SECONDS)
    written(home, 9, 11)
    shown = watch.lanes["trade"]
    until = time.monotonic() + WAIT_SECONDS
    while not shown.went_back:
        assert time.monotonic() < until
        time.sleep(0.01)
    watch.stop()
    assert (shown.offsets, shown.opened, shown.swaps) == ([10, 12], 3, 6)
    assert shown.went_back == 1


def test_a_link_to_a_file_that_is_gone_ends_a_watch(home: Home) -> None:
    shutil.rmtree(written(home, 1, 10).parent)
    watch = Watch(home.settings, ["trade"])
    watch.start()
    with pytest.raises(ProofError, match=r"not shown .* IOException"):
        watch.wait_for(10, seconds=WAIT_SECONDS)
    watch.stop()


def test_a_target_tells_how_often_and_when_first_a_key_was_raised() -> None:
    with taking(AlertTarget()) as target, httpx.Client() as client:
        url = f"http://127.0.0.1:{target.port}/hook"
        raised = "Out of stock: A\n[out_of_stock:shop:A]\nLarge: O1 [high_value_order:shop:O1]"
        before = time.monotonic()
        client.post(url, json={"type": "warning", "message": raised})
        between = time.monotonic()
        client.post(url, json={"type": "warning", "message": raised})
        client.post(url, json={"type": "success", "message": "[out_of_stock:shop:A]"})
    assert target.raised("out_of_stock") == {"out_of_stock:shop:A": 2}
    assert len(target.raised()) == 2
    assert before < target.raised_at("high_value_order")["high_value_order:shop:O1"] < between


def test_large_orders_are_of_the_day_that_events_have_reached() -> None:
    events = [
        Event(f"e{number}", "shop", "shop.payment", f"2025-12-0{day}T10:00:00Z", "{}")
        for number, day in enumerate((1, 4, 5, 5, 6))
    ]
    mixed = [*with_large_orders(events, 2, first_day="2025-12-05", number=7)]
    assert [event for event in mixed if event in events] == events
    assert [event.id for event in mixed][2::3] == ["order/L000008", "order/L000009"]
    assert [event.time[:10] for event in mixed][2::3] == ["2025-12-05", "2025-12-05"]
    assert [*alerts_of(mixed).values()] == [key_of(8), key_of(9)]


def test_a_wait_that_grows_is_told_from_one_that_is_long() -> None:
    assert not is_rising([900.0, 950.0, 4000.0, 5000.0, 4500.0, 5000.0, 5500.0, 5900.0])
    assert not is_rising([10.0, 10.0, 200.0, 220.0, 400.0, 600.0, 1000.0, 1100.0])
    assert is_rising([float(number) for number in range(0, 8000, 1000)])
    assert not is_rising([1.0, 2000.0])


def test_waits_of_events_are_those_of_their_lane(tmp_path: Path) -> None:
    log = SqliteLog(tmp_path / "log.sqlite")
    kinds = ("payment", "stock_movement", "payment", "deletion")
    events = [
        Event(f"e{n}", "shop", f"shop.{kind}", "", "{}") for n, kind in enumerate(kinds, start=1)
    ]
    log.append(events)
    heard = Acknowledged({event.id: 10.0 for event in events})
    lanes = {"trade": Shown([2, 4], [10.5, 11.0]), "stock": Shown([1], [10.1])}
    assert heard.waits(log, lanes) == {"trade": [500.0, 1000.0], "stock": []}
    log.close()


def test_processor_time_and_memory_are_those_of_the_process() -> None:
    before = Usage.of({"this": os.getpid(), "none": 2**22 + 1})
    until = time.process_time() + 0.3
    while time.process_time() < until:
        pass
    shares = before.shares_until(Usage.of({"this": os.getpid()}))
    assert [*shares] == ["this"]
    assert 0 < shares["this"] < 1.5
    assert memory_mib(os.getpid()) > 10
