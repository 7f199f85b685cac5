"""Runs dbt as its own process and reads what it wrote.

dbt keeps the warehouse file open for as long as its process lives, hence the process.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, Any

from storehouse import ledger
from storehouse.config import Settings
from storehouse.errors import BuildError
from storehouse.warehouse import connect

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
    """What one dbt build did. Times are UTC without zone."""

    build_id: str
    invocation_id: str
    started_at: datetime
    ended_at: datetime
    models: int
    tests: int
    skipped: int
    failures: tuple[Failure, ...]

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

    Records the build in ops.builds. Raises BuildError where dbt ends without results: a
    project that does not parse, or a process that was ended.
    """
    settings.home.mkdir(parents=True, exist_ok=True)
    connect(settings).close()
    results_file = settings.target_dir / "run_results.json"
    results_file.unlink(missing_ok=True)
    started_at = ledger.utc(now())
    arguments = ["build", "--full-refresh"] if full_refresh else ["build"]
    ended = subprocess.run(
        dbt_command(settings, *arguments),
        cwd=settings.project_dir,
        env=dbt_environment(settings),
        stdout=output,
        check=False,
    )
    if not results_file.exists():
        raise BuildError(
            f"dbt ended with code {ended.returncode} before it built anything; nothing is "
            f"published. Its message stands above and in {settings.logs_dir / 'dbt.log'}."
        )
    report = _read_report(settings, results_file, started_at, ledger.utc(now()))
    if ended.returncode and not report.failures:
        raise BuildError(
            f"dbt ended with code {ended.returncode} and named no failure; nothing is "
            f"published. See {settings.logs_dir / 'dbt.log'}."
        )
    _record(settings, report)
    return report


def _read_report(
    settings: Settings, results_file: Path, started_at: datetime, ended_at: datetime
) -> BuildReport:
    run = json.loads(results_file.read_text(encoding="utf-8"))
    manifest = json.loads((settings.target_dir / "manifest.json").read_text(encoding="utf-8"))
    nodes = manifest["nodes"] | manifest.get("unit_tests", {})
    results: Sequence[dict[str, Any]] = run["results"]
    kinds = [result["unique_id"].split(".")[0] for result in results]
    return BuildReport(
        build_id=f"{started_at:%Y%m%dT%H%M%S.%f}Z",
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
    )


def _failure(result: dict[str, Any], node: dict[str, Any]) -> Failure:
    message = " ".join((result.get("message") or "").split())
    return Failure(
        kind=result["unique_id"].split(".")[0].replace("_", " "),
        name=node.get("name", result["unique_id"]),
        path=node.get("original_file_path", "?"),
        message=message[:500] or result["status"],
    )


def _record(settings: Settings, report: BuildReport) -> None:
    with connect(settings) as con:
        ledger.prepare(con)
        con.execute(
            "insert into ops.builds values (?, ?, ?, ?, ?, ?, ?, ?, ?)",
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
            ],
        )
