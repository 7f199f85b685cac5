"""What processes take of the machine, as Linux counts it."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")
# Of /proc/PID/stat, after the name: the state is 0.
_USER, _SYSTEM = 11, 12


@dataclass(frozen=True)
class Usage:
    """Processor seconds of each process since it began, by name, at a moment."""

    moment: float
    seconds: Mapping[str, float]

    @classmethod
    def of(cls, processes: Mapping[str, int]) -> Usage:
        """`processes` are ids, by name; one that has ended is left out."""
        found = {}
        for name, pid in processes.items():
            with suppress(FileNotFoundError, ProcessLookupError):
                stat = Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()
                found[name] = (int(stat[_USER]) + int(stat[_SYSTEM])) / _TICKS
        return cls(time.monotonic(), found)

    def shares_until(self, later: Usage) -> dict[str, float]:
        """The share of one core that each has had from this moment to a later one."""
        wall = later.moment - self.moment
        return {
            name: (seconds - self.seconds[name]) / wall
            for name, seconds in later.seconds.items()
            if name in self.seconds
        }


def memory_mib(pid: int) -> float:
    """What a process keeps in memory now; of what others share with it, its part.

    Raises FileNotFoundError or ProcessLookupError if it has ended.
    """
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text("ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024
