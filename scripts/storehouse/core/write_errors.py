"""Why something could not be written, and the remedy for it."""

from __future__ import annotations

import errno
import re

import duckdb

from storehouse.core.errors import LoadError, TableError

_FULL = (errno.ENOSPC, errno.EDQUOT)
_FORBIDDEN = (errno.EACCES, errno.EPERM, errno.EROFS)

# DuckDB's words for errors of the operating system.
_FULL_WORDS = ("No space left", "Disk quota", "failed to offload")
_LARGE_WORDS = ("File too large",)
_WRITE = "write file"
_FORBIDDEN_WORDS = ("Permission denied", "Read-only file system", "Operation not permitted")

# After these this process can't write anything more.
_FATAL = (duckdb.FatalException, duckdb.InternalException, duckdb.ConnectionException)
# Only these carry errors of the operating system; others may quote the content of a file. A commit
# that fails for lack of space is an error of the transaction.
_OF_THE_SYSTEM = (
    duckdb.IOException,
    duckdb.OutOfMemoryException,
    duckdb.TransactionException,
    *_FATAL,
)


def remedy(error: BaseException) -> str:
    """What to do about a write error, as a clause to be followed by `and run again`."""
    code = error.errno if isinstance(error, OSError) else None
    if code in _FULL or _mentions(error, _FULL_WORDS):
        return "Free space on that disk"
    if isinstance(error, MemoryError):  # DuckDB's limit leaves too little for Python
        return "Lower STOREHOUSE_MEMORY_LIMIT, or give the machine more memory"
    if isinstance(error, duckdb.OutOfMemoryException):
        return "Raise STOREHOUSE_MEMORY_LIMIT, or give the machine more memory"
    if code == errno.EFBIG or _mentions(error, _LARGE_WORDS):
        return "Raise the file size limit there"
    if code in _FORBIDDEN or _mentions(error, _FORBIDDEN_WORDS):
        return "Give this user the right to write there"
    return "Fix what it names"


def ends_the_load(error: BaseException) -> bool:
    """Whether nothing else can be written either."""
    if isinstance(error, OSError):
        return error.errno in (*_FULL, errno.EFBIG, errno.EIO, errno.EROFS)
    return isinstance(error, duckdb.Error) and (
        isinstance(error, duckdb.IOException) or is_of_the_disk(error)
    )


def is_of_the_disk(error: duckdb.Error) -> bool:
    """Whether a write failed because of the disk, not because of its content."""
    return isinstance(error, _FATAL) or _mentions(error, (*_FULL_WORDS, *_LARGE_WORDS, _WRITE))


def not_written(what: str, reason: str, error: BaseException) -> LoadError:
    """The error to raise; a TableError if other tables may still be written."""
    kind = LoadError if ends_the_load(error) else TableError
    return kind(
        f"{what} could not be written: {reason}. {remedy(error)}, and run again: what was "
        "committed stays, nothing is half-written."
    )


def _mentions(error: BaseException, words: tuple[str, ...]) -> bool:
    if not isinstance(error, _OF_THE_SYSTEM):
        return False
    text = str(error)
    if not isinstance(error, _FATAL):  # fatal errors quote the error they come from
        text = re.sub('".*"', "", text, flags=re.DOTALL)  # a path may hold any word
    return any(one in text for one in words)
