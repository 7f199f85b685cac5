"""A living shop whose processes are killed while it is read."""

from __future__ import annotations

from pathlib import Path

from storehouse.core.progress import Silent
from storehouse.prove.live.processes import prove_processes
from warehouse.shop import Home


def test_nothing_is_lost_or_torn_while_processes_are_killed_and_live_equals_a_rebuild() -> None:
    found = prove_processes(
        Home(Path("unused")).settings,
        seed=1,
        orders=400,
        days=60,
        rate=4,
        rounds=1,
        readers=1,
        keep=False,
        progress=Silent(),
    )
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
