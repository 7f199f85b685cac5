"""Identifying files by their content, and inspecting them. Files are only read."""

from __future__ import annotations

import gzip
import hashlib
import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

from isal.igzip import IGzipFile

from storehouse.sources.declarations import Landing, TableDeclaration
from storehouse.sources.files import csv_text, ndjson, parquet
from storehouse.sources.files.csv_scan import Scan, Scanned
from storehouse.sources.files.delivery import (
    CHUNK,
    Layout,
    Refused,
    Rewritten,
    is_decoded,
    is_packed,
    refusing,
)
from storehouse.sources.files.discovery import Found


@dataclass(frozen=True)
class Delivery:
    """A file and the sha256 of its content; `size` counts its bytes on disk.

    The content of a packed file is the unpacked one; `packed_sha256` is that of its own bytes.
    `scanned` is set if a CSV was scanned while its content was read.
    """

    path: Path
    name: str
    sha256: str
    size: int
    packed_sha256: str | None = None
    scanned: Scanned | None = None


def _opened(path: Path) -> BinaryIO:
    """The open file; Refused if it is not a regular file. Never waits for a pipe."""
    if not stat.S_ISREG(path.stat().st_mode) and not path.is_dir():
        raise Refused("it is a pipe, a device or the like", "have a file delivered in its place")
    return open(os.open(path, os.O_RDONLY | os.O_NONBLOCK), "rb")  # noqa: PTH123  a descriptor


def fingerprint(found: Found, landing: Landing, landed: Mapping[str, str]) -> Delivery:
    """The file with the hash of its content. Raises Refused if it can't be read completely.

    `landed` has the hashes of landed contents by those of the files' bytes: a file that has
    landed under any name is neither unpacked nor scanned.
    """
    if not is_decoded(found.name):
        raise Refused("its name is not UTF-8", "rename it")
    with refusing(), _opened(found.path) as stream:
        own, size = _read_through(stream)
        packed = own if is_packed(found.path) else None
        content = landed.get(own)
        if content or not (packed or _is_scanned(landing)):
            return Delivery(found.path, found.name, content or own, size, packed)
        # Opened once: opening many small files takes as long as reading them.
        content, scanned = (_unpacked if packed else _content)(stream, landing)
    return Delivery(found.path, found.name, content, size, packed, scanned)


def _unpacked(stream: BinaryIO, landing: Landing) -> tuple[str, Scanned | None]:
    """The hash of a packed file's content. igzip is faster; gzip has the better error messages."""
    try:
        return _content(stream, landing, IGzipFile)
    except Exception:  # noqa: BLE001  a file that can't be read fails again
        return _content(stream, landing, gzip.GzipFile)


def _content(
    stream: BinaryIO, landing: Landing, unpacker: type[gzip.GzipFile] | None = None
) -> tuple[str, Scanned | None]:
    """The sha256 of a file's content, and the result of scanning a CSV."""
    scan = Scan(landing.delimiter, header=landing.header) if _is_scanned(landing) else None
    stream.seek(0)
    content, _ = _read_through(unpacker(fileobj=stream) if unpacker else stream, scan)
    return content, scan.result() if scan else None


def has_changed(delivery: Delivery) -> bool:
    """Whether the file has changed since its fingerprint was taken."""
    try:
        with refusing(), _opened(delivery.path) as stream:
            now, _ = _read_through(stream)
    except Refused:
        return True
    return now != (delivery.packed_sha256 or delivery.sha256)


def _is_scanned(landing: Landing) -> bool:
    return landing.format == "csv" and landing.is_utf8


def _read_through(stream: BinaryIO | gzip.GzipFile, scan: Scan | None = None) -> tuple[str, int]:
    """The sha256 of a stream's content, and its size in bytes."""
    digest = hashlib.sha256()
    size = 0
    while chunk := stream.read(CHUNK):
        digest.update(chunk)
        size += len(chunk)
        if scan:
            scan.feed(chunk)
    return digest.hexdigest(), size


def inspect(delivery: Delivery, declaration: TableDeclaration) -> Layout:
    """Inspect a file. Raises Refused if it can't be read as declared."""
    landing, path = declaration.landing, delivery.path
    if landing.format == "csv":
        layout = csv_text.inspect(path, landing, delivery.scanned)
        # DuckDB recognizes packed files only by a lowercase suffix.
        return replace(
            layout, is_plain=layout.is_plain and path.suffix in ("", path.suffix.lower())
        )
    if landing.format == "ndjson":
        return ndjson.inspect(path, landing, declaration.columns)
    return parquet.inspect(path, declaration.columns)


def rows_to_read(delivery: Delivery, layout: Layout, declaration: TableDeclaration) -> int | None:
    """How many rows DuckDB must find in a CSV; None if it may misread it.

    Raises Refused for a damaged file.
    """
    landing = declaration.landing
    scanned = delivery.scanned or csv_text.scan(delivery.path, landing)
    return scanned.rows(_width(layout, declaration), landing.header)


def rewrite(
    delivery: Delivery, layout: Layout, declaration: TableDeclaration, target: Path
) -> Rewritten:
    """Write the good rows to `target`, for select_files. Raises Refused if too many are bad."""
    landing, columns = declaration.landing, declaration.columns
    if landing.format == "ndjson":
        return ndjson.rewrite(delivery.path, landing, columns, target)
    if landing.format == "parquet":
        return parquet.rewrite(delivery.path, landing, columns, target)
    return csv_text.rewrite(delivery.path, landing, _width(layout, declaration), target)


def _width(layout: Layout, declaration: TableDeclaration) -> int:
    return len(layout.names) or len(declaration.columns)
