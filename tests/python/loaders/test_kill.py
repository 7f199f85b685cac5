"""kill -9 at any moment of a load, then one more run: nothing lost, nothing doubled."""

from __future__ import annotations

import random
import signal
import subprocess
import time
from pathlib import Path

import pytest

from loaders.project import Project
from storehouse.core.lock import hold
from storehouse.core.warehouse import connect

SOURCES = ("q", "r", "s")
KILLS = 20
FILES = 8
ROWS = 500

# A load with small groups, so that a kill finds some committed and some not.
LOAD = """
import sys
from pathlib import Path
from loaders import driver
from storehouse.landing.files import groups
groups.GROUP_FILES = 4
print("begins", flush=True)
code = driver.main(Path(sys.argv[1]))
print("ended", flush=True)
sys.exit(code)
"""


def make(root: Path) -> Project:
    """Three sources, plain, tolerant and to be decoded, of FILES files each."""
    project = Project(root)
    columns = ["a", "b", "c"]
    project.declare("q", t={"columns": columns})
    project.declare("r", t={"columns": columns, "max_rejected_rows": 1})
    project.declare("s", t={"columns": columns, "encoding": "windows-1252"})
    for number, source in enumerate(SOURCES):
        for file in range(FILES):
            first = (number * FILES + file) * ROWS
            rows = "".join(f"{i},é{i % 7},x\n" for i in range(first, first + ROWS))
            bad = "1,2\n" if source == "r" else ""
            encoding = "windows-1252" if source == "s" else "utf-8"
            project.deliver(f"{source}/t/{file}.csv", f"a,b,c\n{rows}{bad}".encode(encoding))
    return project


def content(project: Project) -> list[tuple[object, ...]]:
    """Rows, sums, row numbers and load log of all that has landed."""
    selects = [
        "select count(*), count(distinct a), sum(a::bigint), sum(_row_number),"
        f" bit_xor(hash(a, b, c, _source_file, _row_number)) from raw_{source}.t"
        for source in SOURCES
    ]
    selects.append(
        "select source, source_file, sha256, row_count, rejected_row_count, status"
        " from ops.loads order by all"
    )
    selects.append(
        "select source, source_file, line_number, reason, line from ops.rejected_rows order by all"
    )
    with connect(project.settings(), read_only=True) as con:
        return [row for select in selects for row in con.execute(select).fetchall()]


def begun(project: Project) -> subprocess.Popen[str]:
    process = project.run(code=LOAD)
    assert process.stdout is not None
    assert process.stdout.readline() == "begins\n"
    return process


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[tuple[object, ...]], float]:
    """What a load without a kill gives, and how many seconds it takes."""
    project = make(tmp_path_factory.mktemp("undisturbed"))
    process = begun(project)
    start = time.monotonic()
    output, _ = process.communicate(timeout=60)
    seconds = time.monotonic() - start
    assert (process.returncode, output) == (0, "ended\n")
    return content(project), seconds


def test_a_killed_load_and_one_more_give_what_an_undisturbed_one_gives(
    tmp_path: Path, undisturbed: tuple[list[tuple[object, ...]], float]
) -> None:
    expected, seconds = undisturbed
    moments = random.Random(20)
    inside = partly = 0
    for kill in range(KILLS):
        project = make(tmp_path / str(kill))
        settings = project.settings()
        process = begun(project)
        start = time.monotonic()
        try:
            # Moments spread over the whole of a load, one in each twentieth of it.
            process.wait(timeout=seconds * (kill + moments.random()) / KILLS)
            # The machine has become faster than when the undisturbed load ran.
            seconds = min(seconds, time.monotonic() - start)
        except subprocess.TimeoutExpired:
            process.kill()
        output, _ = process.communicate(timeout=60)
        if process.returncode == -signal.SIGKILL and output == "":
            inside += 1
            if settings.warehouse.exists():
                partly += 0 < landed_files(project) < len(SOURCES) * FILES
        with hold(settings, "load"):
            project.load().raise_for_problems()
        assert content(project) == expected
        assert not (settings.home / "spool").exists()
    assert inside >= KILLS // 2
    assert partly >= 3


def landed_files(project: Project) -> int:
    """How many files the load log has; 0 where the kill came before the load log."""
    found = project.query("select 1 from duckdb_tables() where table_name = 'loads'")
    if not found:
        return 0
    ((count,),) = project.query("select count(*) from ops.loads")
    return int(count)
