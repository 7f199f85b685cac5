"""The result of a build, read from dbt's artifacts."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from storehouse.building.keys import keys_of
from storehouse.core.errors import BuildError

# What is published: marts and reports, no staging and no personal data.
PUBLISHED_SCHEMAS = ("marts", "reports")

_FAILED = {"error", "fail", "runtime error"}
_MESSAGE_LENGTH = 500


@dataclass(frozen=True)
class Failure:
    """A model or test that failed: its file, and dbt's message on one line.

    For a data test also its meaning (`description`), its `query` and the first rows it found.
    """

    kind: str
    name: str
    path: str
    message: str
    description: str = ""
    query: str = ""
    rows: tuple[str, ...] = ()

    def __str__(self) -> str:
        what = f'"{self.name.replace("_", " ")}"' if "test" in self.kind else self.name
        meaning = f" {self.description}" if self.description else ""
        rows = "".join(f"\n    {row}" for row in self.rows)
        return f"{self.kind} {what} ({self.path}): {self.message}{meaning}{rows}"


@dataclass(frozen=True)
class FindingCount:
    """Open findings of a rule in a source; `reporting_amount` is the amount at stake, if known."""

    source: str
    rule: str
    documents: int
    reporting_amount: Decimal | None


@dataclass(frozen=True)
class BuildReport:
    """The result of one dbt build. Times are UTC; `tables` are its marts and reports with `keys`.

    `tests` were run; `unit_tests_left_out` were not, since the same code has passed them.
    `findings` are those open at its end. `unchanged` means that this is an earlier build that
    passed, and nothing has changed since.
    """

    build_id: str
    invocation_id: str
    started_at: datetime
    ended_at: datetime
    models: int
    tests: int
    unit_tests_left_out: int
    skipped: int
    failures: tuple[Failure, ...]
    tables: tuple[str, ...]
    keys: Mapping[str, Sequence[str]] = field(default_factory=dict)
    findings: tuple[FindingCount, ...] = ()
    unchanged: bool = False

    def raise_for_problems(self) -> None:
        """Raise BuildError, naming each failure, if anything failed."""
        if self.failures:
            listed = "\n".join(f"  {failure}" for failure in self.failures[:20])
            more = len(self.failures) - 20
            raise BuildError(
                f"{len(self.failures)} of the build's models and tests failed, "
                f"{self.skipped} were skipped; nothing is published.\n{listed}"
                + (f"\n  … and {more} more" if more > 0 else "")
                + "\nFix the data or the model, then run `storehouse build` again."
            )


def read_report(
    target_dir: Path, started_at: datetime, ended_at: datetime, code: int, errors: str
) -> BuildReport:
    """The report of a dbt run that exited with `code` and wrote `errors` to standard error.

    A run without results (a project that does not parse, a killed process) is a failure in the
    report.
    """
    report = BuildReport(
        build_id=f"{started_at:%Y%m%dT%H%M%S.%f}Z",
        invocation_id="",
        started_at=started_at,
        ended_at=ended_at,
        models=0,
        tests=0,
        unit_tests_left_out=0,
        skipped=0,
        failures=(),
        tables=(),
    )
    results_file = target_dir / "run_results.json"
    if results_file.exists():
        manifest = json.loads((target_dir / "manifest.json").read_text(encoding="utf-8"))
        run = json.loads(results_file.read_text(encoding="utf-8"))
        report = _with_results(report, run, manifest)
    if not report.invocation_id or (code and not report.failures):
        reason = " ".join(errors.split())[-_MESSAGE_LENGTH:]
        left = "results without a failure" if report.invocation_id else "no results"
        message = f"it ended with code {code} and left {left}. {reason}".strip()
        died = Failure("dbt", "process", "storehouse/dbt_process.py", message)
        report = replace(report, failures=(died,))
    return report


def _with_results(
    report: BuildReport, run: dict[str, Any], manifest: dict[str, Any]
) -> BuildReport:
    nodes = manifest["nodes"] | manifest["unit_tests"]
    results: Sequence[dict[str, Any]] = run["results"]
    kinds = [result["unique_id"].split(".")[0] for result in results]
    return replace(
        report,
        invocation_id=run["metadata"]["invocation_id"],
        models=kinds.count("model"),
        tests=kinds.count("test") + kinds.count("unit_test"),
        unit_tests_left_out=len(manifest["unit_tests"]) - kinds.count("unit_test"),
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
        keys=keys_of(manifest),
    )


def _failure(result: dict[str, Any], node: dict[str, Any]) -> Failure:
    message = " ".join((result.get("message") or "").split())
    return Failure(
        kind=result["unique_id"].split(".")[0].replace("_", " "),
        name=node.get("name", result["unique_id"]),
        path=node.get("original_file_path", "?"),
        message=message[:_MESSAGE_LENGTH] or result["status"],
        description=" ".join((node.get("description") or "").split()),
        query=result.get("compiled_code") or node.get("compiled_code") or "",
    )
