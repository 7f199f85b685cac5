"""Scratch folders and copied homes for proofs."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkdtemp

from storehouse.core.config import Settings
from storehouse.core.progress import Progress
from storehouse.core.warehouse import connect


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


def copy_warehouse(origin: Settings, target: Settings) -> None:
    """Copy the warehouse of one home into another, new one."""
    with connect(origin) as con:
        con.execute("checkpoint")  # a run ends without closing the file
    target.home.mkdir(parents=True)
    shutil.copyfile(origin.warehouse, target.warehouse)
