"""Builds and tests the models with dbt, and records the build."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from pathlib import Path

from storehouse.alerts.declaration import target_variables
from storehouse.building import build_log
from storehouse.building.code_hash import code_hash, models_hash
from storehouse.building.findings import open_findings, with_rows
from storehouse.building.report import BuildReport, read_report
from storehouse.core.config import MIRROR_URL, Settings, project_variables
from storehouse.core.progress import Progress
from storehouse.core.warehouse import connect
from storehouse.landing import load_log
from storehouse.log import kafka_address
from storehouse.log.opening import EVENT_LOG
from storehouse.sources.declarations.entry import declared_variables


def build(
    settings: Settings,
    *,
    progress: Progress,
    now: Callable[[], datetime],
    full_refresh: bool = False,
    force: bool = False,
) -> BuildReport:
    """Build and test every model; the build is recorded in ops.builds, passed or failed.

    If the last build passed, and since then nothing has landed and nothing in the project has
    changed, nothing is done and that build is returned; `force` builds anyway.

    dbt's unit tests depend on code, not on data: they are skipped once exactly this code has
    passed them in this home.
    """
    started_at = load_log.utc(now())
    arguments = ["build", "--full-refresh"] if full_refresh else ["build"]
    if settings.vars:
        arguments += ["--vars", json.dumps(settings.vars)]
    environ = dbt_environment(settings)
    hash_code = partial(code_hash, settings.project_dir, environ, tuple(arguments))
    code = hash_code()
    models = models_hash(settings.project_dir)
    variables = {
        **project_variables(settings.project_dir / "dbt_project.yml"),
        **settings.vars,
        "sources": settings.sources,
    }
    with connect(settings) as con:
        load_log.prepare(con)
        ((loaded_until,),) = con.execute("select max(loaded_at) from ops.loads").fetchall()
        if not (force or full_refresh):
            unchanged = build_log.unchanged_build(con, code, loaded_until)
            if unchanged is not None:
                return replace(unchanged, findings=open_findings(con))
        passed_before = build_log.has_passed_unit_tests(con, code)
    if passed_before:
        arguments += ["--exclude-resource-type", "unit_test"]
    exit_code, errors = run_dbt(settings, arguments, environ, progress)
    report = read_report(settings.target_dir, started_at, load_log.utc(now()), exit_code, errors)
    definitions = settings.target_dir / "semantic_manifest.json"
    with connect(settings) as con:
        report = replace(
            report,
            failures=tuple(with_rows(con, failure) for failure in report.failures),
            findings=open_findings(con),
        )
        build_log.record_build(
            con,
            report,
            loaded_until=loaded_until,
            code_hash=models,
            project_hash=code,
            settings=variables,
            definitions=definitions.read_text("utf-8") if definitions.exists() else None,
        )
        all_ran = not passed_before and not report.unit_tests_left_out
        if all_ran and not report.failures and code == hash_code():
            build_log.record_unit_tests(con, code, report.build_id)
    return report


def dbt_environment(settings: Settings) -> dict[str, str]:
    """dbt's environment: the same home and sources, with dbt's files below home.

    It lacks the variables with addresses and secrets: of sources, on or off, of the mirror, of the
    event log and of targets of alerts.
    """
    named = {
        MIRROR_URL,
        EVENT_LOG,
        kafka_address.USER,
        kafka_address.PASSWORD,
        kafka_address.CA,
        *declared_variables(settings),
        *target_variables(settings),
    }
    kept = {name: value for name, value in os.environ.items() if name not in named}
    return kept | {
        "STOREHOUSE_HOME": str(settings.home),
        "STOREHOUSE_SOURCES": ",".join(settings.sources),
        "DBT_TARGET_PATH": str(settings.target_dir),
        "DBT_LOG_PATH": str(settings.logs_dir),
        "DBT_WRITE_JSON": "true",
    }


def run_dbt(
    settings: Settings, arguments: Sequence[str], environ: dict[str, str], progress: Progress
) -> tuple[int, str]:
    """Run dbt in a separate process; returns its exit code and its standard error.

    A separate process, since dbt keeps the warehouse file open as long as its process lives.
    """
    target = Path(environ["DBT_TARGET_PATH"])
    for written in ("run_results.json", "semantic_manifest.json"):
        (target / written).unlink(missing_ok=True)
    project = str(settings.project_dir)
    _forget_another_place(target, settings.project_dir)
    folders = ("--project-dir", project, "--profiles-dir", project)
    command = [sys.executable, "-m", "storehouse.building.dbt_process", *arguments, *folders]
    progress.note("Parsing the dbt project …")
    with (
        tempfile.TemporaryFile("w+", encoding="utf-8") as errors,
        subprocess.Popen(
            command, cwd=project, env=environ, stdout=subprocess.PIPE, stderr=errors, text=True
        ) as process,
    ):
        if process.stdout:
            _follow(process.stdout, progress)
        exit_code = process.wait()
        errors.seek(0)
        return exit_code, errors.read()


def _forget_another_place(target: Path, project: Path) -> None:
    """By what dbt has parsed, it looks for seeds where the project was then."""
    place, known = str(project.resolve()), target / "project_dir.txt"
    if not known.exists() or known.read_text("utf-8") != place:
        (target / "partial_parse.msgpack").unlink(missing_ok=True)
        target.mkdir(parents=True, exist_ok=True)
        known.write_text(place, "utf-8")


def _follow(lines: Iterable[str], progress: Progress) -> None:
    """Report the output of dbt_process.py as progress."""
    started = False
    for line in lines:
        message = json.loads(line)
        if "note" in message:
            progress.note(message["note"])
            continue
        if not started:
            progress.start("build and test", message["total"])
            started = True
        progress.advance(1, message["node"])
