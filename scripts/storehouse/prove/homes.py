"""Scratch folders for proofs."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkdtemp

from storehouse.core.progress import Progress


@contextmanager
def scratch_folder(keep: bool, progress: Progress) -> Iterator[Path]:
    """A new folder; removed afterwards, or kept and reported."""
    folder = Path(mkdtemp(prefix="storehouse-prove-"))
    try:
        yield folder
    finally:
        if keep:
            progress.note(f"Kept: {folder}")
        else:
            shutil.rmtree(folder)
