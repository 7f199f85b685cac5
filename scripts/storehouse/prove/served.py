"""Commands, started as a user starts them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from itertools import takewhile
from pathlib import Path
from typing import Any

import httpx

from storehouse.core.errors import ProofError

_TRIES = 8  # over a minute


def begun(
    *arguments: str,
    environ: Mapping[str, str] | None = None,
    log: Path | None = None,
    cwd: Path | None = None,
    own_group: bool = False,
) -> subprocess.Popen[str]:
    """`storehouse ARGUMENTS --json`; `environ` is added to that of this process.

    What the command reports is kept in `log`, or goes to standard error. With `own_group`, it and
    what it starts can be killed together.
    """
    with log.open("a", encoding="utf-8") if log else nullcontext() as reported:
        return subprocess.Popen(
            [str(Path(sys.executable).with_name("storehouse")), *arguments, "--json"],
            env={**os.environ, **(environ or {})},
            stdout=subprocess.PIPE,
            stderr=reported,
            text=True,
            cwd=cwd,
            start_new_session=own_group,
        )


@contextmanager
def started(
    command: str,
    environ: Mapping[str, str] | None = None,
    *,
    log: Path | None = None,
    arguments: Sequence[str] = (),
) -> Iterator[tuple[subprocess.Popen[str], dict[str, Any]]]:
    """`storehouse COMMAND`, once it has said that it goes on, and what it said; ended at last.

    `environ` and `log` are as of `begun`. Raises ProofError if it does not start.
    """
    process = begun(command, *arguments, environ=environ, log=log)
    try:
        said = "".join(takewhile(lambda line: line != "}\n", process.stdout or ()))
        if not said:
            why = log.read_text("utf-8").strip() if log else "see above"
            raise ProofError(f"`storehouse {command}` did not start: {why}")
        yield process, json.loads(said + "}")
    finally:
        process.terminate()
        process.communicate()


@contextmanager
def serving(
    command: str, environ: Mapping[str, str] | None = None, *, log: Path | None = None
) -> Iterator[str]:
    """The address of a command that is `started`, once it answers, as long as the block."""
    with started(command, environ, log=log) as (_, said):
        address = str(said["address"])
        # Streamlit's address is known before it listens.
        with httpx.Client(transport=httpx.HTTPTransport(retries=_TRIES)) as client:
            client.get(address)
        yield address
