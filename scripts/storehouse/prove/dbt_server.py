"""dbt, parsed once, with a process for each run. The protocol is JSON lines; see dbt_runs.py.

dbt takes seconds to start and to parse, and keeps the warehouse open as long as its process
lives. This process parses and never opens a warehouse; each run is a fork of it.
"""

from __future__ import annotations

import gc
import json
import multiprocessing
import os
import sys
from collections.abc import Mapping, Sequence
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from dbt.cli.main import dbtRunner

_FAILED = {"error", "fail", "runtime error"}
_FLAGS = ["--quiet", "--no-write-json", "--log-level-file", "none", "--no-version-check"]
_FORK = multiprocessing.get_context("fork")


def main() -> None:
    """Answer each request until standard input ends."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    manifests: dict[tuple[str, ...], Any] = {}
    for line in sys.stdin:
        request = json.loads(line)
        environ, flags = request["environ"], [*request["flags"], *_FLAGS]
        parsed_as = (environ["STOREHOUSE_SOURCES"], *flags)
        try:
            if parsed_as not in manifests:
                manifests[parsed_as] = _parse(environ, flags)
            arguments = [*request["arguments"], *flags]
            failures = _run(manifests[parsed_as], environ, arguments, Path(request["log"]))
        except RuntimeError as error:
            failures = [str(error)]
        answers.write(json.dumps(failures) + "\n")
        answers.flush()


def _parse(environ: Mapping[str, str], flags: Sequence[str]) -> Any:
    os.environ.update(environ)
    parsed = dbtRunner().invoke(["parse", *flags])
    if not parsed.success:
        raise RuntimeError(f"dbt can't parse the project: {parsed.exception}")
    return parsed.result


def _run(manifest: Any, environ: Mapping[str, str], arguments: Sequence[str], log: Path) -> Any:
    receiver, sender = _FORK.Pipe(duplex=False)
    run = _FORK.Process(target=_invoke, args=(manifest, environ, arguments, log, sender))
    run.start()
    sender.close()
    try:
        failures = receiver.recv()
    except EOFError:
        failures = [f"dbt {arguments[0]} died; see {log}"]
    run.join()
    return failures


def _invoke(
    manifest: Any,
    environ: Mapping[str, str],
    arguments: Sequence[str],
    log: Path,
    sender: Connection,
) -> None:
    os.environ.update(environ)
    log.parent.mkdir(parents=True, exist_ok=True)
    output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    os.dup2(output, 1)
    os.dup2(output, 2)
    gc.disable()
    ran = dbtRunner(manifest=manifest).invoke(list(arguments))
    failures = [
        f"{result.node.name}: {' '.join(str(result.message).split())[:500]}"
        for result in getattr(ran.result, "results", ())
        if result.status in _FAILED
    ]
    if not ran.success and not failures:
        failures = [f"dbt {arguments[0]}: {ran.exception}"]
    elif not getattr(ran.result, "results", ()):
        failures = [f"dbt {' '.join(arguments)}: selects nothing"]
    sender.send(failures)


if __name__ == "__main__":
    main()
