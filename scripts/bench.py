"""Measures storehouse beside the least that DuckDB needs for the same work, in one run.

Each step is a process of its own, in a home of its own; its wall time is that of the whole
process and its peak memory what the kernel says of it and its children. Ratios, not
seconds, are what to compare between machines.

    python scripts/bench.py [--repeat N] [--orders N ...] [--json]
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parents[1]
REAL_DATA = PROJECT.parent / "shared" / "data"
BIN = Path(sys.executable).parent

# Landing and the bare insert say themselves how long the work took, without the start of
# Python; the other steps are what a user waits for.
_LANDING = """
import sys, time
from datetime import UTC, datetime
from storehouse.config import load_settings
from storehouse.landing import load
from storehouse.progress import Silent
settings = load_settings()
begun = time.perf_counter()
load(settings, progress=Silent(), now=lambda: datetime.now(UTC)).raise_for_problems()
print(time.perf_counter() - begun)
"""

_BARE_LOAD = """
import glob, sys, time
import duckdb
begun = time.perf_counter()
con = duckdb.connect(sys.argv[1])
names = ["InvoiceNo", "StockCode", "Description", "Quantity", "InvoiceDate", "UnitPrice",
         "CustomerID", "Country"]
con.execute("create table bare (" + ", ".join(name + " varchar" for name in names) + ")")
con.execute(
    "insert into bare select * from read_csv(?, auto_detect=false, header=true, delim=',', "
    "quote='\\"', escape='\\"', columns=?)",
    [sorted(glob.glob(sys.argv[2])), dict.fromkeys(names, "varchar")],
)
con.close()
print(time.perf_counter() - begun)
"""

_BARE_BUILD = """
import json, sys
from pathlib import Path
import duckdb
con = duckdb.connect(sys.argv[1])
con.execute("set TimeZone = 'UTC'")
for statement in json.loads(Path(sys.argv[2]).read_text()):
    con.execute(statement).fetchall()
"""


@dataclass(frozen=True)
class Step:
    """Median wall seconds and highest peak memory of the processes of one step."""

    name: str
    seconds: float
    mib: float


@contextmanager
def _folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="storehouse-bench-") as name:
        yield Path(name)


def _measure(
    name: str, command: list[str], environ: dict[str, str], *, clocked: bool = False
) -> Step:
    """Run a command; a `clocked` one writes its own seconds."""
    with tempfile.TemporaryFile("w+") as said:
        begun = time.perf_counter()
        process = subprocess.Popen(
            command,
            cwd=PROJECT,
            env=os.environ | environ,
            stdout=said,
            stderr=said,
        )
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - begun
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            said.seek(0)
            raise SystemExit(f"{name!r} ended with {process.returncode}:\n{said.read()[-2000:]}")
        if clocked:
            said.seek(0)
            seconds = float(said.read())
    return Step(name, seconds, usage.ru_maxrss / 1024)


def _median(steps: list[Step]) -> Step:
    return Step(
        steps[0].name,
        statistics.median(step.seconds for step in steps),
        max(step.mib for step in steps),
    )


def _environment(home: Path, sources: str, inbox: Path) -> dict[str, str]:
    return {
        "STOREHOUSE_HOME": str(home),
        "STOREHOUSE_SOURCES": sources,
        "STOREHOUSE_INBOX": str(inbox),
    }


def _storehouse(name: str, command: str, environ: dict[str, str]) -> Step:
    return _measure(name, [str(BIN / "storehouse"), command], environ)


def _statements(home: Path) -> list[str]:
    """What the last build of `home` executed, as plain SQL in the same order."""
    target = home / "target"
    nodes = json.loads((target / "manifest.json").read_text())["nodes"]
    results = json.loads((target / "run_results.json").read_text())["results"]
    statements = []
    for result in results:
        node = nodes.get(result["unique_id"])
        if node is None or node["resource_type"] not in ("model", "test"):
            continue
        sql = node["compiled_code"]
        if node["resource_type"] == "test":
            statements.append(f"select count(*) from ({sql})")
            continue
        kind = "view" if node["config"]["materialized"] == "view" else "table"
        name = f"{node['schema']}.{node['alias']}"
        statements.append(f"create schema if not exists {node['schema']}")
        statements.append(f"create or replace {kind} {name} as {sql}")
    return statements


def _seeds_only(home: Path, environ: dict[str, str]) -> None:
    paths = {"DBT_TARGET_PATH": str(home / "target"), "DBT_LOG_PATH": str(home / "logs")}
    _measure("seed", [str(BIN / "dbt"), "seed"], environ | paths)


def _shop(title: str, sources: str, inbox: Path, repeat: int) -> list[Step]:
    """Load, build, the build's SQL straight through DuckDB, and one more day."""
    loads, builds, bare = [], [], []
    for _ in range(repeat):
        with _folder() as folder:
            home = folder / "home"
            environ = _environment(home, sources, inbox)
            loads.append(_storehouse(f"{title}: load", "load", environ))
            _seeds_only(home, environ)
            copy = folder / "bare" / "warehouse.duckdb"  # dbt's SQL names the database
            copy.parent.mkdir()
            shutil.copy(home / "warehouse.duckdb", copy)
            builds.append(_storehouse(f"{title}: build, tested", "build", environ))
            script = folder / "statements.json"
            script.write_text(json.dumps(_statements(home)))
            command = [sys.executable, "-c", _BARE_BUILD, str(copy), str(script)]
            bare.append(_measure(f"{title}: the build's SQL in bare DuckDB", command, {}))
    return [*map(_median, (loads, builds, bare)), *_one_more_day(title, sources, inbox)]


def _one_more_day(title: str, sources: str, inbox: Path) -> list[Step]:
    with _folder() as folder:
        copy = folder / "inbox"
        shutil.copytree(inbox / sources, copy / sources)
        last = max(file.name for file in copy.rglob("*.csv*"))
        held = [(file, file.read_bytes()) for file in copy.rglob(last)]
        for file, _ in held:
            file.unlink()
        environ = _environment(folder / "home", sources, copy)
        _storehouse("all days but the last", "load", environ)
        _storehouse("all days but the last", "build", environ)
        for file, content in held:
            file.write_bytes(content)
        return [
            _storehouse(f"{title}: load of one more day", "load", environ),
            _storehouse(f"{title}: build of one more day, tested", "build", environ),
        ]


def _landing(repeat: int) -> list[Step]:
    """Landing the real files, in turn with a bare insert of the same files."""
    pattern = str(REAL_DATA / "online_retail" / "*.csv.gz")
    bare, landing = [], []
    for _ in range(2 * repeat + 1):
        with _folder() as folder:
            command = [sys.executable, "-c", _BARE_LOAD, str(folder / "bare.duckdb"), pattern]
            bare.append(_measure("real data: bare read_csv insert", command, {}, clocked=True))
            environ = _environment(folder / "home", "online_retail", REAL_DATA)
            command = [sys.executable, "-c", _LANDING]
            landing.append(_measure("real data: landing", command, environ, clocked=True))
    return [_median(bare), _median(landing)]


def _ratios(title: str, steps: dict[str, Step]) -> dict[str, float]:
    def of(name: str) -> float:
        return steps[f"{title}: {name}"].seconds

    day = of("load of one more day") + of("build of one more day, tested")
    ratios = {
        f"{title}: tested build / its SQL in bare DuckDB": of("build, tested")
        / of("the build's SQL in bare DuckDB"),
        f"{title}: one more day / full load and build": day / (of("load") + of("build, tested")),
    }
    if "real data: bare read_csv insert" in steps and title == "real data":
        ratios["real data: landing / bare read_csv insert"] = of("landing") / of(
            "bare read_csv insert"
        )
    return ratios


def _sample(orders: int, folder: Path) -> Path:
    out = folder / f"sample-{orders}"
    command = [str(BIN / "storehouse"), "sample", "--out", str(out), "--orders", str(orders)]
    _measure("sample", command, {})
    return out


def run(repeat: int, orders: list[int], say: Callable[[str], None]) -> dict[str, Any]:
    """All measurements; `say` hears where they are."""
    steps: list[Step] = []
    titles = []
    if (REAL_DATA / "online_retail").is_dir():
        say("real data …")
        titles.append("real data")
        steps += _landing(repeat)
        steps += _shop("real data", "online_retail", REAL_DATA, repeat)
    else:
        say("real data: skipped, the daily files are not at ../shared/data/online_retail")
    with _folder() as folder:
        for count in orders:
            title = f"sample of {count:,} orders"
            say(f"{title} …")
            titles.append(title)
            steps += _shop(title, "shop", _sample(count, folder), repeat)
    by_name = {step.name: step for step in steps}
    ratios = {name: ratio for title in titles for name, ratio in _ratios(title, by_name).items()}
    return {"steps": [asdict(step) for step in steps], "ratios": ratios}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument(
        "--repeat", type=int, default=3, help="runs of each step; the median counts"
    )
    parser.add_argument("--orders", type=int, nargs="*", default=[5_000, 50_000])
    parser.add_argument("--json", action="store_true", help="write one JSON document")
    arguments = parser.parse_args()
    found = run(arguments.repeat, arguments.orders, lambda line: print(line, file=sys.stderr))
    if arguments.json:
        print(json.dumps(found, indent=2))
        return
    print(f"\n| {'step':<60} | seconds | peak MiB |\n|{'-' * 62}|--------:|---------:|")
    for step in found["steps"]:
        print(f"| {step['name']:<60} | {step['seconds']:>7.2f} | {step['mib']:>8.0f} |")
    print(f"\n| {'ratio':<60} | times |\n|{'-' * 62}|------:|")
    for name, ratio in found["ratios"].items():
        print(f"| {name:<60} | {ratio:>5.2f} |")


if __name__ == "__main__":
    main()
