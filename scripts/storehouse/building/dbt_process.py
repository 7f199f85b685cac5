"""dbt in a separate process: the same build, without work whose result is not used.

    python -m storehouse.building.dbt_process build [--full-refresh] …

Selection, order, compilation and results are dbt's. Left out are garbage collection and the
overhead of a data test that simply passes (`PlainDataTests`).
Standard output is the progress, one JSON object per line: {"total", "node"} when a node begins or
is skipped, {"note"} for a warning or failure. Exits with dbt's codes; standard error says why dbt
could not run at all.
"""

from __future__ import annotations

import atexit
import gc
import json
import os
import sys
from contextlib import redirect_stdout
from threading import Lock
from typing import Any, ClassVar, NoReturn

from dbt.artifacts.resources.types import NodeType
from dbt.cli.main import dbtRunner
from dbt.contracts.graph.manifest import Manifest
from dbt.contracts.graph.nodes import TestNode
from dbt.flags import get_flags
from dbt.task.build import BuildTask
from dbt.task.test import TestResultData, TestRunner
from dbt_common.events.base_types import EventMsg

_QUIET = [
    "--log-level",
    "none",
    "--log-level-file",
    "none",
    "--no-use-colors",
    "--no-version-check",
]

# The macros that turn a test's select into a verdict. If a project overrides one, it is used.
_VERDICT_MACROS = {
    "default__get_test_sql",
    "duckdb__get_test_sql",
    "get_limit_subquery_sql",
    "get_test_sql",
    "materialization_test_default",
    "materialization_test_duckdb",
    "should_store_failures",
    "statement",
}


class PlainDataTests(TestRunner):
    """Runs dbt's query for a data test without rendering its materialization.

    Only a pass is accepted from it. A test that fails, warns or errors, or has an unusual
    configuration, is run by dbt itself, so that every result but "pass" comes from dbt.
    """

    _verdict_is_dbts: ClassVar[bool | None] = None

    def execute_data_test(self, data_test: TestNode, manifest: Manifest) -> TestResultData:
        if self._verdict_is_dbts is None:
            PlainDataTests._verdict_is_dbts = not _overrides_the_verdict(manifest)
        if self._verdict_is_dbts and _is_plain(data_test):
            verdict = self._verdict(data_test)
            if verdict is not None:
                return verdict
        return super().execute_data_test(data_test, manifest)

    def _verdict(self, data_test: TestNode) -> TestResultData | None:
        config = data_test.config
        query = (
            f"select {config.fail_calc} as failures,\n"
            f"{config.fail_calc} {config.warn_if} as should_warn,\n"
            f"{config.fail_calc} {config.error_if} as should_error\n"
            f"from (\n{data_test.compiled_code}\n) dbt_internal_test"
        )
        handle = self.adapter.connections.get_thread_connection().handle
        try:
            rows = handle.cursor().execute(query).fetchall()
        except Exception:  # noqa: BLE001  # dbt meets the same error and reports it
            return None
        match rows:
            case [(int(failures), False, False)] if not isinstance(failures, bool):
                return TestResultData(failures, False, False, {"_message": "OK"})
        return None


def _is_plain(data_test: TestNode) -> bool:
    config = data_test.config
    stores = config.store_failures
    if stores is None:
        stores = get_flags().STORE_FAILURES  # type: ignore[no-untyped-call]
    return (
        config.materialized == "test"
        and config.limit is None
        and not stores
        and not config.get("sql_header")
    )


def _overrides_the_verdict(manifest: Manifest) -> bool:
    return any(
        macro.name in _VERDICT_MACROS and macro.package_name not in ("dbt", "dbt_duckdb")
        for macro in manifest.macros.values()
    )


_ALARMS = ("warn", "error")
_one_line_at_a_time = Lock()


def report_progress(message: EventMsg) -> None:
    """Write an event for the progress display, if it is relevant."""
    info: Any = message.info
    data: Any = message.data
    if info.name == "LogStartLine":
        _write(total=data.total, node=data.description)
    elif info.name == "SkippingDetails":
        _write(total=data.total, node=f"skipping {data.node_name}")
    elif (info.name.startswith(("Log", "RunningOperation")) and info.level in _ALARMS) or (
        info.level == "warn" and not info.name.startswith("RunResult")
    ):
        _write(note=" ".join(info.msg.split()))


def _write(**fields: Any) -> None:
    with _one_line_at_a_time:  # dbt's threads write in parallel
        print(json.dumps(fields), file=sys.__stdout__, flush=True)


def main() -> int:
    """Run dbt with this process's arguments; returns dbt's exit code."""
    gc.disable()
    BuildTask.RUNNER_MAP[NodeType.Test] = PlainDataTests
    with redirect_stdout(sys.stderr):
        ran = dbtRunner(callbacks=[report_progress]).invoke([*_QUIET, *sys.argv[1:]])
    if ran.exception is not None:
        sys.stderr.write(f"{ran.exception}\n")
        return 2
    return 0 if ran.success else 1


def _leave(code: int) -> NoReturn:
    """Exit as Python does, but without freeing all objects, which would take two seconds."""
    atexit._run_exitfuncs()  # noqa: SLF001  # there is no public name for it
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    _leave(main())
