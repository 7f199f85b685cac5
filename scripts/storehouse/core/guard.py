"""One failure stops only itself: errors of a table or a source are reported, not raised."""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from storehouse.core.errors import (
    LoadError,
    SourceError,
    StorehouseError,
    TableError,
    UnexpectedError,
)
from storehouse.core.write_errors import ends_the_load, remedy

_PACKAGE = Path(__file__).parents[1]
# Libraries in Rust raise exceptions that do not derive from Exception.
_EXITS = (KeyboardInterrupt, SystemExit, GeneratorExit)


@contextmanager
def guarded(errors: list[StorehouseError], what: str) -> Iterator[None]:
    """Collect errors of `what` in `errors`, so that the load continues.

    Raises LoadError if nothing more can be written.
    """
    try:
        yield
    except (SourceError, TableError) as error:
        errors.append(error)
    except (LoadError, *_EXITS):
        raise
    except BaseException as error:
        if isinstance(error, duckdb.Error) and ends_the_load(error):
            raise LoadError(f"{what}: {error}. {remedy(error)}, and run again.") from error
        errors.append(unexpected(what, error))


def unexpected(what: str, error: BaseException) -> StorehouseError:
    """A bug in storehouse, for a report; without its message, which may hold a secret."""
    if isinstance(error, StorehouseError):
        return error
    reason, advice = described(error)
    return UnexpectedError(f"{what}: {reason}; {advice}.")


def described(error: BaseException) -> tuple[str, str]:
    """What happened where, and what to do; both without a full stop."""
    if isinstance(error, MemoryError):
        return "there was not enough memory", f"{uncapitalised(remedy(error))}, and run again"
    what = f"a bug in storehouse, {type(error).__name__} at {_place(error)}"
    return f"{what}; nothing of it is half-written", "please report it with this line"


def uncapitalised(clause: str) -> str:
    return clause[:1].lower() + clause[1:]


def _place(error: BaseException) -> str:
    """The last line of storehouse in its traceback."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if _PACKAGE in Path(frame.filename).parents]
    if not own:
        return "an unknown place"
    last = own[-1]
    return f"{Path(last.filename).relative_to(_PACKAGE.parent).as_posix()}:{last.lineno}"
