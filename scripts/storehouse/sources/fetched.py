"""A source whose files are fetched into a folder of ours before they land."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Protocol, runtime_checkable

from storehouse.core.errors import StorehouseError
from storehouse.core.progress import Progress
from storehouse.sources.declarations.files import TableDeclaration
from storehouse.sources.portion import Window


@runtime_checkable
class FetchedSource(Protocol):
    """`variables` are the environment variables that it can't do without."""

    @property
    def name(self) -> str: ...
    @property
    def tables(self) -> Sequence[TableDeclaration]: ...
    @property
    def variables(self) -> Sequence[str]: ...

    def fetch(
        self,
        environ: Mapping[str, str],
        asked: Window,
        folder: Path,
        progress: Progress,
        now: Callable[[], datetime],
    ) -> list[StorehouseError]:
        """Bring the files of all tables below `folder` up to date, in one of its name.

        Returns what went wrong: a file that could not be had stays as it was. Raises
        LoadError where the folder can't be written.
        """
