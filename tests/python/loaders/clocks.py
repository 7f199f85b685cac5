"""A load in a process of its own whose clock is wrong, or is turned while it runs."""

from __future__ import annotations

import signal
import subprocess
from dataclasses import dataclass

from loaders.project import Project

YEAR = 365 * 24 * 60 * 60

# How far beside the truth a clock begins, and by how much it is turned in the middle: seconds.
JUMPS = [(YEAR, 0), (-YEAR, 0), (0, YEAR), (0, -YEAR)]

_TURNED = """
import signal, sys, time
from pathlib import Path
import time_machine
from loaders import driver
begin, turn = map(float, sys.argv[2:])
with time_machine.travel(time.time() + begin) as clock:
    signal.signal(signal.SIGUSR1, lambda *_: clock.shift(turn))
    sys.exit(driver.main(Path(sys.argv[1])))
"""


@dataclass(frozen=True)
class TurnedLoad:
    process: subprocess.Popen[str]

    @classmethod
    def begin(cls, project: Project, begin: float, turn: float) -> TurnedLoad:
        return cls(project.run(str(begin), str(turn), code=_TURNED))

    def turn(self) -> None:
        self.process.send_signal(signal.SIGUSR1)

    def end(self) -> None:
        """Wait for its good end."""
        output, _ = self.process.communicate(timeout=60)
        assert self.process.returncode == 0, output


def years_between(project: Project) -> set[int]:
    """By how many years the ends of what was stored lie beside the truth, by the load log."""
    rows = project.query(
        "select distinct round(date_diff('hour', now() at time zone 'UTC', ended_at) / 8760)"
        " from ops.loads"
    )
    return {int(years) for (years,) in rows}
