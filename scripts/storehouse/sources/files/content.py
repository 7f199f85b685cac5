"""Files that were found: knowing them by content, and looking into them. They are only read."""

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
    """A file whose content is known by its sha256, `size` counting its bytes as they lie.

    The content of a packed file is what was unpacked; `packed_sha256` is of its own bytes.
    `scanned` is set where a CSV was looked through while its content was read.
    """

    path: Path
    name: str
    sha256: str
    size: int
    packed_sha256: str | None = None
    scanned: Scanned | None = None


def _opened(path: Path) -> BinaryIO:
    """The file, if it is one; Refused for what only stands in its place. Never waits for a pipe."""
    if not stat.S_ISREG(path.stat().st_mode) and not path.is_dir():
        raise Refused("it is a pipe, a device or the like", "have a file delivered in its place")
    return open(os.open(path, os.O_RDONLY | os.O_NONBLOCK), "rb")  # noqa: PTH123  a descriptor


def fingerprint(found: Found, landing: Landing, landed: Mapping[str, str]) -> Delivery:
    """The file with the hash of its content. Raises Refused where it can't be read whole.

    `landed` has the hashes of contents that landed, by those of the bytes they came in: what
    has landed under any name is neither unpacked nor scanned.
    """
    if not is_decoded(found.name):
        raise Refused("its name is not UTF-8", "rename it")
    with refusing(), _opened(found.path) as stream:
        own, size = _read_through(stream)
        packed = own if is_packed(found.path) else None
        content = landed.get(own)
        if content or not (packed or _is_scanned(landing)):
            return Delivery(found.path, found.name, content or own, size, packed)
        # Opened once: to open many small files takes as long as to read them.
        content, scanned = (_unpacked if packed else _content)(stream, landing)
    return Delivery(found.path, found.name, content, size, packed, scanned)


def _unpacked(stream: BinaryIO, landing: Landing) -> tuple[str, Scanned | None]:
    """Of the content of a packed file. igzip is the faster; what it refuses is for gzip to say."""
    try:
        return _content(stream, landing, IGzipFile)
    except Exception:  # noqa: BLE001  a file that can't be read fails again
        return _content(stream, landing, gzip.GzipFile)


def _content(
    stream: BinaryIO, landing: Landing, unpacker: type[gzip.GzipFile] | None = None
) -> tuple[str, Scanned | None]:
    """The sha256 of what a file holds, and what a scan of a CSV told."""
    scan = Scan(landing.delimiter, header=landing.header) if _is_scanned(landing) else None
    stream.seek(0)
    content, _ = _read_through(unpacker(fileobj=stream) if unpacker else stream, scan)
    return content, scan.result() if scan else None


def has_changed(delivery: Delivery) -> bool:
    """Whether the file is no longer what it was when its fingerprint was taken."""
    try:
        with refusing(), _opened(delivery.path) as stream:
            now, _ = _read_through(stream)
    except Refused:
        return True
    return now != (delivery.packed_sha256 or delivery.sha256)


def _is_scanned(landing: Landing) -> bool:
    return landing.format == "csv" and landing.is_utf8


def _read_through(stream: BinaryIO | gzip.GzipFile, scan: Scan | None = None) -> tuple[str, int]:
    """The sha256 of what a stream holds, and its bytes."""
    digest = hashlib.sha256()
    size = 0
    while chunk := stream.read(CHUNK):
        digest.update(chunk)
        size += len(chunk)
        if scan:
            scan.feed(chunk)
    return digest.hexdigest(), size


def inspect(delivery: Delivery, declaration: TableDeclaration) -> Layout:
    """Look into a file. Raises Refused for one that can't be read as declared."""
    landing, path = declaration.landing, delivery.path
    if landing.format == "csv":
        layout = csv_text.inspect(path, landing, delivery.scanned)
        # DuckDB knows packed files by a name that ends in lower case.
        return replace(
            layout, is_plain=layout.is_plain and path.suffix in ("", path.suffix.lower())
        )
    if landing.format == "ndjson":
        return ndjson.inspect(path, landing, declaration.columns)
    return parquet.inspect(path, declaration.columns)


def rows_to_read(delivery: Delivery, layout: Layout, declaration: TableDeclaration) -> int | None:
    """How many rows DuckDB must find in a CSV; None where it may misread it.

    Raises Refused for a damaged file.
    """
    landing = declaration.landing
    scanned = delivery.scanned or csv_text.scan(delivery.path, landing)
    return scanned.rows(_width(layout, declaration), landing.header)


def rewrite(
    delivery: Delivery, layout: Layout, declaration: TableDeclaration, target: Path
) -> Rewritten:
    """Write the good rows to `target`, for select_files. Raises Refused where too many are bad."""
    landing, columns = declaration.landing, declaration.columns
    if landing.format == "ndjson":
        return ndjson.rewrite(delivery.path, landing, columns, target)
    if landing.format == "parquet":
        return parquet.rewrite(delivery.path, landing, columns, target)
    return csv_text.rewrite(delivery.path, landing, _width(layout, declaration), target)


def _width(layout: Layout, declaration: TableDeclaration) -> int:
    return len(layout.names) or len(declaration.columns)
