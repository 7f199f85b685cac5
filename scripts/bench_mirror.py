"""Measures `storehouse mirror`: the first copy, all rows again, and one more day.

A sample shop is published without its newest day and mirrored to a PostgreSQL of its own, which
waits for no disk; then that day is added. Each mirror is a process of its own and clocks itself:
rows (finding those that changed, deleting, copying), then keys, comments and rights, then the
vacuum that follows the commit.

    python scripts/bench_mirror.py [--orders N]
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from servers.postgresql import running

_ORDERS = 200_000
_DATE = len("2025-12-31")


def _storehouse(environ: dict[str, str], *arguments: str) -> dict[str, Any]:
    command = [str(Path(sys.executable).with_name("storehouse")), *arguments, "--json"]
    said = subprocess.run(
        command, env=os.environ | environ, stdout=subprocess.PIPE, check=False, text=True
    )
    if said.returncode:
        raise SystemExit(f"{command} ended with {said.returncode}: {said.stdout}")
    document: dict[str, Any] = json.loads(said.stdout)
    return document


def _row(what: str, done: dict[str, Any]) -> str:
    seconds = done["copy_seconds"]
    figures = (
        *(f"{done['deleted']:,}", f"{done['copied']:,}"),
        *(f"{seconds:.1f}", f"{done['rows'] / seconds:,.0f}"),
        *(f"{done['key_seconds']:.1f}", f"{done['vacuum_seconds']:.1f}"),
    )
    return f"| {' | '.join((what, *figures))} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--orders", type=int, default=_ORDERS)
    orders = parser.parse_args().orders
    with tempfile.TemporaryDirectory(prefix="storehouse-bench-") as name:
        folder = Path(name)
        folder.chmod(0o755)  # the server may run as another user
        environ = {"STOREHOUSE_HOME": str(folder / "home")}
        _storehouse(environ, "sample", "--orders", str(orders))
        files = sorted((folder / "home" / "inbox" / "shop").glob("*/*"))
        newest = max(file.name[:_DATE] for file in files)
        later = [file for file in files if file.name.startswith(newest)]
        for file in later:
            file.rename(folder / "_".join(file.parts[-2:]))
        _storehouse(environ, "run")
        with running(folder / "server") as url:
            environ["STOREHOUSE_MIRROR_URL"] = url
            first, again = _storehouse(environ, "mirror"), _storehouse(environ, "mirror", "--full")
            for file in later:
                (folder / "_".join(file.parts[-2:])).rename(file)
            _storehouse(environ, "run")
            day = _storehouse(environ, "mirror")
    print(f"{orders:,} orders, {first['rows']:,} rows in {first['tables']} tables\n")
    print("| mirror | deleted | copied | rows, s | rows of the build/s | keys, s | vacuum, s |")
    print("|---|--:|--:|--:|--:|--:|--:|")
    for what, done in (("first", first), ("all again", again), ("one more day", day)):
        print(_row(what, done))


if __name__ == "__main__":
    main()
