"""Delivers Parquet files of schemas that atheris makes up, whole and damaged.

    python tests/python/fuzz/parquet_files.py -runs=N [-seed=N] [-max_total_time=SECONDS]
    python tests/python/fuzz/parquet_files.py var/crash-…   (tries again what failed)

Each input is one file, written by pyarrow with options that are drawn too, and read as a load
reads it; every so many files one load lands them all, of whatever schemas, as files of one table.
A file lands as plain Python writes its values (parquet_oracle), or is refused with a reason; one
with changed bytes is refused, or lands as pyarrow reads it.
"""

from __future__ import annotations

import io
import itertools
import shutil
import sys
from pathlib import Path
from typing import Any

import atheris  # type: ignore[import-untyped]
import pyarrow as pa
import pyarrow.parquet as pq

sys.path.insert(0, str(Path(__file__).parents[1]))

from fuzz import parquet_schemas
from fuzz.driver import main
from fuzz.parquet_oracle import in_json, text

with atheris.instrument_imports(include=["storehouse"]):
    from loaders.project import Project
    from storehouse.sources.declarations import Column, Landing
    from storehouse.sources.files import parquet
    from storehouse.sources.files.delivery import Refused

_COLUMNS = ("a", "b", "c")
_OPTIONAL = {"config": {"meta": {"optional": True}}}
_FILES_OF_A_LOAD = 250
_FEWEST = 40

# Draws are made from the end of an input.
_EXAMPLES = [bytes(range(256)), bytes(range(256))[::-1], b"\x55" * 300, b"\xff" * 300]

Row = tuple[str | None, ...]


class Deliveries:
    """Reads one file after the other, and now and then loads those that it read."""

    def __init__(self, folder: Path) -> None:
        self._root = folder / "project"
        self._numbers = itertools.count()
        self._path, self._target = folder / "read.parquet", folder / "texts.parquet"
        self._restart(_FEWEST)

    def deliver(self, data: bytes) -> None:
        """Read a file as a load does; raises AssertionError where that is not right."""
        drawn = atheris.FuzzedDataProvider(data)
        if (written := _written(drawn)) is None:
            return
        content, table = written
        self._path.write_bytes(content)
        expected = _expected(self._path if table is None else table)
        landed = self._read()
        if table is not None:
            assert not isinstance(landed, Refused), landed.reason
        if isinstance(landed, Refused):
            assert landed.reason
            assert landed.advice
        else:
            _compare(landed, expected)
        name = f"t/{next(self._numbers)}.parquet"
        self._project.deliver(f"s/{name}", content)
        self._files[name] = landed
        if len(self._files) == self._needed:
            self._load()

    def _read(self) -> list[Row] | Refused:
        columns = tuple(Column(name, name, optional=True) for name in _COLUMNS)
        landing = Landing(pattern="t/*", format="parquet")
        try:
            names = parquet.inspect(self._path, columns).names
            rewritten = parquet.rewrite(self._path, landing, columns, self._target)
        except Refused as refused:
            return refused
        assert len(set(names)) == len(names)
        rows = pq.read_table(self._target)
        assert len(rows) == rewritten.rows
        return list(zip(*(column.to_pylist() for column in rows.columns), strict=True))

    def _load(self) -> None:
        """Land all files that were read, in one load; the same of them must land."""
        refused = {rejection.file for rejection in self._project.load().rejections}
        found: dict[str, list[Row]] = {name: [] for name in self._files}
        for name, *row in self._project.query(
            "select _source_file, a, b, c, _extra from raw_s.t order by _source_file, _row_number"
        ):
            found[name].append(tuple(row))
        hashes = {self._project.root / "var/inbox/s" / name: name for name in self._files}
        seen: set[bytes] = set()
        for path, name in sorted(hashes.items()):
            landed, content = self._files[name], path.read_bytes()
            if isinstance(landed, Refused):
                assert name in refused or content in seen, f"{name} is not refused: {landed}"
                assert not found[name]
            elif content not in seen:
                assert found[name] == landed, (name, found[name], landed)
            seen.add(content)
        self._restart(_FILES_OF_A_LOAD)

    def _restart(self, needed: int) -> None:
        shutil.rmtree(self._root, ignore_errors=True)
        self._needed = needed
        self._files: dict[str, list[Row] | Refused] = {}
        self._project = Project(self._root)
        columns = [{"name": name, **_OPTIONAL} for name in _COLUMNS]
        self._project.declare("s", t={"columns": columns, "format": "parquet"})


def _compare(landed: list[Row], expected: list[Row] | str) -> None:
    assert not isinstance(expected, str), f"it landed, and pyarrow says: {expected}"
    assert len(landed) == len(expected)
    for got, right in zip(landed, expected, strict=True):
        for one, other in zip(got, right, strict=True):
            assert one == other, f"{one!r} landed, not {other!r}"


def _written(drawn: Any) -> tuple[bytes, pa.Table | None] | None:
    """A file, and the table that it holds if it is not damaged; None where none can be written."""
    options = parquet_schemas.options(drawn)
    table = parquet_schemas.table(drawn, options["use_deprecated_int96_timestamps"])
    stream = io.BytesIO()
    try:
        pq.write_table(table, stream, **options)
    except (pa.ArrowException, OSError):
        return None  # not all types go with all options
    content = bytearray(stream.getvalue())
    changes = drawn.ConsumeIntInRange(0, 8)
    # What pyarrow reads of far moments in INT96 is wrong, so it can't say what is right.
    if changes < 4 or options["use_deprecated_int96_timestamps"]:
        return bytes(content), table
    for _ in range(changes - 3):
        content[drawn.ConsumeIntInRange(0, len(content) - 1)] = drawn.ConsumeIntInRange(0, 255)
    return bytes(content), None


def _expected(source: pa.Table | Path) -> list[Row] | str:
    """The rows that land, or why pyarrow can't read the file."""
    if isinstance(source, Path):
        try:
            source = _read_by_groups(pq.ParquetFile(source, page_checksum_verification=True))
            source.validate(full=True)
        except (pa.ArrowException, OSError, ValueError) as error:
            return repr(error)
    columns = dict(zip(source.column_names, source.columns, strict=True))
    rows: list[Row] = []
    for at in range(len(source)):
        row = {name: column[at] for name, column in columns.items()}
        declared = [text(row[name]) if name in row else None for name in _COLUMNS]
        extra = ",".join(
            f"{in_json(pa.scalar(name))}:{in_json(value)}"
            for name, value in row.items()
            if name not in _COLUMNS
        )
        rows.append((*declared, f"{{{extra}}}" if extra else None))
    return rows


def _read_by_groups(file: pq.ParquetFile) -> pa.Table:
    """Arrow can't join the groups of dictionaries that are nested."""
    groups = [file.read_row_group(at) for at in range(file.num_row_groups)]
    return pa.concat_tables(groups) if groups else file.read()


if __name__ == "__main__":
    pa.set_cpu_count(1)  # threads take longer than such small files
    pa.set_io_thread_count(1)
    main(lambda folder: Deliveries(folder).deliver, _EXAMPLES, [b"PAR1", b"\x15"])
