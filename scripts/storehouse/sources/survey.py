"""What lies in the inbox for a table, compared with what has landed of it."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Self

from storehouse.declarations import Landing, TableDeclaration
from storehouse.declarations.full import FullDelivery, NoOrder
from storehouse.display import visible
from storehouse.errors import StorehouseError
from storehouse.guard import described
from storehouse.ledger import Version
from storehouse.progress import Progress
from storehouse.sources import files
from storehouse.sources.contract import compare
from storehouse.sources.delivery import Layout, Refused, is_decoded, is_packed


@dataclass(frozen=True)
class Arrival:
    """A file that was looked into and can be landed.

    `rows` is how many it must have; None where it is yet to be rewritten for DuckDB.
    """

    delivery: files.Delivery
    layout: Layout
    rows: int | None = None


@dataclass(frozen=True)
class Problem:
    """A file that can't be landed; without sha256 and size where it could not be read."""

    name: str
    refused: Refused
    sha256: str | None = None
    size: int | None = None

    @classmethod
    def of(cls, delivery: files.Delivery, refused: Refused) -> Self:
        return cls(delivery.name, refused, delivery.sha256, delivery.size)


@dataclass
class Survey:
    """The files of one table, sorted by name.

    `fresh` are to land. `unchanged` counts files that landed before with this content, and
    new names that are copies of another file. `rehashed` are contents by the hashes of the
    packed bytes that the load log has in their place. `gone` are files of a fetched table that
    its server has no more.
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
    """Look at the files of a table.

    `current` has the newest landed version of each name. Raises SourceUnavailable for a
    folder that can't be listed.
    """
    found = files.find(inbox, declaration)
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
    result.rehashed = _without_twins(contents, current)
    current = {
        name: replace(version, sha256=contents.get(version.sha256 or "", version.sha256))
        for name, version in current.items()
    }
    fresh = list(_fresh(deliveries, current, declaration.landing.delivery))
    result.unchanged = len(deliveries) - len(fresh)
    for delivery in fresh:
        arrival = _look_through(examine(delivery, declaration), declaration)
        if isinstance(arrival, Arrival):
            result.fresh.append(arrival)
        elif isinstance(arrival.refused, Breach):
            result.breaches.append(arrival)
        else:
            result.refused.append(arrival)
    return result


def _fresh(
    deliveries: Sequence[files.Delivery],
    current: Mapping[str, Version],
    full: FullDelivery | None,
) -> Iterator[files.Delivery]:
    """The files that land: all that are not as they landed, without copies.

    A new name is a copy for as long as another file holds the same content: it lands as soon
    as none does, so that no content of the inbox is ever missing (decision 18). Full
    deliveries are states, and none is a copy of another.
    """
    held = {name: version.sha256 for name, version in current.items()}
    changed = [one for one in deliveries if not _landed(one, current, full)]
    held |= {one.name: one.sha256 for one in changed if one.name in current}
    contents = set(held.values())
    for delivery in changed:
        if full or delivery.name in current or delivery.sha256 not in contents:
            yield delivery
        contents.add(delivery.sha256)


def _landed(
    delivery: files.Delivery, current: Mapping[str, Version], full: FullDelivery | None
) -> bool:
    """Whether the file has landed with this content, and in the place that is declared now."""
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


class Breach(Refused):
    """The fields of a file are not those declared."""


def examine(delivery: files.Delivery, declaration: TableDeclaration) -> Arrival | Problem:
    """Look into a file and compare its fields with the declaration."""
    try:
        with faults_refused():
            return Arrival(delivery, _layout(delivery, declaration))
    except Refused as refused:
        return Problem.of(delivery, refused)


def _layout(delivery: files.Delivery, declaration: TableDeclaration) -> Layout:
    """Raises Refused, or Breach for fields that are not those declared."""
    full = declaration.landing.delivery
    try:
        if full:
            full.place_of_name(delivery.name)
    except NoOrder as error:
        advice = "rename it, or declare its deliveries' order otherwise"
        raise Refused(str(error), advice) from error
    layout = files.inspect(delivery, declaration)
    breach = compare(layout, declaration).breach
    if breach is not None:
        raise Breach(
            breach,
            "ask the sender to restore it, or declare it optional or otherwise in "
            f"_{declaration.source}__sources.yml",
        )
    return layout


@contextmanager
def faults_refused() -> Iterator[None]:
    """A fault of ours stops no other file: the one that it met is refused, and says where."""
    try:
        yield
    except (Refused, StorehouseError):
        raise
    except Exception as error:
        raise Refused(*described(error)) from error


def _look_through(arrival: Arrival | Problem, declaration: TableDeclaration) -> Arrival | Problem:
    """Find out whether DuckDB reads a CSV where it lies as Python's csv module does."""
    if isinstance(arrival, Problem) or declaration.landing.format != "csv":
        return arrival
    delivery, layout = arrival.delivery, arrival.layout
    if not layout.is_plain:
        return arrival
    try:
        with faults_refused():
            rows = files.rows_to_read(delivery, layout, declaration)
    except Refused as refused:
        return Problem.of(delivery, refused)
    return Arrival(delivery, replace(layout, is_plain=rows is not None), rows)


def _contents(
    deliveries: Sequence[files.Delivery], current: Mapping[str, Version]
) -> dict[str, str]:
    """What homes of before 2026-11-29 know by its packed bytes: the hashes of its contents.

    It may lie in the inbox under another name than it landed by.
    """
    known = {version.sha256 for version in current.values() if version.packed_sha256 is None}
    return {
        one.packed_sha256: one.sha256
        for one in deliveries
        if one.packed_sha256 and one.packed_sha256 in known
    }


def _without_twins(contents: Mapping[str, str], current: Mapping[str, Version]) -> dict[str, str]:
    """Those that no other landed file has, too.

    Homes of before landed a file and its unpacked twin. Of files of one hash only the first
    counts (decision 18), so a common hash would take away rows that incremental models keep.
    """
    held = {version.sha256 for version in current.values()}
    alone = {}
    for packed, content in contents.items():
        if content not in held:
            held.add(content)
            alone[packed] = content
    return alone


def _fingerprints(
    found: Sequence[files.Found], landing: Landing, current: Mapping[str, Version]
) -> Iterator[files.Delivery | Problem]:
    """One for each file, in order. Unpacking, hashing and counting leave Python's lock."""
    landed = {
        version.packed_sha256 or version.sha256: version.sha256
        for name, version in current.items()
        if version.sha256 and (version.packed_sha256 or not is_packed(Path(name)))
    }
    with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        yield from pool.map(lambda file: _fingerprint(file, landing, landed), found)


def _fingerprint(
    found: files.Found, landing: Landing, landed: Mapping[str, str]
) -> files.Delivery | Problem:
    try:
        with faults_refused():
            return files.fingerprint(found, landing, landed)
    except Refused as refused:
        name = found.name if is_decoded(found.name) else visible(found.name)
        return Problem(name, refused)
