"""What targets are sent: real servers, a target that is down, quiet hours, kills."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from email import message_from_string
from pathlib import Path

import pytest
import time_machine

from alerts.found import NOON, Found
from alerts.receiver import Receiver, http_receiver, smtp_receiver
from storehouse.alerts.watch import acknowledge, after_run, send_test
from storehouse.building.build import dbt_environment
from storehouse.core.errors import ConfigError

ALL = ["critical", "warning", "info"]
URGENT = ["critical", "warning"]

_RUN = """
from alerts.found import Found
from pathlib import Path
import sys
Found(Path(sys.argv[1])).runs()
"""


def _at(hours: float) -> datetime:
    return NOON + timedelta(hours=hours)


def test_a_key_is_sent_once_and_its_end_is_told(found: Found, chat: Receiver) -> None:
    found.declare(clear_after=1, targets={"chat": ALL})
    found.finds("a:shop:1")
    for hour in (0, 1, 2):
        found.runs(_at(hour))
    (message,) = chat.messages
    assert message["title"] == "Critical: About a:shop:1"
    assert message["message"] == "About a:shop:1. There are 3 of a:shop:1. [a:shop:1]"
    assert message["type"] == "failure"
    found.finds()
    for hour in (3, 4):
        found.runs(_at(hour))
    _, cleared = chat.messages
    assert (cleared["title"], cleared["type"]) == ("Cleared: About a:shop:1", "success")
    found.finds("a:shop:1")
    found.runs(_at(5))
    assert chat.titles[2:] == ["Critical: About a:shop:1"]


def test_alerts_of_one_severity_come_in_one_message_and_many_in_several(
    found: Found, chat: Receiver
) -> None:
    found.declare(targets={"chat": ALL})
    keys = [f"a:shop:{number}" for number in range(45)]
    found.finds(*keys, operation=["failed_build"])
    (delivered,) = found.runs().delivered
    assert (delivered.sent, delivered.waiting, delivered.problem) == (46, 0, None)
    assert chat.titles == ["20 critical alerts", "20 critical alerts", "6 critical alerts"]
    assert all(f"[{key}]" in chat.text for key in [*keys, "failed_build"])


def test_more_than_a_hundred_at_once_are_one_message(found: Found, chat: Receiver) -> None:
    found.declare(targets={"chat": ALL})
    found.finds(*(f"a:shop:{number}" for number in range(101)))
    (delivered,) = found.runs(_at(0)).delivered
    assert (delivered.sent, chat.titles) == (101, ["101 critical alerts"])
    assert "… and 81 more: `storehouse alerts` lists them." in chat.text
    assert found.runs(_at(1)).delivered[0].sent == 0


def test_a_message_over_the_limit_of_a_service_comes_in_parts(
    found: Found, chat: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALERTS_CHAT_URL", chat.mattermost_url)
    found.declare(targets={"chat": ALL})
    keys = [f"a:shop:{number}" for number in range(20)]
    found.finds(*keys, detail="Something is wrong. " * 20)
    (delivered,) = found.runs(_at(0)).delivered
    assert (delivered.sent, delivered.waiting, delivered.problem) == (20, 0, None)
    texts = [message["text"] for message in chat.messages]
    assert len(texts) > 1
    assert max(map(len, texts)) <= 4000
    assert all(f"[{key}]" in "\n".join(texts) for key in keys)


def test_a_message_that_is_refused_holds_up_no_other(found: Found, chat: Receiver) -> None:
    found.declare(targets={"chat": ALL})

    def refuse() -> None:
        chat.status = 400 if "[c:shop:1]" in chat.messages[-1]["message"] else 200

    chat.received = refuse
    found.finds("c:shop:1", "w:shop:1")
    for hour in (0, 1):
        (delivered,) = found.runs(_at(hour)).delivered
        assert (delivered.sent, delivered.waiting) == (1 - hour, 1)
        assert "did not take the message" in (delivered.problem or "")
    assert chat.titles == [
        "Critical: About c:shop:1", "Warning: About w:shop:1", "Critical: About c:shop:1",
    ]  # fmt: skip


def test_each_target_gets_its_severities(
    found: Found, chat: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    with http_receiver() as pager:
        monkeypatch.setenv("ALERTS_PAGER_URL", pager.url)
        found.declare(targets={"chat": URGENT, "pager": ["critical"]})
        found.finds("w:shop:1")
        found.runs(_at(0))
        found.finds("w:shop:1", "c:shop:1")
        found.runs(_at(1))
        assert chat.titles == ["Warning: About w:shop:1", "Critical: About c:shop:1"]
        assert pager.titles == ["Critical: About c:shop:1"]


def test_a_target_may_be_named_as_anything_else_is(
    found: Found, chat: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its lock is beside those of other targets only."""
    monkeypatch.setenv("ALERTS_STATE_URL", chat.url)
    found.declare(targets={"state": ALL})
    found.finds("a:shop:1")
    (delivered,) = found.runs().delivered
    assert (delivered.sent, delivered.problem) == (1, None)


def test_a_target_that_is_down_is_tried_again_and_holds_up_no_other(
    found: Found, chat: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    with http_receiver() as pager:
        monkeypatch.setenv("ALERTS_PAGER_URL", pager.url)
        found.declare(clear_after=1, targets={"chat": ALL, "pager": ALL})
        chat.status = 503
        found.finds("a:shop:1")
        down, up = found.runs(_at(0)).delivered
        assert (down.sent, down.waiting, up.sent, up.problem) == (0, 1, 1, None)
        assert "ALERTS_CHAT_URL" in (down.problem or "")
        chat.status = 200
        found.runs(_at(1))
        found.runs(_at(2))
        assert chat.titles == ["Critical: About a:shop:1"] * 2  # the first was refused
        assert pager.titles == ["Critical: About a:shop:1"]


def test_what_ended_before_a_target_was_up_again_is_not_told(found: Found, chat: Receiver) -> None:
    found.declare(clear_after=1, targets={"chat": ALL})
    chat.status = 503
    found.finds("a:shop:1")
    found.runs(_at(0))
    chat.messages.clear()
    chat.status = 200
    found.finds()
    (delivered,) = found.runs(_at(1)).delivered
    assert (delivered.sent, delivered.waiting, chat.messages) == (0, 0, [])


def test_a_target_that_does_not_answer_is_given_up_after_the_time_limit(
    found: Found, chat: Receiver
) -> None:
    found.declare(targets={"chat": ALL}, timeout_seconds=0.3)
    chat.received = lambda: chat.released.wait(30)
    found.finds("a:shop:1")
    began = time.monotonic()
    (delivered,) = found.runs().delivered
    assert time.monotonic() - began < 5
    assert (delivered.sent, delivered.waiting) == (0, 1)
    assert "took too long" in (delivered.problem or "")


def test_the_time_limit_is_for_all_messages_of_a_run_and_what_was_taken_counts(
    found: Found, chat: Receiver
) -> None:
    found.declare(targets={"chat": ALL}, timeout_seconds=2)
    chat.received = lambda: chat.released.wait(0.9)
    found.finds(*(f"a:shop:{number}" for number in range(100)))
    (first,) = found.runs(_at(0)).delivered
    assert first.sent in (20, 40)
    assert first.sent + first.waiting == 100
    chat.received = bool
    (second,) = found.runs(_at(1)).delivered
    assert (second.sent, second.waiting) == (first.waiting, 0)


def test_what_a_wider_alert_takes_in_is_not_told_as_cleared(found: Found, chat: Receiver) -> None:
    found.declare(clear_after=1, targets={"chat": ALL})
    found.finds("finding:shop:total:order:1", "finding:shop:total2:order:2", "low:shop:a")
    found.runs(_at(0))
    found.finds("finding:shop:total")
    cleared = [one.alert_key for one in found.runs(_at(1)).cleared]
    assert cleared == ["finding:shop:total2:order:2", "low:shop:a"]
    assert chat.titles[1:] == ["Critical: About finding:shop:total", "2 alerts are cleared"]
    assert found.open_keys() == ["finding:shop:total"]
    found.finds()
    found.runs(_at(2))
    assert chat.titles[3:] == ["Cleared: About finding:shop:total"]


def test_an_acknowledged_alert_is_not_sent_to_who_has_not_got_it(
    found: Found, chat: Receiver
) -> None:
    found.finds("a:shop:1", "b:shop:1")
    found.runs(_at(0))
    acknowledge(found.settings, "a:shop:1", now=lambda: _at(1))
    found.declare(targets={"chat": ALL})
    found.runs(_at(2))
    assert chat.titles == ["Critical: About b:shop:1"]


def test_an_alert_that_is_not_up_to_date_says_so(found: Found, chat: Receiver) -> None:
    found.declare(targets={"chat": ALL})
    found.finds("a:shop:1", is_stale=True, stale_reason="nothing new since Monday")
    found.runs()
    assert "(Not up to date: nothing new since Monday.)" in chat.text


def test_quiet_hours_of_the_shop_hold_back_all_but_critical_alerts(
    found: Found, chat: Receiver
) -> None:
    """The shop is in London, an hour ahead of UTC in July."""
    quiet = {"from": "22:00", "until": "07:00"}
    found.declare(targets={"chat": URGENT}, quiet_hours=quiet, clear_after=1)

    def run(at: str) -> list[str]:
        chat.messages.clear()
        with time_machine.travel(f"2025-07-{at}+00:00", tick=False):
            report = after_run(found.settings, now=lambda: datetime.now(UTC))
        assert report.problem is None
        return chat.titles

    found.finds("w:shop:1")
    assert run("01T20:59:59") == ["Warning: About w:shop:1"]
    found.finds()
    assert run("01T21:00:00") == []
    found.finds("w:shop:2")
    assert run("01T23:30:00") == []
    found.finds("w:shop:2", "w:shop:3", operation=["failed_build"])
    assert run("02T05:59:59") == ["Critical: About failed_build"]
    assert run("02T06:00:00") == ["2 warnings", "Cleared: About w:shop:1"]


def test_a_run_in_quiet_hours_sends_no_warning_of_the_day_before(
    found: Found, chat: Receiver
) -> None:
    found.declare(targets={"chat": URGENT}, quiet_hours={"from": "22:00", "until": "07:00"})
    found.finds("w:shop:1")
    for hour in (-10, 14, 38):
        (delivered,) = found.runs(_at(hour)).delivered
        assert (delivered.sent, delivered.waiting) == (0, 1)
    found.runs(_at(44))
    assert chat.titles == ["Warning: About w:shop:1"]


def test_a_new_target_gets_what_happened_in_the_last_week_and_no_older_event(
    found: Found, chat: Receiver
) -> None:
    found.finds("old:shop:1", is_event=True)
    found.runs(_at(-24 * 8))
    found.finds("order:shop:1", is_event=True)
    found.runs(_at(-24 * 6))
    found.finds()
    found.runs(_at(-24 * 5))
    found.declare(targets={"chat": ALL})
    (delivered,) = found.runs(_at(0)).delivered
    assert chat.titles == ["Critical: About order:shop:1"]
    assert delivered.waiting == 0


def test_a_critical_alert_is_sent_in_quiet_hours(found: Found, chat: Receiver) -> None:
    found.declare(targets={"chat": URGENT}, quiet_hours={"from": "00:00", "until": "23:59"},
                  digest_at="23:59")  # fmt: skip
    found.finds("c:shop:1")
    found.runs()
    assert chat.titles == ["Critical: About c:shop:1"]


def test_alerts_for_information_are_sent_together_once_a_day(found: Found, chat: Receiver) -> None:
    found.declare(targets={"chat": ALL}, digest_at="08:00", clear_after=1)
    found.finds("i:shop:1")
    found.runs(_at(0))
    found.finds("i:shop:1", "i:shop:2")
    found.runs(_at(1))
    assert found.runs(_at(19.9)).delivered[0].waiting == 2
    assert chat.messages == []
    found.runs(_at(20))
    assert chat.titles == ["2 alerts for information"]
    found.finds()
    found.runs(_at(21))
    assert len(chat.messages) == 1


def test_a_kill_between_sending_and_remembering_repeats_that_message_and_no_other(
    found: Found, chat: Receiver
) -> None:
    found.declare(targets={"chat": ALL})
    found.finds(*(f"a:shop:{number}" for number in range(25)))
    running: list[subprocess.Popen[bytes]] = []
    path = [str(Path(__file__).parents[1]), os.environ.get("PYTHONPATH", "")]

    def run(kill_at: int | None) -> int:
        begun = len(chat.messages)

        def received() -> None:
            if kill_at is not None and len(chat.messages) - begun == kill_at:
                while not running:
                    time.sleep(0.01)
                os.kill(running[0].pid, signal.SIGKILL)

        chat.received = received
        running[:] = [
            subprocess.Popen(
                [sys.executable, "-c", _RUN, str(found.path)],
                cwd=Path(__file__).parents[1],
                env=os.environ | {"PYTHONPATH": os.pathsep.join(path)},
            )
        ]
        return running[0].wait()

    assert run(kill_at=1) == -signal.SIGKILL
    assert run(kill_at=2) == -signal.SIGKILL
    assert run(kill_at=None) == 0
    assert run(kill_at=None) == 0
    first, second = "20 critical alerts", "5 critical alerts"
    assert chat.titles == [first, first, second, second]


def test_a_mail_server_takes_alerts(found: Found, monkeypatch: pytest.MonkeyPatch) -> None:
    with smtp_receiver() as (port, mails):
        address = f"mailto://127.0.0.1:{port}?from=shop@example.com&to=owner@example.com"
        monkeypatch.setenv("ALERTS_MAIL_URL", address)
        found.declare(targets={"mail": ALL})
        found.finds("a:shop:1", detail="A <b>bold</b> product.")
        (delivered,) = found.runs().delivered
        assert (delivered.sent, delivered.problem) == (1, None)
    (mail,) = mails
    assert {part.get_content_type() for part in message_from_string(mail).walk()} == {"text/plain"}
    assert "A <b>bold</b> product." in mail
    assert "To: owner@example.com" in mail
    assert "Subject: Critical: About a:shop:1" in mail


def test_addresses_are_not_in_the_environment_of_dbt(
    found: Found, monkeypatch: pytest.MonkeyPatch
) -> None:
    found.declare(targets={"chat": ALL})
    for name in ("ALERTS_CHAT_URL", "OTHER"):
        monkeypatch.setenv(name, "canary")
    environ = dbt_environment(found.settings)
    assert {name for name, value in environ.items() if value == "canary"} == {"OTHER"}


def test_no_address_is_in_what_a_failure_says(
    found: Found,
    chat: Receiver,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found.declare(targets={"chat": ALL, "odd": ALL, "unset": ALL})
    monkeypatch.setenv("ALERTS_ODD_URL", "nonsense://s3cret-canary@host")
    chat.status = 500
    found.finds("a:shop:1")
    refused, unknown, unset = found.runs().delivered
    assert "Apprise does not know" in (unknown.problem or "")
    assert unset.problem == "ALERTS_UNSET_URL is not set. Set it to the address of unset."
    output = capfd.readouterr()
    for text in (refused.problem, unknown.problem, output.out, output.err):
        assert "s3cret-canary" not in (text or "")
    stored = found.query("from ops.alert_deliveries")
    assert stored == []


def test_a_test_message_goes_to_all_targets_or_to_one(found: Found, chat: Receiver) -> None:
    with pytest.raises(ConfigError, match="no targets"):
        send_test(found.settings)
    found.declare(targets={"chat": ALL, "unset": ALL})
    sent, unset = send_test(found.settings)
    assert (sent.problem, unset.sent) == (None, 0)
    assert chat.titles == ["Test message from storehouse"]
    (again,) = send_test(found.settings, "chat")
    assert (again.sent, len(chat.messages)) == (1, 2)
    with pytest.raises(ConfigError, match="'nobody'"):
        send_test(found.settings, "nobody")
