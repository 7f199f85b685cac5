"""An export cut into deliveries: any order, wrong versions first, some files twice.

A row that only a wrong version held may come once more, in another file, and go again.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

REPEATED = 0.1
CAME_BACK = 0.5
START_EMPTY = 0.5
# Sources of which a row may stand in any file: its key and updated_at tell what it is.
ROWS_ARE_VERSIONS = ("shop",)


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
    the file. A file that is repeated has both versions under its other name too, in deliveries
    of their own.
    """
    deliveries: list[list[Arrival]] = [[] for _ in range(max(slices, 2))]
    for source in sources:
        for file in sorted(path for path in (export / source).rglob("*") if path.is_file()):
            name = file.relative_to(export)
            wrong = export / "earlier" / name
            versions = [wrong, file] if wrong.exists() else [file]
            last = _spread(name, versions, deliveries, chance)
            if chance.random() < REPEATED:
                _spread(name.with_name(f"again-{name.name}"), versions, deliveries, chance)
            if source in ROWS_ARE_VERSIONS and wrong.exists() and chance.random() < CAME_BACK:
                _come_back(export, name, deliveries[last + 1 :], chance)
    begins_empty = chance.random() < START_EMPTY
    deliveries.insert(0 if begins_empty else chance.randint(1, len(deliveries)), [])
    return deliveries


def _spread(
    name: Path, versions: Sequence[Path], deliveries: Sequence[list[Arrival]], chance: Random
) -> int:
    """Put versions of a file into deliveries, one after the other; the number of the last."""
    numbers = sorted(chance.sample(range(len(deliveries)), len(versions)))
    for number, content in zip(numbers, versions, strict=True):
        deliveries[number].append(Arrival(name, content))
    return numbers[-1]


def _come_back(
    export: Path, name: Path, deliveries: Sequence[list[Arrival]], chance: Random
) -> None:
    """Deliver what only the wrong version spoke of under another name; later it goes again.

    In the end that name holds the same as the file itself.
    """
    header, *rows = (export / "earlier" / name).read_bytes().splitlines(keepends=True)
    right = (export / name).read_bytes().splitlines(keepends=True)[1:]
    gone = [row for row in rows if _key(row) not in set(map(_key, right))]
    if gone and len(deliveries) > 1:
        back = export / "back" / name
        back.parent.mkdir(parents=True, exist_ok=True)
        back.write_bytes(header + b"".join(gone))
        other = name.with_name(f"back-{name.name}")
        _spread(other, [back, export / name], deliveries, chance)


def _key(row: bytes) -> bytes:
    return row.partition(b",")[0]
