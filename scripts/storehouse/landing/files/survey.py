"""The files in the inbox for a table, compared with what has landed."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path

from storehouse.core.progress import Progress
from storehouse.landing.load_log import Version
from storehouse.sources.declarations import Landing, TableDeclaration
from storehouse.sources.declarations.full import FullDelivery, NoOrder
from storehouse.sources.files import discovery
from storehouse.sources.files.content import Delivery
from storehouse.sources.files.delivery import is_packed
from storehouse.sources.files.examination import (
    Arrival,
    Breach,
    Problem,
    examine,
    fingerprint,
    look_through,
)


@dataclass
class Survey:
    """The files of one table, sorted by name.

    `fresh` are to land. `unchanged` counts files that have landed with this content, and new
    names that are copies of another file. `rehashed` are the hashes of contents, by the hashes of
    packed bytes that the load log has instead. `gone` are files of a fetched table that its
    server no longer has.
    """

    declaration: TableDeclaration
    names: tuple[str, ...] = ()
    unchanged: int = 0
    rehashed: dict[str, str] = field(default_factory=dict)
    fresh: list[Arrival] = field(default_factory=list)
    refused: list[Problem] = field(default_factory=list)
    breaches: list[Problem] = field(default_factory=list)
    gone: tuple[str, ...] = ()

    @property
    def seen(self) -> int:
        return len(self.names)


def survey(
    inbox: Path,
    declaration: TableDeclaration,
    current: Mapping[str, Version],
    progress: Progress,
) -> Survey:
    """Examine the files of a table.

    `current` has the newest landed version of each name. Raises SourceUnavailable for a
    folder that can't be listed.
    """
    found = discovery.find(inbox, declaration)
    result = Survey(declaration, tuple(file.name for file in found))
    if not found:
        return result
    if declaration.landing.is_fetched:
        gone = current.keys() - set(result.names)
        result.gone = tuple(sorted(name for name in gone if not current[name].is_gone))
        current = {name: version for name, version in current.items() if name not in gone}
    progress.start(f"checking {declaration.label}", len(found))
    deliveries = []
    for delivery in _fingerprints(found, declaration.landing, current):
        progress.advance(1, "files")
        if isinstance(delivery, Problem):
            result.refused.append(delivery)
        else:
            deliveries.append(delivery)
    contents = _contents(deliveries, current)
    result.rehashed = _without_copies(contents, current)
    current = {
        name: replace(version, sha256=contents.get(version.sha256 or "", version.sha256))
        for name, version in current.items()
    }
    fresh = list(_fresh(deliveries, current, declaration.landing.delivery))
    result.unchanged = len(deliveries) - len(fresh)
    for delivery in fresh:
        arrival = look_through(examine(delivery, declaration), declaration)
        if isinstance(arrival, Arrival):
            result.fresh.append(arrival)
        elif isinstance(arrival.refused, Breach):
            result.breaches.append(arrival)
        else:
            result.refused.append(arrival)
    return result


def _fresh(
    deliveries: Sequence[Delivery],
    current: Mapping[str, Version],
    full: FullDelivery | None,
) -> Iterator[Delivery]:
    """The files to land: all that are new or changed, without copies.

    A new name is a copy as long as another file has the same content: it lands as soon as none
    has, so that no content of the inbox is ever missing (decision 18). Full deliveries are
    states, and none is a copy of another.
    """
    held = {name: version.sha256 for name, version in current.items()}
    changed = [one for one in deliveries if not _landed(one, current, full)]
    held |= {one.name: one.sha256 for one in changed if one.name in current}
    contents = set(held.values())
    for delivery in changed:
        if full or delivery.name in current or delivery.sha256 not in contents:
            yield delivery
        contents.add(delivery.sha256)


def _landed(delivery: Delivery, current: Mapping[str, Version], full: FullDelivery | None) -> bool:
    """Whether the file has landed with this content and at the place that is declared now."""
    version = current.get(delivery.name)
    if version is None or version.sha256 != delivery.sha256:
        return False
    if full is None:
        return version.delivery is None
    try:
        place = full.place_of_name(delivery.name)
    except NoOrder:
        return False
    return version.delivery == place.key if place else version.delivery is not None


def _contents(deliveries: Sequence[Delivery], current: Mapping[str, Version]) -> dict[str, str]:
    """Hashes of contents, by the hash of packed bytes that homes from before 2026-11-29 have.

    The file may be in the inbox under another name than the one it landed by.
    """
    known = {version.sha256 for version in current.values() if version.packed_sha256 is None}
    return {
        one.packed_sha256: one.sha256
        for one in deliveries
        if one.packed_sha256 and one.packed_sha256 in known
    }


def _without_copies(contents: Mapping[str, str], current: Mapping[str, Version]) -> dict[str, str]:
    """The contents that no other landed file has.

    Older homes landed both a packed file and its unpacked copy. Only the first of several files
    with one hash counts (decision 18), so a shared hash would remove rows that incremental
    models keep.
    """
    held = {version.sha256 for version in current.values()}
    alone = {}
    for packed, content in contents.items():
        if content not in held:
            held.add(content)
            alone[packed] = content
    return alone


def _fingerprints(
    found: Sequence[discovery.Found], landing: Landing, current: Mapping[str, Version]
) -> Iterator[Delivery | Problem]:
    """One per file, in order. Unpacking, hashing and counting release Python's lock."""
    landed = {
        version.packed_sha256 or version.sha256: version.sha256
        for name, version in current.items()
        if version.sha256 and (version.packed_sha256 or not is_packed(Path(name)))
    }
    with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        yield from pool.map(lambda file: fingerprint(file, landing, landed), found)
