"""What the benches share: costs; for live sources a project with one table, and a clock."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

PROJECT = Path(__file__).resolve().parents[1]

# Says how many rows it landed, and its seconds without the start of Python. The argument is
# the kind of the source, so that its libraries are imported before the clock begins.
LANDING = """
import importlib, sys, time
from datetime import UTC, datetime
from storehouse.core.config import load_settings
from storehouse.landing.load import load
from storehouse.core.progress import Silent
importlib.import_module(f"storehouse.sources.{sys.argv[1]}")
settings = load_settings()
begun = time.perf_counter()
report = load(settings, progress=Silent(), now=lambda: datetime.now(UTC))
seconds = time.perf_counter() - begun
report.raise_for_problems()
print(report.tables[0].rows, seconds)
"""


@dataclass(frozen=True)
class Cost:
    """Seconds of a process, and the peak memory of it and its children."""

    seconds: float
    mib: float


def median(costs: Sequence[Cost]) -> Cost:
    """Median seconds, and the highest peak."""
    return Cost(statistics.median(cost.seconds for cost in costs), max(cost.mib for cost in costs))


def declare(
    project: Path,
    connection: Mapping[str, Any],
    landing: Mapping[str, Any],
    columns: Sequence[str],
) -> None:
    """A project whose only source, `bench`, has the table `orders`."""
    table = {
        "name": "orders",
        "config": {"meta": {"landing": dict(landing)}},
        "columns": [{"name": name} for name in columns],
    }
    source = {
        "name": "bench",
        "config": {"meta": {"landing": dict(connection)}},
        "tables": [table],
    }
    ours = yaml.safe_load((PROJECT / "dbt_project.yml").read_text(encoding="utf-8"))
    variables = {"shops": {"bench": {}}, "technical_columns": ours["vars"]["technical_columns"]}
    folder = project / "models" / "staging" / "bench"
    folder.mkdir(parents=True)
    for path, content in (
        (folder / "_bench__sources.yml", {"sources": [source]}),
        (project / "dbt_project.yml", {"name": "bench", "vars": variables}),
    ):
        path.write_text(yaml.safe_dump(content), encoding="utf-8")


def clocked(
    program: str, arguments: Sequence[str], rows: int, environ: Mapping[str, str], folder: Path
) -> Cost:
    """Run a program in `folder`; it must say `rows` and its seconds."""
    process = subprocess.Popen(
        [sys.executable, "-c", program, *arguments],
        cwd=folder,
        env={
            **os.environ,
            **environ,
            "STOREHOUSE_SOURCES": "bench",
            "STOREHOUSE_HOME": str(folder),
            "PYTHONPATH": os.pathsep.join(sys.path),
        },
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        assert process.stdout is not None  # noqa: S101  for mypy
        said = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    # Before the last line there may be DuckDB's progress bar.
    count, _, seconds = (said.splitlines() or [""])[-1].partition(" ")
    if process.returncode or count != str(rows):
        raise SystemExit(f"a measurement ended with {process.returncode} and said {said!r}")
    return Cost(float(seconds), usage.ru_maxrss / 1024)
