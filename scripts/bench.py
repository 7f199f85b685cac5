"""Measures storehouse beside the least that DuckDB needs for the same work, in one run.

Each step is a process of its own in a home of its own; its wall time is that of the whole
process and its peak memory what the kernel says of it and its children. A shop is loaded
and built without its newest day, then that day is added. Every step stands beside the
compiled SQL of the full build, run straight through DuckDB. Ratios, not seconds, are what
to compare between machines. Files go where TMPDIR says.

    python scripts/bench.py [--orders N ...] [--repeat N] [--no-real-data] [--json]
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from bench_floor import BARE_BUILD, BARE_LOAD, LANDING, statements
from bench_source import PROJECT, Cost, median
from sample_shop.troubles import Trouble

REAL_DATA = PROJECT.parent / "shared" / "data"
BIN = Path(sys.executable).parent
DATE = len("2025-12-31")

# A sample has about two and a half lines an order: 12 thousand, 1 million, 10 million lines.
_ORDERS = [5_000, 400_000, 4_000_000]
_ORDERS_WORTH_REPEATING = 50_000
_ORDERS_WITH_FILES = 5_000_000
_OF_LATER_DAYS = (Trouble.LATE_FILES, Trouble.HARD_DELETES)


@dataclass(frozen=True)
class Shop:
    """What one shop took: medians of seconds, highest peaks."""

    title: str
    lines: int
    runs: int
    load: Cost
    build: Cost
    floor: Cost
    day_load: Cost
    day_build: Cost


@contextmanager
def _folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="storehouse-bench-") as name:
        yield Path(name)


def _run(command: list[str], environ: dict[str, str] | None = None) -> tuple[Cost, str]:
    """Run a command; its cost and what it said on standard output."""
    with tempfile.TemporaryFile("w+") as said, tempfile.TemporaryFile("w+") as errors:
        begun = time.perf_counter()
        process = subprocess.Popen(
            command, cwd=PROJECT, env=os.environ | (environ or {}), stdout=said, stderr=errors
        )
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - begun
        process.returncode = os.waitstatus_to_exitcode(status)
        said.seek(0)
        errors.seek(0)
        if process.returncode:
            text = (said.read() + errors.read())[-2000:]
            raise SystemExit(f"{command} ended with {process.returncode}:\n{text}")
        return Cost(seconds, usage.ru_maxrss / 1024), said.read()


def _say(message: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {message}", file=sys.stderr, flush=True)


def _measure_shop(
    title: str, source: str, inbox: Path, lines: int, runs: int, *, is_huge: bool = False
) -> Shop:
    """Medians of some runs. A huge shop runs once and is used up by it."""
    costs = []
    for number in range(runs):
        with _folder() as folder:
            if is_huge:
                inbox.rename(folder / "inbox")
            else:
                shutil.copytree(inbox / source, folder / "inbox" / source)
            name = f"{title}, run {number + 1} of {runs}"
            costs.append(_one_run(name, source, folder, is_huge=is_huge))
    return Shop(title, lines, runs, *(median(list(steps)) for steps in zip(*costs, strict=True)))


def _one_run(title: str, source: str, folder: Path, *, is_huge: bool) -> list[Cost]:
    """Costs of load, full build, the build's floor, load and build of one more day.

    A huge shop would fill the disk: its files are removed once landed. A load looks at all
    files that are there, so its load of a day is cheaper than that of other shops.
    """
    home, copy = folder / "home", folder / "inbox"
    newest = _newest_day(copy / source)
    for file in newest:
        file.rename(folder / "_".join(file.relative_to(copy).parts))
    environ = {
        "STOREHOUSE_HOME": str(home),
        "STOREHOUSE_SOURCES": source,
        "STOREHOUSE_INBOX": str(copy),
    }

    def step(command: str) -> Cost:
        _say(f"{title}: {command}")
        cost, _ = _run([str(BIN / "storehouse"), command], environ)
        _say(f"{title}: {command} took {cost.seconds:,.1f} s, {cost.mib:,.0f} MiB")
        return cost

    load = step("load")
    if is_huge:
        shutil.rmtree(copy)
    bare = folder / "bare" / "warehouse.duckdb"  # the SQL names the database
    _copy_with_seeds(home, bare, environ)
    build = step("build")
    script = folder / "statements.json"
    script.write_text(json.dumps(list(statements(home / "target"))))
    for file in newest:
        file.parent.mkdir(parents=True, exist_ok=True)
        (folder / "_".join(file.relative_to(copy).parts)).rename(file)
    day_load, day_build = step("load"), step("build")
    shutil.rmtree(home)
    _say(f"{title}: the build's SQL straight through DuckDB")
    floor, _ = _run([sys.executable, "-c", BARE_BUILD, str(bare), str(script)])
    return [load, build, floor, day_load, day_build]


def _newest_day(inbox: Path) -> list[Path]:
    """The files whose names begin with the last date that any file's name begins with."""
    files = [file for file in inbox.rglob("*") if file.is_file()]
    last = max(file.name[:DATE] for file in files)
    return [file for file in files if file.name[:DATE] == last]


def _copy_with_seeds(home: Path, bare: Path, environ: dict[str, str]) -> None:
    """Copy the loaded warehouse as dbt's run start leaves it, with seeds and nothing built."""
    paths = {"DBT_TARGET_PATH": str(home / "target"), "DBT_LOG_PATH": str(home / "logs")}
    _run([str(BIN / "dbt"), "seed"], environ | paths)
    bare.parent.mkdir()
    shutil.copy(home / "warehouse.duckdb", bare)


def _measure_landing(runs: int) -> tuple[Cost, Cost]:
    """Landing the real files, in turn with a bare insert of the same; each clocks itself."""
    pattern = str(REAL_DATA / "online_retail" / "*.csv.gz")
    bare, landing = [], []
    for _ in range(2 * runs + 1):
        with _folder() as folder:
            environ = {
                "STOREHOUSE_HOME": str(folder / "home"),
                "STOREHOUSE_SOURCES": "online_retail",
                "STOREHOUSE_INBOX": str(REAL_DATA),
            }
            bare.append(_clocking_itself(BARE_LOAD, str(folder / "bare"), pattern))
            landing.append(_clocking_itself(LANDING, environ=environ))
    return median(bare), median(landing)


def _clocking_itself(code: str, *arguments: str, environ: dict[str, str] | None = None) -> Cost:
    """It says its seconds last: DuckDB shows a progress bar on a slow machine."""
    cost, said = _run([sys.executable, "-c", code, *arguments], environ)
    return Cost(float(said.split()[-1]), cost.mib)


def _sample(orders: int, folder: Path) -> tuple[Path, int]:
    """Write a sample shop; its inbox and its order lines.

    Nothing that only a later day puts right: without its newest day the shop would lack
    lines of orders that it has, or hold refunds twice, and a tested build refuses that.
    """
    out = folder / f"sample-{orders}"
    troubles = ",".join(trouble.value for trouble in Trouble if trouble not in _OF_LATER_DAYS)
    command = [str(BIN / "storehouse"), "sample", "--out", str(out), "--orders", str(orders)]
    _, said = _run([*command, "--troubles", troubles, "--json"])
    return out, int(json.loads(said)["order_lines"])


def _shops(orders: list[int], repeat: int, real_data: bool) -> Iterator[Shop]:
    if real_data:
        yield _measure_shop("real data", "online_retail", REAL_DATA, 541_909, repeat)
    for count in orders:
        with _folder() as folder:
            _say(f"a sample of {count:,} orders")
            inbox, lines = _sample(count, folder)
            runs = repeat if count <= _ORDERS_WORTH_REPEATING else 1
            is_huge = count > _ORDERS_WITH_FILES
            title = f"sample, {count:,} orders"
            title += " (older files removed before the day)" if is_huge else ""
            yield _measure_shop(title, "shop", inbox, lines, runs, is_huge=is_huge)


def _machine() -> str:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    versions = ", ".join(f"{name} {version(name)}" for name in ("duckdb", "dbt-core"))
    return (
        f"{time.strftime('%Y-%m-%d')}; {len(os.sched_getaffinity(0))} cores, {memory:.0f} GiB; "
        f"Python {platform.python_version()}, {versions}"
    )


def _tables(shops: list[Shop]) -> str:
    """Seconds with peak MiB, then ratios, as Markdown."""
    steps = ("load", "build", "floor", "day_load", "day_build")
    text = "\n| shop | lines | runs | load | tested build | its SQL in bare DuckDB "
    text += "| one more day: load | one more day: tested build |\n|---|--:|--:|" + "--:|" * 5
    for shop in shops:
        costs = [getattr(shop, step) for step in steps]
        cells = " | ".join(f"{cost.seconds:,.1f} s, {cost.mib:,.0f} MiB" for cost in costs)
        text += f"\n| {shop.title} | {shop.lines:,} | {shop.runs} | {cells} |"
    text += "\n\n| shop, in times its SQL in bare DuckDB | load | tested build | one more day "
    text += "| memory of the build | one more day's build in times the tested build |"
    text += "\n|---|" + "--:|" * 5
    for shop in shops:
        day = shop.day_load.seconds + shop.day_build.seconds
        seconds = (shop.load.seconds, shop.build.seconds, day)
        ratios = [*(one / shop.floor.seconds for one in seconds), shop.build.mib / shop.floor.mib]
        ratios.append(shop.day_build.seconds / shop.build.seconds)
        text += f"\n| {shop.title} | " + " | ".join(f"{ratio:.2f}" for ratio in ratios) + " |"
    return text


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--orders", type=int, nargs="*", default=_ORDERS, help="sample sizes")
    parser.add_argument("--repeat", type=int, default=3, help="runs of small shops; medians count")
    parser.add_argument("--no-real-data", action="store_true", help="sample shops only")
    parser.add_argument("--json", action="store_true", help="write one JSON document")
    arguments = parser.parse_args()
    real_data = not arguments.no_real_data and (REAL_DATA / "online_retail").is_dir()
    if not real_data:
        _say("real data is left out: not requested, or not at ../shared/data/online_retail")
    landing = _measure_landing(arguments.repeat) if real_data else None
    shops = list(_shops(arguments.orders, arguments.repeat, real_data))
    if arguments.json:
        document: dict[str, Any] = {"machine": _machine(), "shops": list(map(asdict, shops))}
        if landing:
            document["bare_load"], document["landing"] = map(asdict, landing)
        print(json.dumps(document, indent=2))
        return
    print(_machine(), _tables(shops), sep="\n")
    if landing:
        bare, ours = landing
        times = ours.seconds / bare.seconds
        print(f"\nreal data: landing {ours.seconds:.2f} s, bare {bare.seconds:.2f} s: {times:.2f}")


if __name__ == "__main__":
    main()
