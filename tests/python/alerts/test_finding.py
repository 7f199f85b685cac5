"""What a lane finds of its alerts, from given rows: when, and which of its rules."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, cast

import duckdb
import pytest

from alerts.found import Found
from storehouse.live.alerts.found import LaneFound, read_found
from storehouse.live.alerts.lane import LaneAlerts
from storehouse.live.layer.lane import Lane
from storehouse.live.layer.program import Kind, Relation

_ROW = """
select {key} as alert_key, 'shop' as source_name, '{rule}' as alert_rule, 'critical' as severity,
    'About it' as subject, {detail} as detail, null as stale_reason, false as is_event,
    (select * from is_stale) as is_stale, timestamp '2025-03-05 12:00' as occurred_at
"""


@dataclass
class Finding:
    """A lane of rules a and b, at a clock that stands."""

    found: Found
    con: duckdb.DuckDBPyConnection = field(default_factory=duckdb.connect)
    now: float = 1000.0
    every_seconds: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.con.execute("create table is_stale as select false as is_stale; create schema alerts")
        for rule in "ab":
            self.has(rule)
        relations = [
            Relation(
                f"alert_{rule}",
                "alerts",
                f"alert_{rule}",
                Kind.VIEW,
                alert_lane="trade",
                every_seconds=self.every_seconds.get(rule),
            )
            for rule in "ab"
        ]
        memory = SimpleNamespace(con=self.con, relations=relations)
        lane: Any = SimpleNamespace(
            name="trade", memory=memory, base=SimpleNamespace(build_id="1"), offset=1
        )
        self.alerts = LaneAlerts(
            self.found.settings, cast(Lane, lane), every=0.05, clock=lambda: self.now
        )

    def has(self, rule: str, key: str | None = None, detail: str = "'Detail.'") -> None:
        row = _ROW.format(key=key or f"'{rule}:shop:1'", rule=rule, detail=detail)
        self.con.execute(f"create or replace view alerts.alert_{rule} as {row}")

    def after(self, seconds: float, *changed: str) -> LaneFound:
        self.now += seconds
        self.alerts.follow(set(changed), is_behind=False)
        found = read_found(self.found.settings, "trade")
        assert found
        return found


def _keys(found: LaneFound) -> list[str]:
    return found.rows["alert_key"].to_pylist()  # type: ignore[no-any-return]


def test_a_source_that_falls_silent_is_seen_within_a_minute_although_nothing_changes(
    found: Found,
) -> None:
    finding = Finding(found)
    assert finding.after(0).rows["is_stale"].to_pylist() == [False, False]
    finding.con.execute("update is_stale set is_stale = true")
    assert finding.after(59).rows["is_stale"].to_pylist() == [False, False]
    assert finding.after(1).rows["is_stale"].to_pylist() == [True, True]


def test_a_rule_that_declares_a_time_waits_for_it_and_holds_up_no_other(found: Found) -> None:
    finding = Finding(found, every_seconds={"b": 10})
    assert _keys(finding.after(0)) == ["a:shop:1", "b:shop:1"]
    for rule in "ab":
        finding.has(rule, key=f"'{rule}:shop:2'")
    assert _keys(finding.after(1, "alert_a", "alert_b")) == ["a:shop:2", "b:shop:1"]
    assert _keys(finding.after(8)) == ["a:shop:2", "b:shop:1"]
    assert _keys(finding.after(1)) == ["a:shop:2", "b:shop:2"]


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"detail": "error('too large')"}, "too large"),
        ({"key": "null::varchar"}, "a row has no alert_key"),
    ],
)
def test_a_rule_that_fails_leaves_the_others_and_is_tried_again(
    found: Found, values: dict[str, str], reason: str
) -> None:
    finding = Finding(found)
    finding.has("a", **values)
    failing = finding.after(0)
    assert (_keys(failing), failing.problem, set(failing.failed)) == (["b:shop:1"], None, {"a"})
    assert reason in failing.failed["a"]
    assert failing.rules == ("a", "b")
    finding.has("a")
    again = finding.after(1)
    assert (_keys(again), again.failed) == (["a:shop:1", "b:shop:1"], {})
