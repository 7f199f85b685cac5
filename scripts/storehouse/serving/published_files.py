"""The files of published builds, and which of them readers use.

Each is a file `published/<build id>/current.duckdb`; the symlink `published/current.duckdb` points
to one of them. Link and file share a stem, because clients name the catalog after one or the
other, so that saved SQL with `current.reports.…` keeps working. Older versions published
`<build id>.duckdb`; such builds are kept, rolled back to and pruned like others.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from storehouse.building.report import PUBLISHED_SCHEMAS
from storehouse.core.config import Settings

SCHEMAS = (*PUBLISHED_SCHEMAS, "meta")
KEPT_BUILDS = 5
# Readers of DuckDB 1.4 and later can open the files.
STORAGE_VERSION = "v1.4.0"
_WITHDRAWN = ".withdrawn"


def published_files(settings: Settings) -> list[Path]:
    """The published builds that are kept and not withdrawn, oldest first."""
    return [
        file
        for build_id, file in sorted(kept_files(settings).items())
        if not withdrawn_mark(settings, build_id).exists()
    ]


def kept_files(settings: Settings) -> dict[str, Path]:
    """All that are kept, by build ID, also those that were withdrawn."""
    return {
        build_id_of(file): file
        for pattern in ("[0-9]*.duckdb", f"[0-9]*/{settings.current.name}")
        for file in settings.published_dir.glob(pattern)
    }


def build_id_of(file: Path) -> str:
    """The ID of the build in a published file."""
    return file.stem if file.stem[0].isdigit() else file.parent.name


def withdrawn_mark(settings: Settings, build_id: str) -> Path:
    """The file that marks a published build as withdrawn."""
    return settings.published_dir / f"{build_id}{_WITHDRAWN}"


def current_file(settings: Settings) -> Path | None:
    """The file that readers use, or None before the first publish."""
    return settings.current.resolve() if settings.current.exists() else None


def point_current_to(settings: Settings, file: Path) -> None:
    point(settings.current, file)


def point(link: Path, target: Path, *, durable: bool = True) -> None:
    """Have the symlink `link` point to a path relative to its folder, at once.

    Unless it is `durable`, a loss of power may undo that.
    """
    aside = link.with_name(f".{link.stem}.tmp")
    aside.unlink(missing_ok=True)
    aside.symlink_to(os.path.relpath(target, link.parent))
    if durable:
        sync(link.parent)
    aside.replace(link)
    if durable:
        sync(link.parent)


def prune(settings: Settings) -> None:
    kept = {build_id_of(file) for file in published_files(settings)[-KEPT_BUILDS:]}
    kept |= {build_id_of(file) for file in [current_file(settings)] if file}
    for path in settings.published_dir.glob("[0-9]*"):
        build_id = path.name.partition("Z")[0] + "Z"
        # The mark of one that was withdrawn outlasts its file: live may still have its base.
        if build_id not in kept and (path.suffix != _WITHDRAWN or build_id < min(kept)):
            remove(path)


def remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def discard(folder: Path) -> None:
    """Remove a folder so that no half of it is ever seen under its name.

    What a kill leaves of it is removed by the next call, or with the folder around it.
    """
    aside = folder.with_name(f".{folder.name}.tmp")
    remove(aside)
    if folder.exists():
        folder.rename(aside)
        remove(aside)


def sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
