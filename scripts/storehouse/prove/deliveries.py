"""An export cut into deliveries: any order, wrong versions first, some files twice."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

REPEATED = 0.05


@dataclass(frozen=True)
class Arrival:
    """A file that arrives in the inbox: its path there, and the file that it is."""

    name: Path
    content: Path

    def arrive(self, inbox: Path) -> None:
        target = inbox / self.name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(self.content, target)


def cut(
    export: Path, sources: Sequence[str], *, slices: int, chance: Random
) -> list[list[Arrival]]:
    """The files of `sources` in `slices` deliveries, and an empty one among them.

    The wrong first version of a file, in `export`/earlier, comes in an earlier delivery than
    the file. Only files without one are repeated: a copy of a wrong version would land again
    under its own name and stay when the file is corrected (decision 18).
    """
    deliveries: list[list[Arrival]] = [[] for _ in range(max(slices, 2))]
    for source in sources:
        for file in sorted(path for path in (export / source).rglob("*") if path.is_file()):
            name = file.relative_to(export)
            wrong = export / "earlier" / name
            if wrong.exists():
                first, last = sorted(chance.sample(range(len(deliveries)), 2))
                deliveries[first].append(Arrival(name, wrong))
                deliveries[last].append(Arrival(name, file))
                continue
            chance.choice(deliveries).append(Arrival(name, file))
            if chance.random() < REPEATED:
                again = name.with_name(f"again-{name.name}")
                chance.choice(deliveries).append(Arrival(again, file))
    deliveries.insert(chance.randint(1, len(deliveries)), [])
    return deliveries
