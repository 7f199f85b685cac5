"""What the proof of processes would find, and the demo would say, if something were wrong."""

from __future__ import annotations

import math
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from io import StringIO
from pathlib import Path
from random import Random
from typing import Any

import duckdb
import pytest
from rich.console import Console

from live.logs import events
from storehouse.cli import render_proofs
from storehouse.core.errors import ProofError
from storehouse.live.layer.program import Kind, Program, Relation
from storehouse.live.player import Account
from storehouse.live.player.last_days import hold_back
from storehouse.live.player.plan import FIRST, Sending
from storehouse.live.player.shop_events import shop_events
from storehouse.log.sqlite import SqliteLog
from storehouse.prove.live.agreement import Kept, compare_shown
from storehouse.prove.live.alert_target import AlertTarget
from storehouse.prove.live.home import LiveHome
from storehouse.prove.live.killing import ALL, API, Processes
from storehouse.prove.live.landed import rows_missing
from storehouse.prove.live.latency import Acknowledged
from storehouse.prove.live.processes_proof import ProcessesProof, is_excused
from storehouse.prove.live.raised import Raised, raised
from storehouse.prove.live.watch import Shown
from storehouse.prove.proof import Comparison
from storehouse.prove.readers.tally import Consistent, Failed
from storehouse.serving.now_files import NowState
from warehouse.shop import Home

REPORT = Relation("rpt_x_now", "reports", "rpt_x_now", Kind.GROUPED, lane="trade")


def state(build_id: str, offset: int) -> NowState:
    at = datetime.now(UTC).replace(tzinfo=None)
    return NowState("trade", build_id, offset, at, Decimal(0), Decimal(0), 0)


def test_a_lane_that_shows_an_older_build_or_event_is_counted() -> None:
    shown = Shown()
    for moment, (build, offset) in enumerate(
        [("b1", 5), ("b1", 9), ("b2", 9), ("b2", 7), ("b2", 12), ("b1", 13)]
    ):
        shown.see(state(build, offset), float(moment))
    assert (shown.went_back, shown.opened) == (2, 6)
    assert [shown.seen_at(offset) for offset in (5, 6, 9, 10, 13, 14)] == [0, 1, 1, 4, 5, None]
    assert shown.builds == ["b1", "b2"]


def test_a_failure_is_excused_only_while_its_own_server_is_killed() -> None:
    home = LiveHome(Home(Path("unused")).settings, {}, (), Path("unused"), "2025-01-01")
    processes = Processes(home, {}, Random(1))
    processes.away["API"] = [(10.0, 14.0), (20.0, math.inf)]
    found = {
        (kind, begun, cut): is_excused(processes, kind, Failed("error", begun, begun + 1, cut))
        for kind, begun, cut in (
            ("API", 9.5, True),
            ("API, reports of now", 13.5, True),
            ("API", 15.0, True),
            ("API", 30.0, True),
            ("API", 12.0, False),
            ("dashboard", 12.0, True),
            ("DuckDB, attached", 12.0, True),
        )
    }
    assert [*found.values()] == [True, True, False, True, False, False, False]


def test_a_process_that_has_ended_by_itself_is_not_counted_as_killed() -> None:
    home = LiveHome(Home(Path("unused")).settings, {}, (), Path("logs"), "2025-01-01")
    process = subprocess.Popen([sys.executable, "-c", "raise SystemExit(3)"], text=True)
    process.wait()
    processes = Processes(home, {}, Random(1), _running={API: process})
    with pytest.raises(ProofError, match=r"`storehouse serve` ended with code 3.*serve\.log"):
        processes.kill(API)
    assert not processes.killed


def test_alerts_that_came_are_held_against_those_of_a_warehouse(tmp_path: Path) -> None:
    with duckdb.connect(str(tmp_path / "warehouse.duckdb")) as con:
        con.execute("create schema alerts")
        con.execute(
            "create table alerts.alert_high_value_order as select unnest(["
            "'high_value_order:shop:L000001', 'high_value_order:shop:L000002', "
            "'high_value_order:shop:O1']) as alert_key"
        )
    came = (("L000001", "O1"), ("L000001",), ("L000003", "O2"), ("O3",))
    lines = [
        "\n".join(f"Large [high_value_order:shop:{order}]" for order in orders) for orders in came
    ]
    target = AlertTarget(
        messages=[{"type": "warning", "message": line} for line in lines], moments=[1, 2, 3, 4]
    )
    found = raised(target, tmp_path / "warehouse.duckdb", allowed=0)
    assert (found.expected, found.missing, found.other, found.repeats) == (3, 1, 3, 1)


def test_an_acknowledged_event_that_the_log_has_not_is_lost(tmp_path: Path) -> None:
    log, heard = SqliteLog(tmp_path / "log.sqlite"), Acknowledged()
    there, not_there, refused = events(0, 3)
    log.append([there])
    for event, status in ((there, 200), (not_there, 200), (refused, 202)):
        heard.hear(Sending(FIRST, event), status)
    assert heard.lost(log) == {not_there.id}
    log.close()


def test_a_row_of_an_event_that_the_warehouse_has_not_is_missing(shop_home: Home) -> None:
    assert shop_home.inbox is not None
    sent = shop_events(shop_home.inbox / "shop")[:200]
    assert rows_missing(shop_home.settings, "shop", sent) == 0
    changed = next(event for event in sent if "stock_movement" in event.type)
    other = changed.data.replace('"quantity": "', '"quantity": "9')
    assert other != changed.data
    assert rows_missing(shop_home.settings, "shop", [*sent, replace(changed, data=other)]) == 1


@pytest.mark.parametrize(("shown", "differences"), [((1, 2), 0), ((1, 3), 2), ((1,), 1)])
def test_what_is_shown_is_compared_row_by_row(
    tmp_path: Path, shown: tuple[int, ...], differences: int
) -> None:
    files = {name: tmp_path / f"{name}.duckdb" for name in ("now", "base", "warehouse")}
    for name, file in files.items():
        with duckdb.connect(str(file)) as con:
            con.execute("create schema reports; create table reports.rpt_x_now (x integer)")
            rows = {"now": shown, "warehouse": (1, 2)}.get(name, ())
            for row in rows:
                con.execute("insert into reports.rpt_x_now values (?)", [row])
    kept = Kept(Program("code", (REPORT,)), files["base"], {"trade": files["now"]}, 0, 0)
    (found,) = compare_shown(kept, files["warehouse"], "it")
    assert (found.table, found.rows) == ("reports.rpt_x_now", len(shown))
    assert found.differences == differences


def proven() -> ProcessesProof:
    """A proof in which nothing is wrong."""
    tally = Consistent("some reader")
    for _ in range(2):
        tally.count({"build_id": "b1", "sales": 3}, {})
    return ProcessesProof(
        account=Account("somewhere", 5, {FIRST: 5}, {"200": 5}, 1.0),
        acknowledged=5,
        lost=0,
        missing_rows=0,
        killed=dict.fromkeys(ALL, 1),
        hand_overs=1,
        went_back={"trade": 0, "web": 0},
        opened={"trade": 29, "web": 10},
        swaps={"trade": 30, "web": 10},
        raised=Raised(expected=9, missing=0, other=0, repeats=5, allowed=5),
        kinds=(tally,),
        comparisons=(Comparison(1, "reports.rpt_x_now", "it", rows=1),),
        seconds=1.0,
    )


@pytest.mark.parametrize(
    ("untried", "said"),
    [
        ({"acknowledged": 0}, "no event was acknowledged"),
        ({"comparisons": ()}, "no row was compared"),
        ({"comparisons": (Comparison(1, "reports.rpt_x_now", "it"),)}, "no row was compared"),
        ({"raised": Raised(0, 0, 0, 0, 0)}, "no alert on a large order was expected"),
        ({"hand_overs": 0}, "no lane was handed over"),
        ({"kinds": (Consistent("some reader"),)}, "by readers of some reader"),
        *(({"killed": dict.fromkeys({*ALL} - {one}, 1)}, f"no {one} was killed") for one in ALL),
    ],
)
def test_a_proof_that_did_not_try_a_thing_proves_nothing_about_it(
    untried: dict[str, Any], said: str
) -> None:
    found = proven()
    found.raise_for_problems()
    with pytest.raises(ProofError, match=f"nothing about some of it: [^;]*{said}"):
        replace(found, **untried).raise_for_problems()


def test_a_proof_prints_what_was_compared_opened_and_written() -> None:
    console = Console(width=200, record=True, file=StringIO())
    console.print(render_proofs.processes(proven()))
    said = console.export_text()
    assert "0; of 39 that were opened. Lanes wrote 40." in said
    assert "expected: 0 did not come, 0 came on others; 5 messages were repeated." in said
    (row,) = (line.split() for line in said.splitlines() if line.strip().startswith("some reader"))
    assert row == ["some", "reader", "2", "1", "1", "0", "0", "0"]


def test_a_proof_with_anything_wrong_says_what() -> None:
    tally = Consistent("some reader")
    tally.count(Failed("an error", 0.0, 1.0), {})
    found = replace(
        proven(),
        lost=1,
        missing_rows=2,
        went_back={"trade": 3, "web": 1},
        raised=Raised(expected=9, missing=3, other=2, repeats=7, allowed=5),
        kinds=(tally,),
    )
    with pytest.raises(ProofError) as raised:
        found.raise_for_problems()
    for said in (
        "1 acknowledged", "2 rows", "1 readings failed", "4 files of now went back",
        "3 alerts on large orders did not come", "2 alerts came", "2 messages were repeated",
    ):  # fmt: skip
        assert said in str(raised.value)


def test_the_last_weeks_are_held_back_until_there_are_enough_events(tmp_path: Path) -> None:
    shop, rest = tmp_path / "shop", tmp_path / "rest"
    (shop / "payments").mkdir(parents=True)
    for day in range(1, 29):
        file = shop / "payments" / f"2025-01-{day:02}.csv"
        file.write_text(f"payment_id,updated_at\nP{day},2025-01-{day:02}T00:00:00Z\n")
    held = hold_back(shop, rest, 10)
    assert [event.time[:10] for event in held] == [f"2025-01-{day}" for day in range(15, 29)]
    assert len(list(shop.rglob("*.csv"))) == 14
