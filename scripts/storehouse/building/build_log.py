"""The build log in schema ops, in tables that the load log creates."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import duckdb

from storehouse.building.report import BuildReport


def record_build(
    con: duckdb.DuckDBPyConnection,
    report: BuildReport,
    *,
    loaded_until: datetime | None,
    code_hash: str,
    project_hash: str,
    settings: Mapping[str, Any],
    definitions: str | None,
) -> None:
    """Add a build, passed or failed; it could read what was loaded until `loaded_until`.

    `settings` are dbt's vars and the sources that were on; `definitions` are those of metrics,
    None if dbt did not get that far.
    """
    row = {
        "build_id": report.build_id,
        "invocation_id": report.invocation_id,
        "sources": ",".join(settings["sources"]),
        "started_at": report.started_at,
        "ended_at": report.ended_at,
        "status": "failed" if report.failures else "passed",
        "model_count": report.models,
        "test_count": report.tests,
        "failed_count": len(report.failures),
        "loaded_until": loaded_until,
        "tables": list(report.tables),
        "keys": json.dumps(report.keys),
        "failed_names": [failure.name for failure in report.failures],
        "finding_count": sum(finding.documents for finding in report.findings),
        "code_hash": code_hash,
        "project_hash": project_hash,
        "settings": json.dumps(settings, sort_keys=True, default=str),
    }
    values = ", ".join(f"? as {name}" for name in row)
    con.execute(f"insert into ops.builds by name select {values}", list(row.values()))
    if definitions is not None:
        con.execute(
            "insert or ignore into ops.metric_definitions values (?, ?)", [code_hash, definitions]
        )


def unchanged_build(
    con: duckdb.DuckDBPyConnection, project_hash: str, loaded_until: datetime | None
) -> BuildReport | None:
    """The last build, if it passed and nothing that it depends on has changed.

    Also None if dbt was run directly since.
    """
    last = con.execute(
        """
        select build_id, invocation_id, started_at, ended_at, model_count, test_count, tables
        from ops.builds
        where status = 'passed' and project_hash = ? and loaded_until is not distinct from ?
            and build_id = (select max(build_id) from ops.builds)
            and not exists (select 1 from ops.loads where loads.ended_at > builds.started_at)
        """,
        [project_hash, loaded_until],
    ).fetchall()
    for build_id, invocation_id, started_at, ended_at, models, tests, tables in last:
        newest = "select max_by(invocation_id, started_at) from ops.dbt_invocations"
        if con.execute(newest).fetchall() != [(invocation_id,)]:
            break
        return BuildReport(
            build_id=build_id,
            invocation_id=invocation_id,
            started_at=started_at,
            ended_at=ended_at,
            models=models,
            tests=tests,
            unit_tests_left_out=0,
            skipped=0,
            failures=(),
            tables=tuple(tables),
            unchanged=True,
        )
    return None


def has_passed_unit_tests(con: duckdb.DuckDBPyConnection, code_hash: str) -> bool:
    """Whether code of this hash has passed all of dbt's unit tests in this home."""
    found = con.execute("select 1 from ops.unit_test_passes where code_hash = ?", [code_hash])
    return bool(found.fetchall())


def record_unit_tests(con: duckdb.DuckDBPyConnection, code_hash: str, build_id: str) -> None:
    """Record that code of this hash has passed all of dbt's unit tests."""
    con.execute("insert into ops.unit_test_passes values (?, ?)", [code_hash, build_id])
