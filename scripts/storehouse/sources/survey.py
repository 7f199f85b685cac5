"""What lies in the inbox for a table, compared with what has landed of it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from storehouse.declarations import TableDeclaration
from storehouse.progress import Progress
from storehouse.sources import files
from storehouse.sources.delivery import Layout, Refused


@dataclass(frozen=True)
class Arrival:
    """A file that was looked into and can be landed."""

    delivery: files.Delivery
    layout: Layout


@dataclass(frozen=True)
class Problem:
    """A file that can't be landed; without sha256 and size where it could not be read."""

    name: str
    refused: Refused
    sha256: str | None = None
    size: int | None = None


@dataclass
class Survey:
    """The files of one table, sorted by name.

    `fresh` have content that no current version of any file has. `waiting` have such
    content under another name: they land only if that name moves on to other content.
    """

    declaration: TableDeclaration
    seen: int = 0
    unchanged: int = 0
    fresh: list[Arrival] = field(default_factory=list)
    waiting: list[files.Delivery] = field(default_factory=list)
    refused: list[Problem] = field(default_factory=list)
    breaches: list[Problem] = field(default_factory=list)


def survey(
    inbox: Path,
    declaration: TableDeclaration,
    current: Mapping[str, str | None],
    copies: Collection[tuple[str, str]],
    progress: Progress,
) -> Survey:
    """Look at the files of a table.

    `current` maps the names that landed to the sha256 of their newest version, `copies`
    are names and sha256 of known copies. A copy is passed over as long as it is one.
    Raises SourceUnavailable for a folder that can't be listed.
    """
    found = files.find(inbox, declaration)
    result = Survey(declaration, seen=len(found))
    if not found:
        return result
    progress.start(f"checking {declaration.label}", len(found))
    landed = set(current.values())
    fresh = []
    for file in found:
        delivery = _fingerprint(file)
        progress.advance(1, file.name)
        if isinstance(delivery, Problem):
            result.refused.append(delivery)
        elif (
            current.get(delivery.name) == delivery.sha256
            or (delivery.name, delivery.sha256) in copies
        ):
            result.unchanged += 1
        elif delivery.sha256 in landed:
            result.waiting.append(delivery)
        else:
            fresh.append(delivery)
    for delivery in fresh:
        arrival = examine(delivery, declaration)
        if isinstance(arrival, Arrival):
            result.fresh.append(arrival)
        elif isinstance(arrival.refused, Breach):
            result.breaches.append(arrival)
        else:
            result.refused.append(arrival)
    return result


class Breach(Refused):
    """The fields of a file are not those declared."""


def examine(delivery: files.Delivery, declaration: TableDeclaration) -> Arrival | Problem:
    """Look into a file and compare its fields with the declaration."""
    try:
        layout = files.inspect(delivery, declaration)
        breach = files.compare(layout, declaration).breach
        if breach is not None:
            raise Breach(
                breach,
                "ask the sender to restore it, or declare it optional or otherwise in "
                f"_{declaration.source}__sources.yml",
            )
    except Refused as refused:
        return Problem(delivery.name, refused, delivery.sha256, delivery.size)
    return Arrival(delivery, layout)


def _fingerprint(found: files.Found) -> files.Delivery | Problem:
    try:
        return files.fingerprint(found)
    except Refused as refused:
        return Problem(found.name, refused)
