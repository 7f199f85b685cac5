"""Driving the whole warehouse as a user does: the command line, in a home of its own."""

from __future__ import annotations

import atexit
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import duckdb

from storehouse.core.config import Settings, load_settings
from storehouse.prove.dbt_runs import MODELS_ONLY, DbtRuns
from warehouse.known_code import KnownCode

PROJECT = Path(__file__).parents[3]
REAL_DATA = PROJECT.parent / "shared" / "data"
KNOWN_CODE = "TESTS_KNOWN_CODE"  # the folder of this session's KnownCode

# Columns that tell of the build before, and so differ from build to build.
_OF_THE_LAST_BUILD = {
    "reports.rpt_data_status": (
        "last_build_id, last_build_status, last_build_test_count, last_build_failed_count, "
        "last_build_ended_at"
    )
}


@dataclass(frozen=True)
class Home:
    """A STOREHOUSE_HOME with its environment."""

    path: Path
    sources: str = "shop"
    inbox: Path | None = None
    environ: dict[str, str] = field(default_factory=dict)
    project: Path = PROJECT

    @property
    def variables(self) -> dict[str, str]:
        return {
            "STOREHOUSE_HOME": str(self.path),
            "STOREHOUSE_SOURCES": self.sources,
            "STOREHOUSE_INBOX": str(self.inbox or self.path / "inbox"),
            "STOREHOUSE_ALERTS": str(self.path / "alerts.yml"),  # no one is sent anything
            **self.environ,
        }

    @property
    def settings(self) -> Settings:
        return load_settings(self.variables, self.project)

    def storehouse(self, *arguments: str, code: int = 0) -> dict[str, Any]:
        """Run `storehouse ARGUMENTS --json`; its document, after the exit code was `code`.

        The first build of a home, if it should pass, starts with the session's KnownCode.
        """
        known = None if code else self._known_code(*arguments)
        if known:
            known.copy_to(self.settings)
        ended = self._run("storehouse", *arguments, "--json")
        assert ended.returncode == code, ended.stdout + ended.stderr
        if known:
            known.keep_from(self.settings)
        output = ended.stdout if ended.stdout.strip() else ended.stderr
        document: dict[str, Any] = json.loads(output[output.index("{") :])
        return document

    def dbt(self, *arguments: str) -> None:
        """Run plain dbt on the project."""
        ended = self._run("dbt", *arguments)
        assert ended.returncode == 0, ended.stdout + ended.stderr

    def failed_tests(self, *arguments: str, variables: Mapping[str, Any] | None = None) -> set[str]:
        """Run data tests; names of those that fail."""
        failures = parsed_dbt().run(self.settings, "test", *arguments, variables=variables or {})
        return {failure.partition(":")[0] for failure in failures}

    def models(self, *arguments: str, variables: Mapping[str, Any] | None = None) -> None:
        """Run dbt on seeds and models, without their tests."""
        command = ("build", *MODELS_ONLY, *arguments)
        if self.project == PROJECT:
            assert parsed_dbt().run(self.settings, *command, variables=variables or {}) == ()
        else:  # a copy, which its test changes
            self.dbt(*command, "--quiet")

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """Rows of a query on the warehouse."""
        with duckdb.connect(str(self.path / "warehouse.duckdb"), read_only=True) as con:
            return con.execute(sql).fetchall()

    def published(self, sql: str) -> list[tuple[Any, ...]]:
        """Rows of a query on the published file."""
        current = (self.path / "published" / "current.duckdb").resolve()
        with duckdb.connect(str(current), read_only=True) as con:
            return con.execute(sql).fetchall()

    def fingerprints(self) -> dict[str, tuple[int, int]]:
        """Rows and an order-free hash of all columns, of every mart and report.

        rpt_builds is left out: it has a row more with each build.
        """
        with duckdb.connect(str(self.path / "warehouse.duckdb"), read_only=True) as con:
            tables = con.execute(
                "select table_schema || '.' || table_name from information_schema.tables "
                "where table_schema in ('marts', 'reports') and table_name <> 'rpt_builds' "
                "order by 1"
            ).fetchall()
            return {
                table: con.execute(
                    "select count(*), coalesce(sum(hash(t)::hugeint), 0)::hugeint "
                    f"from {_comparable(table)} as t"
                ).fetchall()[0]
                for (table,) in tables
            }

    def start(self, command: str, *arguments: str) -> subprocess.Popen[str]:
        """Start a command of this environment; it says all on its standard output."""
        return subprocess.Popen(
            [str(Path(sys.executable).with_name(command)), *arguments],
            cwd=self.project,
            env=self._environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    @property
    def _environ(self) -> dict[str, str]:
        files = {
            "DBT_TARGET_PATH": str(self.path / "target"),
            "DBT_LOG_PATH": str(self.path / "logs"),
        }
        return os.environ | self.variables | files

    def _known_code(self, *arguments: str) -> KnownCode | None:
        builds = arguments[0] in ("run", "build") and not self.settings.target_dir.exists()
        folder = os.environ.get(KNOWN_CODE)
        return KnownCode(Path(folder)) if builds and folder else None

    def _run(self, command: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(Path(sys.executable).with_name(command)), *arguments],
            cwd=self.project,
            env=self._environ,
            capture_output=True,
            text=True,
            check=False,
        )


@cache
def parsed_dbt() -> DbtRuns:
    """A dbt that has parsed the project, for as long as tests run: parsing takes seconds."""
    with ExitStack() as stack:
        runs = stack.enter_context(DbtRuns())
        atexit.register(stack.pop_all().close)
    return runs


def _comparable(table: str) -> str:
    left_out = _OF_THE_LAST_BUILD.get(table)
    return f"(select * exclude ({left_out}) from {table})" if left_out else table
