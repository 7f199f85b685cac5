"""dbt for the proofs: many runs in many homes, parsed once."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self

from storehouse.building.build import dbt_environment
from storehouse.core.config import Settings
from storehouse.core.errors import BuildError

MODELS_ONLY = ("--exclude-resource-type", "test", "unit_test")


class DbtRuns:
    """Starts the server of dbt_server.py and sends it runs; each run has its own process.

    The project is parsed once for each set of sources and `variables`, so it must not change.
    """

    def __init__(self) -> None:
        self._server = subprocess.Popen(
            [sys.executable, "-m", "storehouse.prove.dbt_server"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.communicate()  # closes its input, which ends it

    def run(
        self, settings: Settings, *arguments: str, variables: Mapping[str, Any]
    ) -> tuple[str, ...]:
        """Run `dbt ARGUMENTS` on the warehouse of `settings`; returns failures, one line each.

        Raises BuildError if the server ended.
        """
        project = str(settings.project_dir)
        request = {
            "environ": dbt_environment(settings),
            "arguments": arguments,
            "flags": [
                *("--project-dir", project, "--profiles-dir", project),
                *("--vars", json.dumps(variables)),
            ],
            "log": str(settings.logs_dir / "prove.log"),
        }
        answer = self._send(json.dumps(request))
        if not answer:
            raise BuildError(
                f"The dbt of the proof ended with code {self._server.wait()}. "
                "Run `dbt parse` to see whether the project can be read, then repeat."
            )
        failures: list[Any] = json.loads(answer)
        return tuple(map(str, failures))

    def _send(self, line: str) -> str:
        if self._server.stdin is None or self._server.stdout is None:
            raise TypeError("the server has no pipes")
        try:
            self._server.stdin.write(line + "\n")
            self._server.stdin.flush()
        except BrokenPipeError:
            return ""
        return self._server.stdout.readline()
