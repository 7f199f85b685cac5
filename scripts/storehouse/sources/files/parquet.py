"""Parquet, read by Arrow and rewritten as text for DuckDB.

DuckDB's own reader uses the first file's types for all files of a query, reads wide decimals as
doubles and bytes as escaped text; it reads damaged files silently, or fails with an internal error
that makes the warehouse unusable. Arrow verifies the checksums of pages, if a file has them.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from storehouse.core.display import brief
from storehouse.sources.declarations import Column, Landing
from storehouse.sources.files.delivery import (
    BadRow,
    BadRows,
    Layout,
    Refused,
    Rewritten,
    empty_file,
    is_packed,
    refusing,
    writing,
)
from storehouse.sources.files.parquet_fields import Field, fields
from storehouse.sources.files.parquet_text import Part, Texts, json_objects

# A batch is held in memory: at most this many rows, and about this many bytes.
_BATCH_ROWS = 65_536
_BATCH_BYTES = 64 * 1024 * 1024
# How many rows are read to estimate the size of a row.
_PROBE_ROWS = 256


def inspect(path: Path, columns: Sequence[Column]) -> Layout:
    """The fields of the file, from its footer. Raises Refused."""
    with _open(path) as file, _unreadable():
        names = tuple(field.name for field in fields(file, columns))
    return Layout(names, is_plain=False, by_name=True)


def rewrite(path: Path, landing: Landing, columns: Sequence[Column], target: Path) -> Rewritten:
    """Write the good rows to `target`: Parquet of text columns c0, c1 ..., the last is `_extra`.

    Raises Refused if more rows are bad than the declaration allows.
    """
    bad_rows = BadRows(landing.max_rejected_rows, "row", _ADVICE)
    schema = pa.schema([(f"c{i}", pa.string()) for i in range(len(columns) + 1)])
    seen = count = 0
    with _open(path) as file, _written(target, schema) as writer:
        with _unreadable():
            found = fields(file, columns)
        for batch in _batches(path, file):
            length = len(batch[0].array)
            texts = Texts("utf-8" if landing.is_utf8 else landing.encoding)
            with _unreadable():
                arrays = _texts(texts, found, columns, batch)
            for row, (reason, value) in sorted(texts.bad.items()):
                bad_rows.add(BadRow(seen + row + 1, reason, value))
            seen += length
            table = pa.table(arrays, schema=schema)
            if texts.bad:
                good = np.ones(length, dtype=bool)
                good[list(texts.bad)] = False
                table = table.filter(pa.array(good))
            with writing(target):
                writer.write_table(table)
            count += len(table)
        if seen != file.metadata.num_rows:
            raise _damaged(f"it has {seen} rows, and says that it has {file.metadata.num_rows}")
        accepted = bad_rows.accepted()
    return Rewritten(count, accepted)


_ADVICE = (
    "fix these rows; for bytes that are not text declare `bytes: hex` under config.meta of the "
    "column, for text in another encoding the table's `encoding`"
)


def _texts(
    texts: Texts, found: Sequence[Field], columns: Sequence[Column], batch: Sequence[Part]
) -> list[pa.Array]:
    """The declared columns in their order, and `_extra`."""
    missing = pa.nulls(len(batch[0].array), pa.string())
    given = {field.name: (part, field) for field, part in zip(found, batch, strict=True)}
    declared = [given.pop(column.header, None) for column in columns]
    written = [texts.text(*one) if one else missing for one in declared]
    extra = {name: texts.json(*one) for name, one in given.items()}
    return [*written, json_objects(extra) if extra else missing]


def _open(path: Path, unit: str = "ns") -> pq.ParquetFile:
    with refusing():
        if path.stat().st_size == 0:
            raise empty_file()
    if is_packed(path):
        raise Refused("Parquet in .gz is not decompressed", "have it delivered without gzip")
    with _unreadable():
        return pq.ParquetFile(
            pa.OSFile(os.fsencode(path)),
            pre_buffer=False,  # faster from a disk
            coerce_int96_timestamp_unit=unit,
            page_checksum_verification=True,
            arrow_extensions_enabled=False,
        )


def _batches(path: Path, file: pq.ParquetFile) -> Iterator[list[Part]]:
    schema, rows = file.schema, _batch_rows(file)
    if all(schema.column(i).physical_type != "INT96" for i in range(len(schema))):
        for batch in _read(file, rows):
            yield [Part(array, np.arange(len(batch))) for array in batch.columns]
        return
    with _open(path, "us") as other:
        for batch, coarse in zip(_read(file, rows), _read(other, rows), strict=True):
            pairs = zip(batch.columns, coarse.columns, strict=True)
            yield [Part(array, np.arange(len(batch)), in_us) for array, in_us in pairs]


def _batch_rows(file: pq.ParquetFile) -> int:
    """How many rows fit into a batch, by the footer and by the first rows' size in memory.

    Equal values are stored once in the file, so the sizes in its footer may be too small.
    """
    footer = file.metadata
    size: int = sum(footer.row_group(i).total_byte_size for i in range(footer.num_row_groups))
    fitting: int = min(max(_BATCH_BYTES * footer.num_rows // max(size, 1), 1), _BATCH_ROWS)
    if fitting <= _PROBE_ROWS or footer.num_rows <= _PROBE_ROWS:
        return fitting
    first = next(_read(file, _PROBE_ROWS), None)
    if first is None:
        return fitting
    taken: int = sum(
        Part(array, np.arange(len(array))).plain().array.nbytes for array in first.columns
    )
    return min(max(_BATCH_BYTES * len(first) // max(taken, 1), 1), fitting)


def _read(file: pq.ParquetFile, rows: int) -> Iterator[pa.RecordBatch]:
    batches = _arrow_batches(file, rows)
    while True:
        with _unreadable():
            batch = next(batches, None)
            if batch is None:
                return
            batch.validate(full=False)
        yield batch


def _arrow_batches(file: pq.ParquetFile, rows: int) -> Iterator[pa.RecordBatch]:
    # Arrow can't join the row groups of a nested dictionary.
    nested = (field.type for field in file.schema_arrow if pa.types.is_nested(field.type))
    if not any("dictionary<" in str(kind) for kind in nested):
        # Starting threads takes longer than reading a small file.
        yield from file.iter_batches(rows, use_threads=file.metadata.num_rows > _BATCH_ROWS)
        return
    for group in range(file.num_row_groups):
        yield from file.iter_batches(batch_size=rows, row_groups=[group])


@contextmanager
def _written(target: Path, schema: pa.Schema) -> Iterator[pq.ParquetWriter]:
    """A working file, removed if the block ends with an exception."""
    with writing(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        writer = pq.ParquetWriter(
            target, schema, compression="none", use_dictionary=False, write_statistics=False
        )
    try:
        yield writer
        with writing(target):
            writer.close()
    except BaseException:
        with suppress(OSError, pa.ArrowException):
            writer.close()
        target.unlink(missing_ok=True)
        raise


@contextmanager
def _unreadable() -> Iterator[None]:
    """Turn Arrow's read errors into Refused."""
    try:
        yield
    except _ERRORS as error:
        if "crypt" in str(error):
            raise Refused("it is encrypted", "have it delivered without encryption") from error
        raise _damaged(brief(str(error).splitlines()[0]) if str(error) else repr(error)) from error


_ERRORS = (pa.ArrowException, OSError, ValueError, OverflowError, MemoryError, RecursionError)


def _damaged(reason: str) -> Refused:
    return Refused(f"it is not readable Parquet: {reason}", "have the file delivered again")
