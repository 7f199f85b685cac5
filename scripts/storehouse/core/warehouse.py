"""Opening the warehouse file."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import duckdb

from storehouse.core.config import Settings
from storehouse.core.errors import ConfigError, LoadError, LockedError
from storehouse.core.write_errors import remedy


def connect(settings: Settings, read_only: bool = False) -> duckdb.DuckDBPyConnection:
    """A connection to the warehouse in time zone UTC; creates the home folder if missing.

    Raises LockedError while another process has the file open (dbt, a BI tool),
    ConfigError if there is no file to read, if the folder can't be written or if the memory limit
    is invalid, and LoadError for a file that DuckDB can't open.
    """
    if read_only and not settings.warehouse.exists():
        raise ConfigError(
            f"There is no warehouse at {settings.warehouse} yet. Run `storehouse load` first."
        )
    try:
        settings.home.mkdir(parents=True, exist_ok=True)
        connection = duckdb.connect(str(settings.warehouse), read_only=read_only)
    except OSError as error:
        raise ConfigError(
            f"{settings.home} can't be made: {error.strerror}. Give this user write access "
            "to it, or set STOREHOUSE_HOME to another folder."
        ) from error
    except duckdb.Error as error:
        raise opening_error(settings.warehouse, error) from error
    connection.execute("set TimeZone = 'UTC'")
    try:
        connection.execute("set memory_limit = $limit", {"limit": settings.memory_limit})
    except duckdb.Error as error:
        connection.close()
        raise ConfigError(
            f"STOREHOUSE_MEMORY_LIMIT is {settings.memory_limit!r}, which is not an amount of "
            f"memory: {error}. Write it as 8GB or 50%."
        ) from error
    return connection


@contextmanager
def transaction(con: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """All or nothing, whatever the block raises."""
    con.begin()
    try:
        yield
        con.commit()
    except BaseException:
        with suppress(duckdb.Error):
            con.rollback()
        raise


def opening_error(file: Path, error: duckdb.Error) -> LockedError | LoadError:
    """What to raise for an error on opening a database file."""
    message = str(error)
    if "Could not set lock" in message:
        pid = re.search(r"PID (\d+)", message)
        who = f"process {pid[1]}" if pid else "another process"
        return LockedError(
            f"{file} is open in {who}. "
            "Close that program (dbt, a BI tool, a notebook) or wait for it, and run again."
        )
    return LoadError(
        f"{file} can't be opened: {message.splitlines()[0]} "
        f"{remedy(error)} (a file that another DuckDB version wrote opens with that version), "
        "and run again."
    )
