"""Tables as daily files: `<table>/<YYYY-MM-DD>.csv`, one per local day that has rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from sample_shop.arrays import Ints
from sample_shop.delivery.text import Array, joined
from sample_shop.period import Period
from sample_shop.rows import packed, unpacked

ROWS_AT_ONCE = 50_000


@dataclass(frozen=True)
class Table:
    """Versions of things, one element per row: which thing, and when it came to look so.

    Both may be packed, for there are many. `columns` gives the texts of such rows by column,
    ready for the file.
    """

    name: str
    thing: Ints
    updated: Ints
    columns: Callable[[Ints, Ints], Mapping[str, Array]]


@dataclass(frozen=True)
class Batch:
    """Neighbouring files of a table, and `rows`: the rows of all of them, file by file.

    The file of day `days[i]` ends before `rows[ends[i]]`.
    """

    table: Table
    rows: Ints
    days: Ints
    ends: Ints

    def write(self, folder: Path, period: Period) -> None:
        """Write the files below `folder`."""
        folder = folder / self.table.name
        folder.mkdir(parents=True, exist_ok=True)
        table = self.table
        thing, updated = (unpacked(column[self.rows]) for column in (table.thing, table.updated))
        columns = table.columns(thing, updated)
        header = (",".join(columns) + "\n").encode()
        *most, last = columns.values()
        lines = joined(*most, joined(last, "\n"), separator=",")
        _, offsets, letters = lines.buffers()
        offset = np.frombuffer(offsets, dtype=np.int32)[: len(lines) + 1]
        start = 0
        for day, end in zip(self.days.tolist(), self.ends.tolist(), strict=True):
            body = letters.slice(int(offset[start]), int(offset[end] - offset[start]))
            (folder / f"{period.date_of(day)}.csv").write_bytes(header + body.to_pybytes())
            start = end


def batches(table: Table, period: Period) -> Iterator[Batch]:
    """The table in batches of whole files, some ROWS_AT_ONCE rows each."""
    day_of_row = period.day_of(table.updated).astype(np.int32)
    rows = packed(np.argsort(day_of_row, kind="stable"))
    counts = np.bincount(day_of_row, minlength=period.days)
    days = np.flatnonzero(counts)
    ends = np.cumsum(counts[days])
    start = 0
    for files in np.split(np.arange(len(days)), _cuts(ends)):
        if len(files):
            end = int(ends[files[-1]])
            yield Batch(table, rows[start:end], days[files], ends[files] - start)
            start = end


def _cuts(ends: Ints) -> Ints:
    """Before which files a new batch begins."""
    return np.flatnonzero(np.diff(ends // ROWS_AT_ONCE)) + 1
