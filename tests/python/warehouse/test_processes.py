"""A living shop whose processes are killed while it is read."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from live.nats_server import nats_server
from storehouse.core.errors import ConfigError
from storehouse.core.progress import Silent
from storehouse.log.events import Event
from storehouse.log.jetstream import JetStreamLog
from storehouse.prove.live.home import prepared
from storehouse.prove.live.processes import prove_processes
from storehouse.prove.live.processes_proof import ProcessesProof
from warehouse.shop import Home


def test_nothing_is_lost_or_torn_while_processes_are_killed_and_live_equals_a_rebuild() -> None:
    _holds(_proof())


@pytest.mark.long
def test_it_holds_with_a_log_on_a_server(tmp_path: Path) -> None:
    with nats_server(tmp_path / "nats") as server:
        _holds(_proof(log=server.url))


def test_a_log_with_events_is_refused_before_anything_is_built(tmp_path: Path) -> None:
    with nats_server(tmp_path / "nats") as server:
        log = JetStreamLog(server.url, timedelta(hours=1))
        log.append([Event("1", "shop", "shop.order", "2026-01-01T00:00:00Z", "{}")])
        log.close()
        with pytest.raises(ConfigError, match="not empty"):
            prepared(
                Home(tmp_path / "unused").settings,
                tmp_path,
                orders=20,
                days=30,
                events=10,
                seed=1,
                log=server.url,
            )
    assert not (tmp_path / "home").exists()


def _proof(log: str | None = None) -> ProcessesProof:
    return prove_processes(
        Home(Path("unused")).settings,
        seed=1,
        orders=400,
        days=60,
        rate=4,
        rounds=1,
        readers=1,
        keep=False,
        progress=Silent(),
        log=log,
    )


def _holds(found: ProcessesProof) -> None:
    assert found.acknowledged
    assert (found.lost, found.missing_rows) == (0, 0)
    assert found.hand_overs >= 1
    assert found.killed.keys() == {"receiver", "live", "lane", "run", "API", "dashboard"}
    for kind in found.kinds:
        assert (kind.failed, kind.mixed) == (0, 0), kind.examples
        assert kind.readings
    assert sum(found.went_back.values()) == 0
    assert (found.raised.missing, found.raised.other) == (0, 0)
    assert found.raised.expected > 1
    assert found.raised.repeats <= found.raised.allowed
    assert {one.table for one in found.comparisons} >= {
        "reports.rpt_sales_now",
        "reports.rpt_stock_now",
        "marts.fct_ledger_entries",
    }
    assert [one for one in found.comparisons if one.differences] == []
    found.raise_for_problems()
