"""A source whose files are fetched into a local folder before they land."""

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
    """`variables` are the environment variables that it requires."""

    @property
    def name(self) -> str: ...
    @property
    def tables(self) -> Sequence[TableDeclaration]: ...
    @property
    def variables(self) -> Sequence[str]: ...

    def fetch(
        self,
        environ: Mapping[str, str],
        window: Window,
        folder: Path,
        progress: Progress,
        now: Callable[[], datetime],
    ) -> list[StorehouseError]:
        """Update the files of all tables, in a subfolder of `folder` with the source's name.

        Returns the errors: a file that could not be fetched stays as it was. Raises LoadError if
        the folder can't be written.
        """
