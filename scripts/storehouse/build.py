"""Runs dbt as its own process and reads what it wrote.

dbt keeps the warehouse file open for as long as its process lives, hence the process.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import IO, Any

from storehouse import ledger
from storehouse.config import Settings
from storehouse.errors import BuildError
from storehouse.warehouse import connect

# What is published: marts and reports, no staging and nothing personal.
PUBLISHED_SCHEMAS = ("marts", "reports")

_FAILED = {"error", "fail", "runtime error"}


@dataclass(frozen=True)
class Failure:
    """A model or test that failed: its file, and dbt's message in one line."""

    kind: str
    name: str
    path: str
    message: str

    def __str__(self) -> str:
        what = f'"{self.name.replace("_", " ")}"' if "test" in self.kind else self.name
        return f"{self.kind} {what} ({self.path}): {self.message}"


@dataclass(frozen=True)
class BuildReport:
    """What one dbt build did. Times are UTC; `tables` are its marts and reports."""

    build_id: str
    invocation_id: str
    started_at: datetime
    ended_at: datetime
    models: int
    tests: int
    skipped: int
    failures: tuple[Failure, ...]
    tables: tuple[str, ...]

    def raise_for_problems(self) -> None:
        """Raise BuildError, naming each failure, if anything failed."""
        if self.failures:
            listed = "\n".join(f"  {failure}" for failure in self.failures[:20])
            more = len(self.failures) - 20
            raise BuildError(
                f"{len(self.failures)} of the build's models and tests failed, "
                f"{self.skipped} were skipped; nothing is published.\n{listed}"
                + (f"\n  … and {more} more" if more > 0 else "")
                + "\nMend the data or the model, then run `storehouse build` again."
            )


def dbt_command(settings: Settings, *arguments: str) -> list[str]:
    """The command line of dbt on this project."""
    dbt = Path(sys.executable).with_name("dbt")
    project = str(settings.project_dir)
    return [str(dbt), *arguments, "--project-dir", project, "--profiles-dir", project]


def dbt_environment(settings: Settings) -> dict[str, str]:
    """dbt's environment: the same home and sources as ours, its files below home."""
    return os.environ | {
        "STOREHOUSE_HOME": str(settings.home),
        "STOREHOUSE_SOURCES": ",".join(settings.sources),
        "DBT_TARGET_PATH": str(settings.target_dir),
        "DBT_LOG_PATH": str(settings.logs_dir),
    }


def build(
    settings: Settings,
    *,
    now: Callable[[], datetime],
    full_refresh: bool = False,
    output: IO[str] | None = None,
) -> BuildReport:
    """Build and test every model; dbt writes to `output` (default: our standard output).

    The build is recorded in ops.builds however it ends. A dbt that ends without results (a
    project that does not parse, a process that was ended) is a failure in the report.
    """
    started_at = ledger.utc(now())
    with connect(settings) as con:
        ledger.prepare(con)
        ((loaded_until,),) = con.execute("select max(loaded_at) from ops.loads").fetchall()
    results_file = settings.target_dir / "run_results.json"
    results_file.unlink(missing_ok=True)
    arguments = ["build", "--full-refresh"] if full_refresh else ["build"]
    code = subprocess.run(
        dbt_command(settings, *arguments),
        cwd=settings.project_dir,
        env=dbt_environment(settings),
        stdout=output,
        check=False,
    ).returncode
    if results_file.exists():
        report = _read_report(settings, results_file, started_at, ledger.utc(now()))
    else:
        report = _report_without_results(settings, started_at, ledger.utc(now()), code)
    if code and not report.failures:
        report = replace(report, failures=(_died(settings, code),))
    _record(settings, report, loaded_until)
    return report


def _died(settings: Settings, code: int) -> Failure:
    log = settings.logs_dir / "dbt.log"
    return Failure("dbt", "process", str(log), f"it ended with code {code} and left no results")


def _report_without_results(
    settings: Settings, started_at: datetime, ended_at: datetime, code: int
) -> BuildReport:
    return BuildReport(
        build_id=_build_id(started_at),
        invocation_id="",
        started_at=started_at,
        ended_at=ended_at,
        models=0,
        tests=0,
        skipped=0,
        failures=(_died(settings, code),),
        tables=(),
    )


def _build_id(started_at: datetime) -> str:
    return f"{started_at:%Y%m%dT%H%M%S.%f}Z"


def _read_report(
    settings: Settings, results_file: Path, started_at: datetime, ended_at: datetime
) -> BuildReport:
    run = json.loads(results_file.read_text(encoding="utf-8"))
    manifest = json.loads((settings.target_dir / "manifest.json").read_text(encoding="utf-8"))
    nodes = manifest["nodes"] | manifest.get("unit_tests", {})
    results: Sequence[dict[str, Any]] = run["results"]
    kinds = [result["unique_id"].split(".")[0] for result in results]
    return BuildReport(
        build_id=_build_id(started_at),
        invocation_id=run["metadata"]["invocation_id"],
        started_at=started_at,
        ended_at=ended_at,
        models=kinds.count("model"),
        tests=kinds.count("test") + kinds.count("unit_test"),
        skipped=sum(result["status"] == "skipped" for result in results),
        failures=tuple(
            _failure(result, nodes.get(result["unique_id"], {}))
            for result in results
            if result["status"] in _FAILED
        ),
        tables=tuple(
            sorted(
                f"{node['schema']}.{node['alias']}"
                for node in nodes.values()
                if node["resource_type"] == "model" and node["schema"] in PUBLISHED_SCHEMAS
            )
        ),
    )


def _failure(result: dict[str, Any], node: dict[str, Any]) -> Failure:
    message = " ".join((result.get("message") or "").split())
    return Failure(
        kind=result["unique_id"].split(".")[0].replace("_", " "),
        name=node.get("name", result["unique_id"]),
        path=node.get("original_file_path", "?"),
        message=message[:500] or result["status"],
    )


def _record(settings: Settings, report: BuildReport, loaded_until: datetime | None) -> None:
    with connect(settings) as con:
        con.execute(
            "insert into ops.builds values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                report.build_id,
                report.invocation_id,
                ",".join(settings.sources),
                report.started_at,
                report.ended_at,
                "failed" if report.failures else "passed",
                report.models,
                report.tests,
                len(report.failures),
                loaded_until,
                list(report.tables),
            ],
        )
