"""The published file, opened read-only for each use."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from storehouse.core.config import Settings
from storehouse.core.errors import ConfigError, PublishError
from storehouse.serving.published_files import build_id_of, current_file, published_files


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
def published(settings: Settings, build_id: str | None = None) -> Iterator[Published]:
    """A published build, by default the current one.

    Raises PublishError before the first publish, ConfigError for a build that is not kept.
    """
    file = _file_of(settings, build_id)
    with duckdb.connect(str(file), read_only=True) as con:
        con.execute("set timezone = 'UTC'")
        yield Published(build_id_of(file), file, con)


def last_day_over(loaded_at: str) -> str:
    """SQL for the last complete day of a row of dim_sources when its data were loaded."""
    return f"timezone(time_zone, timezone('UTC', {loaded_at}))::date - 1"


def kept_builds(settings: Settings) -> Sequence[str]:
    """The builds that are kept, oldest first."""
    return [build_id_of(file) for file in published_files(settings)]


def _file_of(settings: Settings, build_id: str | None) -> Path:
    current = current_file(settings)
    if current is None:
        raise PublishError("Nothing is published yet. Run `storehouse run` first.")
    if build_id is None:
        return current
    files = {build_id_of(file): file for file in published_files(settings)}
    if build_id not in files:
        raise ConfigError(
            f"There is no published build {build_id!r}. Kept builds: {', '.join(files)}."
        )
    return files[build_id]
