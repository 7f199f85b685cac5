"""The published file, opened read-only for each use."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Thread
from typing import Any

import duckdb

from storehouse.core.config import Settings
from storehouse.core.errors import AnswerTimeout, BuildGone, ConfigError, PublishError
from storehouse.serving.published_files import build_id_of, current_file, published_files

_BETWEEN_INTERRUPTS = 0.02  # seconds


@dataclass(frozen=True)
class Deadline:
    """The time limit of a request, from when it arrived; `remedy` is added to the error."""

    seconds: float
    remedy: str = "Try again later, or start the server with a larger --timeout."
    arrived: float = field(default_factory=time.monotonic)

    @property
    def left(self) -> float:
        return max(0.0, self.arrived + self.seconds - time.monotonic())

    def exceeded(self) -> AnswerTimeout:
        return AnswerTimeout(
            f"The request exceeded the time limit of {self.seconds:g} s. {self.remedy}"
        )


@dataclass(frozen=True)
class Published:
    """One published build. Its catalog is `current`, whatever the build."""

    build_id: str
    file: Path
    con: duckdb.DuckDBPyConnection

    def rows(self, query: str, parameters: Any = None) -> list[tuple[Any, ...]]:
        """The rows of a query. Raises ConfigError for a value of another type than its column."""
        try:
            return self.con.execute(query, parameters).fetchall()
        except duckdb.ConversionException as error:
            raise ConfigError(f"A value can't be compared: {str(error).splitlines()[0]}") from error

    def one(self, query: str, parameters: Any = None) -> Any:
        """The single value that a query returns."""
        ((value,),) = self.rows(query, parameters)
        return value

    @property
    def currency_code(self) -> str:
        """The reporting currency, used by every amount without a currency beside it."""
        return str(
            self.one("select currency_code from marts.dim_currencies where is_reporting_currency")
        )


@contextmanager
def published(
    settings: Settings, build_id: str | None = None, *, deadline: Deadline | None = None
) -> Iterator[Published]:
    """A published build, by default the current one; queries end at the deadline.

    Raises PublishError before the first publish, BuildGone for a build that is not kept,
    AnswerTimeout.
    """
    file = _file_of(settings, build_id)
    with _opened(file) as con, limited(con, deadline):
        con.execute("set timezone = 'UTC'")
        yield Published(build_id_of(file), file, con)


@contextmanager
def limited(con: duckdb.DuckDBPyConnection, deadline: Deadline | None) -> Iterator[None]:
    """End what the connection runs at the deadline; later there is only AnswerTimeout."""
    if deadline is None:
        yield
        return
    done = Event()

    def watch() -> None:
        # An interrupt between two queries would end neither, so it is repeated.
        if not done.wait(deadline.left):
            while not done.wait(_BETWEEN_INTERRUPTS):
                con.interrupt()

    watcher = Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield
        if not deadline.left:
            raise deadline.exceeded()
    except duckdb.InterruptException as error:
        raise deadline.exceeded() from error
    finally:
        done.set()
        watcher.join()


def last_day_over(loaded_at: str) -> str:
    """SQL for the last complete day of a row of dim_sources when its data were loaded."""
    return f"timezone(time_zone, timezone('UTC', {loaded_at}))::date - 1"


def kept_builds(settings: Settings) -> Sequence[str]:
    """The builds that are kept, oldest first."""
    return [build_id_of(file) for file in published_files(settings)]


def refuse_gone(kept: Sequence[str], *build_ids: str) -> None:
    """Raise BuildGone for the first build that is not kept."""
    for build_id in build_ids:
        if build_id not in kept:
            raise BuildGone(
                f"There is no published build {build_id!r}. Kept builds: {', '.join(kept)}."
            )


def _opened(file: Path) -> duckdb.DuckDBPyConnection:
    try:
        return duckdb.connect(str(file), read_only=True)
    except duckdb.IOException as error:
        if file.exists():
            raise
        raise BuildGone(f"Build {build_id_of(file)} has just been removed. Ask again.") from error


def _file_of(settings: Settings, build_id: str | None) -> Path:
    current = current_file(settings)
    if current is None:
        raise PublishError("Nothing is published yet. Run `storehouse run` first.")
    if build_id is None:
        return current
    files = {build_id_of(file): file for file in published_files(settings)}
    refuse_gone([*files], build_id)
    return files[build_id]
