"""An export cut into deliveries: any order, wrong versions first, some files twice.

A row that only a wrong version held may come once more, in another file, and go again.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

REPEATED = 0.05
CAME_BACK = 0.5
START_EMPTY = 0.5


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
    """The files of `sources` in `slices` deliveries, an empty one among them or before them.

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
                if name.suffix == ".csv" and chance.random() < CAME_BACK:
                    _come_back(export, name, deliveries[last + 1 :], chance)
                continue
            chance.choice(deliveries).append(Arrival(name, file))
            if chance.random() < REPEATED:
                again = name.with_name(f"again-{name.name}")
                chance.choice(deliveries).append(Arrival(again, file))
    begins_empty = chance.random() < START_EMPTY
    deliveries.insert(0 if begins_empty else chance.randint(1, len(deliveries)), [])
    return deliveries


def _come_back(
    export: Path, name: Path, deliveries: Sequence[list[Arrival]], chance: Random
) -> None:
    """Deliver what only the wrong version spoke of under another name; later it goes again.

    A row that stays keeps the file from becoming a copy of another one (decision 18).
    """
    header, *rows = (export / "earlier" / name).read_bytes().splitlines(keepends=True)
    right = (export / name).read_bytes().splitlines(keepends=True)[1:]
    gone = [row for row in rows if _key(row) not in set(map(_key, right))]
    if gone and len(deliveries) > 1:
        stays = chance.choice(right)
        numbers = sorted(chance.sample(range(len(deliveries)), 2))
        for number, content in zip(numbers, ([stays, *gone], [stays]), strict=True):
            file = export / "back" / str(number) / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(header + b"".join(content))
            deliveries[number].append(Arrival(name.with_name(f"back-{name.name}"), file))


def _key(row: bytes) -> bytes:
    return row.partition(b",")[0]
