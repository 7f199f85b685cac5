"""Runs all fuzzers, each over as many inputs as `make prove` tries: python tests/python/fuzz"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from fuzz.shares import INPUTS

FOLDER = Path(__file__).parent


def main() -> int:
    """1 where any fuzzer found a fault; the others run all the same."""
    failed = []
    for fuzzer, (_, runs) in INPUTS.items():
        print(f"{fuzzer}: {runs:,} inputs", flush=True)  # noqa: T201  a command
        command = [sys.executable, str(FOLDER / f"{fuzzer}.py"), f"-runs={runs}", *sys.argv[1:]]
        ran = subprocess.run(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
        )
        if ran.returncode:
            failed.append(fuzzer)
            print(ran.stdout[-4000:], flush=True)  # noqa: T201
    if failed:
        print(f"Faults were found by: {', '.join(failed)}")  # noqa: T201
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(main())
