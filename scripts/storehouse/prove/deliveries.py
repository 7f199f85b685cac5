"""An export split into deliveries: in any order, wrong versions first, some files twice.

A row that only a wrong version contained may be delivered again in another file, and deleted again.
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
# Sources whose rows may be in any file: key and updated_at identify a row.
ROWS_ARE_VERSIONS = ("shop",)


@dataclass(frozen=True)
class Arrival:
    """A file that arrives in the inbox: its path there, and the file to copy."""

    name: Path
    content: Path

    def arrive(self, inbox: Path) -> None:
        target = inbox / self.name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(self.content, target)


def cut(export: Path, sources: Sequence[str], *, slices: int, rng: Random) -> list[list[Arrival]]:
    """The files of `sources` in `slices` deliveries, plus an empty one at any place.

    The wrong first version of a file, in `export`/earlier, arrives in an earlier delivery than the
    file. A repeated file has both versions under a second name as well, in separate deliveries.
    """
    deliveries: list[list[Arrival]] = [[] for _ in range(max(slices, 2))]
    for source in sources:
        for file in sorted(path for path in (export / source).rglob("*") if path.is_file()):
            name = file.relative_to(export)
            wrong = export / "earlier" / name
            versions = [wrong, file] if wrong.exists() else [file]
            last = _spread(name, versions, deliveries, rng)
            if rng.random() < REPEATED:
                _spread(name.with_name(f"again-{name.name}"), versions, deliveries, rng)
            if source in ROWS_ARE_VERSIONS and wrong.exists() and rng.random() < CAME_BACK:
                _deliver_removed_rows(export, name, deliveries[last + 1 :], rng)
    begins_empty = rng.random() < START_EMPTY
    deliveries.insert(0 if begins_empty else rng.randint(1, len(deliveries)), [])
    return deliveries


def _spread(
    name: Path, versions: Sequence[Path], deliveries: Sequence[list[Arrival]], rng: Random
) -> int:
    """Put versions of a file into successive deliveries; returns the number of the last."""
    numbers = sorted(rng.sample(range(len(deliveries)), len(versions)))
    for number, content in zip(numbers, versions, strict=True):
        deliveries[number].append(Arrival(name, content))
    return numbers[-1]


def _deliver_removed_rows(
    export: Path, name: Path, deliveries: Sequence[list[Arrival]], rng: Random
) -> None:
    """Deliver the rows of only the wrong version under another name; later replace them.

    In the end the file of that name has the same content as the file itself.
    """
    header, *rows = (export / "earlier" / name).read_bytes().splitlines(keepends=True)
    right = (export / name).read_bytes().splitlines(keepends=True)[1:]
    gone = [row for row in rows if _key(row) not in set(map(_key, right))]
    if gone and len(deliveries) > 1:
        back = export / "back" / name
        back.parent.mkdir(parents=True, exist_ok=True)
        back.write_bytes(header + b"".join(gone))
        other = name.with_name(f"back-{name.name}")
        _spread(other, [back, export / name], deliveries, rng)


def _key(row: bytes) -> bytes:
    return row.partition(b",")[0]
