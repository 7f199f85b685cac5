"""What is remembered of alerts from one evaluation to the next."""

from __future__ import annotations

import subprocess
import sys
from datetime import datetime, timedelta

import duckdb
import pytest

from alerts.found import NOON, Found
from alerts.receiver import Receiver
from storehouse.alerts.declaration import read_alert_settings
from storehouse.alerts.state import Kept, is_prepared, opened
from storehouse.alerts.watch import acknowledge, after_run, open_alerts, open_counts
from storehouse.core.errors import ConfigError, LockedError, UnknownName
from storehouse.core.warehouse import connect


def _keys(alerts: tuple[object, ...]) -> list[str]:
    return [one.alert_key for one in alerts]  # type: ignore[attr-defined]


def _at(hours: float) -> datetime:
    return NOON + timedelta(hours=hours)


def test_an_alert_is_raised_once_while_it_lasts_and_again_after_it_was_cleared(
    found: Found,
) -> None:
    found.finds("a:shop:1", "b:shop:1")
    assert _keys(found.runs(_at(0)).raised) == ["a:shop:1", "b:shop:1"]
    found.finds("a:shop:1", detail="There are 2 left.")
    report = found.runs(_at(1))
    assert (report.raised, _keys(report.cleared), report.open_count) == ((), ["b:shop:1"], 1)
    (alert,) = open_alerts(found.settings).alerts
    assert (alert["detail"], alert["first_seen_at"]) == ("There are 2 left.", _naive(0))
    assert alert["last_seen_at"] == _naive(1)
    found.finds("a:shop:1", "b:shop:1")
    assert _keys(found.runs(_at(2)).raised) == ["b:shop:1"]
    assert found.query("select first_seen_at from ops.alerts where alert_key = 'b:shop:1'") == [
        (_naive(2),)
    ]


def _naive(hours: float) -> datetime:
    return _at(hours).replace(tzinfo=None)


def test_the_state_is_closed_whatever_went_wrong_with_it(found: Found) -> None:
    """Others open it meanwhile: threads of this process, and runs."""
    kept = Kept()

    def fail() -> None:
        with opened(found.settings, kept) as con:
            con.begin()
            con.execute("select error('wrong')")

    for _ in range(2):
        with pytest.raises(duckdb.Error, match="wrong"):
            fail()
        assert open_alerts(found.settings).alerts == ()
    with opened(found.settings, kept) as con:
        assert con.execute("select count(*) from ops.alerts").fetchall() == [(0,)]
    kept.close()


def test_a_flapping_alert_is_neither_cleared_nor_raised_again(found: Found) -> None:
    found.declare(clear_after=3)
    for hour in range(12):
        found.finds(*(["a:shop:1"] if hour % 3 == 0 else []))
        report = found.runs(_at(hour))
        assert (len(report.raised), len(report.cleared)) == (int(hour == 0), 0)
        assert report.open_count == 1
    found.finds()
    assert _keys(found.runs(_at(12)).cleared) == ["a:shop:1"]
    assert found.runs(_at(13)).cleared == ()


def test_an_alert_may_have_to_last_before_it_is_raised(found: Found) -> None:
    found.declare(raise_after=3, clear_after=2)
    for hour, is_there in enumerate([True, True, False, True, True, True, True]):
        found.finds(*(["a:shop:1"] if is_there else []))
        report = found.runs(_at(hour))
        assert len(report.raised) == int(hour == 5), hour
        assert report.open_count == int(hour >= 5)
        assert report.cleared == ()


def test_what_happened_once_is_raised_at_once(found: Found) -> None:
    found.declare(raise_after=2)
    found.finds("order:shop:1", is_event=True)
    assert _keys(found.runs(_at(0)).raised) == ["order:shop:1"]


def test_what_happened_once_is_raised_once_also_where_it_is_seen_again(found: Found) -> None:
    for hour in range(6):
        found.finds(*(["order:shop:1"] if hour % 2 == 0 else []), is_event=True)
        report = found.runs(_at(hour))
        assert (len(report.raised), len(report.cleared)) == (int(hour == 0), 0)
        assert report.open_count == int(hour % 2 == 0)


def test_after_a_failed_run_alerts_on_the_shop_stay_and_say_so_and_others_are_compared(
    found: Found,
) -> None:
    found.finds("a:shop:1", "b:shop:1")
    found.runs(_at(0))
    found.finds("c:shop:1", operation=["failed_build"])
    for hour in (1, 2, 3):
        report = found.runs(_at(hour), problem="the last build failed")
        assert _keys(report.raised) == (["failed_build"] if hour == 1 else [])
        assert report.cleared == ()
    states = {
        one["alert_key"]: (one["is_stale"], one["stale_reason"])
        for one in open_alerts(found.settings).alerts
    }
    stale = (True, "the last build failed")
    assert states == {"a:shop:1": stale, "b:shop:1": stale, "failed_build": (False, None)}
    found.finds("a:shop:1")
    assert _keys(found.runs(_at(4)).cleared) == ["b:shop:1", "failed_build"]
    (alert,) = open_alerts(found.settings).alerts
    assert (alert["is_stale"], alert["stale_reason"]) == (False, None)


def test_an_alert_that_is_about_to_be_cleared_is_up_to_date(found: Found) -> None:
    found.declare(clear_after=2)
    found.finds("a:shop:1")
    found.runs(_at(0))
    found.runs(_at(1), problem="the last build failed")
    found.finds()
    found.runs(_at(2))
    (alert,) = open_alerts(found.settings).alerts
    assert (alert["is_stale"], alert["stale_reason"]) == (False, None)


def test_an_acknowledgement_lasts_until_the_alert_is_cleared(found: Found) -> None:
    found.finds("a:shop:1")
    found.runs(_at(0))
    assert acknowledge(found.settings, "a:shop:1", now=lambda: _at(1)) == _naive(1)
    assert acknowledge(found.settings, "a:shop:1", now=lambda: _at(2)) == _naive(1)
    found.runs(_at(2))
    assert open_alerts(found.settings).alerts[0]["acknowledged_at"] == _naive(1)
    found.finds()
    found.runs(_at(3))
    with pytest.raises(UnknownName, match="a:shop:1"):
        acknowledge(found.settings, "a:shop:1", now=lambda: _at(4))
    found.finds("a:shop:1")
    found.runs(_at(5))
    assert open_alerts(found.settings).alerts[0]["acknowledged_at"] is None


def test_open_alerts_are_counted_by_severity_and_listed_by_urgency(found: Found) -> None:
    found.finds()
    assert open_counts(found.settings) == {"critical": 0, "warning": 0, "info": 0}
    assert open_alerts(found.settings).evaluated_at is None
    found.finds("i:shop:1")
    found.runs(_at(0))
    found.finds("i:shop:1", "w:shop:1", "d:shop:1", operation=["failed_build"])
    found.runs(_at(1))
    assert open_counts(found.settings) == {"critical": 2, "warning": 1, "info": 1}
    assert open_alerts(found.settings).evaluated_at == _naive(1)
    assert found.open_keys() == ["d:shop:1", "failed_build", "w:shop:1", "i:shop:1"]


def test_a_home_without_models_has_no_alerts_and_an_evaluation_never_raises(
    found: Found,
) -> None:
    assert found.runs() == after_run(found.settings, now=lambda: NOON)
    found.settings.alerts_file.write_text("digest_at: 8")
    report = after_run(found.settings, now=lambda: NOON)
    assert "alerts.yml" in (report.problem or "")


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ({"quiet_hours": {"from": 1320}}, "quiet_hours.from"),
        ({"quiet_hours": {"from": "22:00", "until": "07:00"}, "digest_at": "23:30"}, "digest_at"),
        ({"quiet_hours": {"from": "22:00", "until": "07:00"}, "digest_at": "06:59"}, "digest_at"),
        ({"clear_after": 0}, "clear_after"),
        ({"target": {}}, "target"),
        ({"targets": {"chat": ["urgent"]}}, "targets.chat.severities"),
        ({"timeout_seconds": -1}, "timeout_seconds"),
    ],
)
def test_settings_that_can_not_be_used_are_refused_with_file_and_key(
    found: Found, values: dict[str, object], named: str
) -> None:
    found.declare(**values)
    report = after_run(found.settings, now=lambda: NOON)
    assert report.problem
    assert f"alerts.yml: {named} " in report.problem


def test_a_key_of_a_target_that_is_misspelt_is_refused(found: Found) -> None:
    found.settings.alerts_file.write_text("targets: {chat: {url: 'json://host'}}")
    with pytest.raises(ConfigError, match=r"targets\.chat\.url is unknown"):
        read_alert_settings(found.settings)


def test_what_a_warehouse_remembers_from_before_is_taken_over_once(
    found: Found, chat: Receiver
) -> None:
    """As homes have it whose state was in the warehouse: nothing of it is told again."""
    found.declare(clear_after=1, targets={"chat": ["critical"]})
    found.finds("a:shop:1", "b:shop:1")
    found.runs(_at(0))
    acknowledge(found.settings, "b:shop:1", now=lambda: _at(0))
    _put_back(found)
    assert found.open_keys() == ["a:shop:1", "b:shop:1"]
    assert open_counts(found.settings)["critical"] == 2
    found.finds("a:shop:1", "b:shop:1")
    assert found.runs(_at(1)).raised == ()
    assert len(chat.messages) == 1
    a, b = open_alerts(found.settings).alerts
    assert (a["first_seen_at"], a["sent_to"]) == (_naive(0), ["chat"])
    assert b["acknowledged_at"] == _naive(0)
    found.finds()
    found.runs(_at(2))
    assert chat.titles[1:] == ["2 alerts are cleared"]
    with connect(found.settings) as con:
        assert not is_prepared(con)


def _put_back(found: Found) -> None:
    """Move the state into the warehouse's schema ops, as it was there."""
    file = found.path / "alerts" / "state.duckdb"
    with connect(found.settings) as con:
        con.execute(f"attach '{file}' as state")
        con.execute("create schema if not exists ops")
        con.execute(
            "create table ops.alerts as select * exclude absent_since from state.ops.alerts"
        )
        for name in ("alert_notices", "alert_deliveries", "alert_evaluations"):
            con.execute(f"create table ops.{name} as from state.ops.{name}")
    file.unlink()


def test_the_state_is_read_and_changed_while_a_run_holds_the_warehouse(found: Found) -> None:
    found.finds("a:shop:1")
    found.runs(_at(0))
    holding = "import duckdb, sys; con = duckdb.connect(sys.argv[1]); print(1); input()"
    with subprocess.Popen(
        [sys.executable, "-uc", holding, str(found.settings.warehouse)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as run:
        assert run.stdout is not None
        run.stdout.readline()
        with pytest.raises(LockedError), connect(found.settings):
            pass
        assert found.open_keys() == ["a:shop:1"]
        assert open_counts(found.settings)["critical"] == 1
        acknowledge(found.settings, "a:shop:1", now=lambda: _at(1))
        run.communicate(b"\n")
    assert open_alerts(found.settings).alerts[0]["acknowledged_at"] == _naive(1)


def test_a_state_whose_lock_file_is_gone_is_read(found: Found) -> None:
    """As after a backup was restored without it."""
    found.finds("a:shop:1")
    found.runs()
    (found.path / "alerts" / "state.lock").unlink()
    assert found.open_keys() == ["a:shop:1"]


def test_a_state_that_was_being_created_when_it_was_killed_is_created_again(found: Found) -> None:
    (found.path / "alerts").mkdir()
    (found.path / "alerts" / ".state.duckdb").write_bytes(b"half")
    found.finds("a:shop:1")
    found.runs(_at(0))
    assert found.open_keys() == ["a:shop:1"]
