"""Files in the inbox that match no table: a misspelt folder is missing data."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Sequence
from fnmatch import fnmatchcase
from pathlib import Path

from storehouse.core.display import brief, visible
from storehouse.landing.context import Run
from storehouse.landing.files.tables import TableLoad
from storehouse.sources.declarations import TableDeclaration, sources_file
from storehouse.sources.declarations.entry import declared_sources
from storehouse.sources.files.discovery import UNFINISHED, is_folder, is_left_behind

_SHOWN = 5
# Folders that `storehouse sample` writes beside the shop.
_OF_THE_SAMPLE = ("earlier", "truth")


def name_unmatched(
    run: Run, tables: Sequence[TableDeclaration], loads: Sequence[TableLoad]
) -> None:
    """Note the files in a source's inbox that match no pattern of its tables."""
    if len(loads) < len(tables):  # the files of the others are unknown
        return
    source = tables[0].source
    matched = {name for load in loads for name in load.survey.names}
    found = unmatched_files(run.settings.inbox / source, tables, matched)
    if found:
        run.unmatched += [visible(f"{source}/{name}") for name in found]
        run.note(
            f"Source {source}: no table has a pattern for {_listed(list(found.values()))}. Rename "
            f"them, or declare their pattern in {sources_file(run.settings, source).name}."
        )


def unmatched_files(
    folder: Path, tables: Sequence[TableDeclaration], matched: Collection[str]
) -> dict[str, str]:
    """Files below a source's inbox that are not `matched`, by name, as shown in messages."""
    patterns = [table.landing.pattern for table in tables]
    found = {}
    for name in _files(folder):
        if name not in matched:
            alike = (one for one in patterns if _is_alike(name.lower(), one.lower()))
            found[name] = brief(name) + _case_hint(next(alike, None))
    return found


def _is_alike(name: str, pattern: str) -> bool:
    """Whether each part of the path matches its part of the pattern; ** is any number of parts."""
    is_as_deep = "**" in pattern or name.count("/") == pattern.count("/")
    return is_as_deep and fnmatchcase(name, pattern)


def name_unknown(run: Run) -> None:
    """Note the folders and files in the inbox that belong to no source."""
    known = {source.lower(): source for source in declared_sources(run.settings)}
    found, hints = [], []
    for entry in _entries(run.settings.inbox):
        if entry.name not in (*known.values(), *_OF_THE_SAMPLE):
            found.append(visible(entry.name) + "/" * is_folder(entry))
            hints.append(brief(found[-1]) + _case_hint(known.get(entry.name.lower())))
    if found:
        run.unmatched += found
        run.note(
            f"{run.settings.inbox}: no source has the name of {_listed(hints)}. Rename them, or "
            "declare a source of that name."
        )


def _files(folder: Path) -> Iterator[str]:
    """Paths below `folder`, sorted within each folder."""
    for path, folders, names in os.walk(folder):
        folders[:] = sorted(filter(_counts, folders))
        for name in sorted(filter(_counts, names)):
            yield Path(path, name).relative_to(folder).as_posix()


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return sorted((e for e in entries if _counts(e.name)), key=lambda entry: entry.name)
    except OSError:
        return []


def _counts(name: str) -> bool:
    return not is_left_behind(name) and not name.endswith(UNFINISHED)


def _case_hint(meant: str | None) -> str:
    return f" (only its case differs from {meant})" if meant else ""


def _listed(names: Sequence[str]) -> str:
    more = len(names) - _SHOWN
    return ", ".join(names[:_SHOWN]) + (f" and {more} more" if more > 0 else "")
