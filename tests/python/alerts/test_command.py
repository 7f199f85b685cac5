"""`storehouse alerts` and what `status` says, as an operator reads it."""

from __future__ import annotations

import json
from datetime import timedelta

from alerts.conftest import Command
from alerts.found import NOON, Found
from alerts.receiver import Receiver
from storehouse.alerts.watch import AlertReport
from storehouse.cli.alerts import line


def test_open_alerts_are_listed_with_what_is_known_of_them(
    found: Found, chat: Receiver, command: Command
) -> None:
    found.declare(targets={"chat": ["critical"]})
    found.finds("c:shop:1", "w:shop:1", is_stale=True, stale_reason="no new data")
    found.runs()
    assert len(chat.messages) == 1
    assert command("alerts", "ack", "w:shop:1")[:2] == (
        0,
        "w:shop:1 is acknowledged. `storehouse alerts` lists it until it is cleared.\n",
    )
    stale = "since 2025-03-05 12:00 UTC; not up to date: no new data"
    code, out, _ = command("alerts")
    assert (code, out.splitlines()) == (
        0,
        [
            f"critical: About c:shop:1 ({stale}; sent to chat)",
            "  There are 3 of c:shop:1.",
            "  c:shop:1",
            f"warning: About w:shop:1 ({stale}; acknowledged)",
            "  There are 3 of w:shop:1.",
            "  w:shop:1",
            "2 alerts are open, as of 2025-03-05 12:00 UTC.",
        ],
    )
    listed = json.loads(command("alerts", "--json")[1])
    assert [one["sent_to"] for one in listed["alerts"]] == [["chat"], []]


def test_what_is_not_there_is_said(found: Found, command: Command) -> None:
    assert command("alerts")[0] == 2
    found.finds("c:shop:1")
    assert "No alerts have been evaluated yet" in command("alerts")[1]
    code, _, error = command("alerts", "ack", "c:shop:2", "--json")
    assert (code, json.loads(error)["exit_code"]) == (2, 2)
    assert "targets" in command("alerts", "test")[2]


def test_a_test_message_that_is_not_taken_is_exit_2(
    found: Found, chat: Receiver, command: Command
) -> None:
    found.declare(targets={"chat": ["critical"]})
    assert command("alerts", "test")[:2] == (0, "The test message went to chat.\n")
    chat.status = 500
    code, _, error = command("alerts", "test")
    assert code == 2
    assert "Target chat: It did not take the message." in error
    assert "s3cret-canary" not in error


def test_a_name_from_outside_does_not_drive_the_terminal(found: Found, command: Command) -> None:
    found.finds("c:shop:1", subject="\x1b[31mred [bold]", detail="a\nb")
    found.runs()
    out = command("alerts")[1]
    assert r"\x1b[31mred [bold]" in out
    assert "\x1b" not in out


def test_a_run_says_in_a_line_what_is_new(found: Found) -> None:
    found.finds(*(f"c:shop:{number}" for number in range(7)))
    assert line(found.runs()) == (
        "7 new alerts: About c:shop:0; About c:shop:1; About c:shop:2; About c:shop:3; "
        "About c:shop:4; and 2 more. 7 are open; `storehouse alerts` lists them."
    )
    assert line(found.runs(NOON + timedelta(hours=1))) == "7 alerts are open."
    found.finds()
    assert (
        line(found.runs(NOON + timedelta(hours=2))) == "0 alerts are open.\n7 alerts are cleared."
    )
    assert line(AlertReport(problem="It went wrong.")) == "It went wrong."
