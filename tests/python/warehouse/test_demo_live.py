"""`make demo-live`: a living shop, its account, and nothing that goes on after it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

from warehouse.live_homes import wait_for
from warehouse.shop import PROJECT

SHORT = ("--orders", "300", "--rate", "40", "--json")


def demo(scratch: Path, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, str(PROJECT / "scripts" / "demo_live.py"), *SHORT, *arguments],
        cwd=PROJECT,
        env=os.environ | {"TMPDIR": str(scratch)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_the_account_says_what_was_sent_how_soon_it_was_shown_and_that_all_agree(
    tmp_path: Path,
) -> None:
    with demo(tmp_path, "--seconds", "8") as process:
        said, reported = process.communicate()
    assert process.returncode == 0, reported
    found = json.loads(said)
    sent, answers = found["account"]["sent"], found["account"]["answers"]
    assert sum(sent.values()) > 100
    assert answers["200"] == sum(sent.values()) - sent["poisonous"] - sent["forged"]
    assert found["lost"] == found["quarantined"] == 0
    assert {one["lane"] for one in found["latencies"]} <= {"stock", "trade", "web"}
    assert found["latencies"]
    assert all(one["p50_ms"] <= one["p99_ms"] for one in found["latencies"])
    assert len(found["builds"]) == 2
    compared = {one["table"]: one for one in found["comparisons"]}
    assert compared.keys() == {
        f"reports.rpt_{name}_now" for name in ("funnel", "orders", "sales", "stock")
    }
    assert all(one["rows"] and not one["surplus"] + one["missing"] for one in compared.values())
    assert list(tmp_path.iterdir()) == []


def test_ctrl_c_ends_all_that_it_started_and_what_that_has_started(tmp_path: Path) -> None:
    with demo(tmp_path, "--seconds", "600", "--run-after", "0") as process:
        assert process.stderr is not None
        said = ""
        while "/now until" not in said:
            line = process.stderr.readline()
            assert line, said
            said += line
        wait_for(lambda: "dbt_process" in commands(process.pid), "the run has started dbt")
        begun = descendants(process.pid)
        for command in ("receive", "live", "dashboard", "spawn_main"):
            assert command in commands(process.pid)
        os.kill(process.pid, signal.SIGINT)
        process.communicate()
    assert process.returncode == 1
    wait_for(lambda: not any(map(is_there, begun)), "all have ended")
    assert list(tmp_path.iterdir()) == []


def is_there(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()


def commands(pid: int) -> str:
    """Those of all that a process has started."""
    found = ""
    for child in descendants(pid):
        with suppress(FileNotFoundError):
            found += Path(f"/proc/{child}/cmdline").read_text() + " "
    return found


def descendants(pid: int) -> list[int]:
    """The processes that a process has started, and those that they have."""
    found = []
    with suppress(FileNotFoundError, ProcessLookupError):  # it has ended
        for thread in Path(f"/proc/{pid}/task").iterdir():
            for child in map(int, (thread / "children").read_text().split()):
                found += [child, *descendants(child)]
    return found
