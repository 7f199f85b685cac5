"""What people read is short and plain, and names what helps."""

from __future__ import annotations

import errno
import json

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from storehouse.core.display import LONGEST, brief, readable, safe_json, visible
from storehouse.core.errors import LoadError, StorehouseError, TableError
from storehouse.core.write_errors import not_written, remedy

# Lone surrogates as well, of which file names that are not UTF-8 are made.
ANY_TEXT = st.text(st.characters(exclude_categories=()))


@given(ANY_TEXT)
def test_no_text_drives_a_terminal_or_fails_to_be_written(text: str) -> None:
    for shown in (visible(text), brief(text), readable(text)):
        shown.encode()
        assert all(one == "\n" or (one >= " " and not "\x7f" <= one <= "\x9f") for one in shown)
        assert readable(shown) == shown or shown == visible(text)
    assert json.loads(safe_json(json.dumps([text], ensure_ascii=False))) == [text]


def test_a_long_text_is_cut_and_says_how_long_it_was() -> None:
    shown = brief("x" * 1_999_950 + "y" * 50)
    assert shown == "x" * 150 + "…" + "y" * 50 + " (2,000,000 characters)"
    shown = readable("first " + "x" * 2_000_000 + " last\nnext")
    assert shown.startswith("first xxx")
    assert shown.endswith("xxx last\nnext")
    assert "(2,000,011 characters)" in shown
    assert len(shown) <= LONGEST + len("\nnext")
    assert len(readable("\n" * 2_000_000).split("\n")) == 500


def test_what_can_not_be_seen_is_written_out() -> None:
    assert visible("a\n\t\x1b[31m\x9b\u202e\udce9\ud800é") == (
        r"a\n\t\x1b[31m\x9b\u202e\xe9\ud800é"
    )
    assert str(StorehouseError("a\x1b\nb")) == "a\\x1b\nb"


@pytest.mark.parametrize(
    ("error", "advice", "kind"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), "Free space", LoadError),
        (OSError(errno.EDQUOT, "Disk quota exceeded"), "Free space", LoadError),
        (duckdb.IOException("Could not write: No space left on device"), "Free space", LoadError),
        (duckdb.TransactionException("commit: No space left"), "Free space", LoadError),
        (OSError(errno.EFBIG, "File too large"), "Raise the file size limit", LoadError),
        (OSError(errno.EACCES, "Permission denied"), "Give this user the right", TableError),
        (OSError(errno.ENAMETOOLONG, "File name too long"), "Fix what it names", TableError),
        (OSError(errno.ENOTDIR, "Not a directory"), "Fix what it names", TableError),
        (duckdb.OutOfMemoryException("failed to pin"), "Raise STOREHOUSE_MEMORY_LIMIT", TableError),
        (MemoryError(), "Lower STOREHOUSE_MEMORY_LIMIT", TableError),
        (duckdb.CatalogException("it is a view"), "Fix what it names", TableError),
        (duckdb.FatalException("database has been invalidated"), "Fix what it names", LoadError),
        (
            duckdb.FatalException('Original error: "write file "x": No space left on device"'),
            "Free space",
            LoadError,
        ),
        # Words that stand in a file, or in its name.
        (duckdb.InvalidInputException("Line: No space left"), "Fix what it names", TableError),
        (duckdb.ConversionException("File too large"), "Fix what it names", TableError),
        (
            duckdb.TransactionException('duplicate key "No space left", "File too large"'),
            "Fix what it names",
            TableError,
        ),
        (
            duckdb.IOException('Cannot open file "No space left "on.csv": Permission denied'),
            "Give this user the right",
            LoadError,
        ),
        (OSError(errno.EIO, "I/O error", "No space left"), "Fix what it names", LoadError),
    ],
)
def test_space_is_asked_for_only_where_it_is_missing(
    error: BaseException, advice: str, kind: type[LoadError]
) -> None:
    assert advice in remedy(error)
    assert ("Free space" in remedy(error)) is (advice == "Free space")
    assert type(not_written("s.t", "why", error)) is kind
