"""A home where models have found alerts, without the time that dbt takes to find them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import yaml

from storehouse.alerts.state import reading
from storehouse.alerts.watch import AlertReport, after_run, open_alerts
from storehouse.core.config import Settings, load_settings
from unit.project import PROJECT

# The columns of rpt_alerts and alerts_on_operation, as their contracts have them.
_TABLE = """(alert_key varchar, source_name varchar, alert_rule varchar, severity varchar,
subject varchar, detail varchar, stale_reason varchar, is_event boolean, is_stale boolean,
occurred_at timestamp)"""
_SEVERITIES = {"w:": "warning", "i:": "info"}
NOON = datetime(2025, 3, 5, 12, tzinfo=UTC)


@dataclass(frozen=True)
class Found:
    """`finds` replaces what models find; `runs` evaluates it."""

    path: Path

    @property
    def settings(self) -> Settings:
        environ = {
            "STOREHOUSE_HOME": str(self.path),
            "STOREHOUSE_ALERTS": str(self.path / "alerts.yml"),
        }
        return load_settings(environ, PROJECT)

    def declare(self, **values: Any) -> None:
        """Write alerts.yml. Targets are given as their severities by name."""
        targets = {
            name: {"url_variable": f"ALERTS_{name.upper()}_URL", "severities": severities}
            for name, severities in values.pop("targets", {}).items()
        }
        self.path.mkdir(exist_ok=True)
        text = yaml.safe_dump({"targets": targets, **values})
        (self.path / "alerts.yml").write_text(text)

    def finds(self, *keys: str, operation: Sequence[str] = (), **values: object) -> None:
        """Alerts of these keys, each `rule:source:…`; `values` say more of all of them.

        Rules w and i are a warning and for information; all others are critical.
        """
        with duckdb.connect(str(self.path / "warehouse.duckdb")) as con:
            for relation, some in (
                ("reports.rpt_alerts", keys),
                ("alerts.alerts_on_operation", operation),
            ):
                con.execute(f"create schema if not exists {relation.partition('.')[0]}")
                con.execute(f"create or replace table {relation} {_TABLE}")
                for key in some:
                    row = {
                        "alert_key": key,
                        "source_name": "shop",
                        "alert_rule": key.partition(":")[0],
                        "severity": _SEVERITIES.get(key[:2], "critical"),
                        "subject": f"About {key}",
                        "detail": f"There are 3 of {key}.",
                        "is_event": False,
                        "is_stale": False,
                    } | values
                    columns = ", ".join(f"${name} as {name}" for name in row)
                    con.execute(f"insert into {relation} by name select {columns}", row)

    def runs(self, at: datetime = NOON, problem: str | None = None) -> AlertReport:
        report = after_run(self.settings, now=lambda: at, problem=problem)
        assert report.problem is None, report.problem
        return report

    def open_keys(self) -> list[str]:
        return [one["alert_key"] for one in open_alerts(self.settings).alerts]

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """Rows of a query on the state."""
        with reading(self.settings) as con:
            return con.execute(sql).fetchall()
