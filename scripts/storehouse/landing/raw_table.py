"""A raw table in the warehouse: its columns, its transactions, and adding rows to it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass

import duckdb
import numpy as np
import pyarrow as pa

from storehouse.core.config import Settings
from storehouse.core.display import brief
from storehouse.core.errors import LoadError, TableError
from storehouse.core.sql import quoted
from storehouse.core.warehouse import transaction
from storehouse.core.write_errors import not_written
from storehouse.landing import load_log
from storehouse.sources.declarations.tables import Table

_ROWS = "_storehouse_rows"


@dataclass(frozen=True)
class RawTable:
    """A raw table in the warehouse.

    Raises TableError if it can't be written, and LoadError if no table can.
    """

    con: duckdb.DuckDBPyConnection
    settings: Settings
    declaration: Table

    @property
    def name(self) -> str:
        return f"{quoted(self.declaration.schema)}.{quoted(self.declaration.table)}"

    def prepare(self) -> None:
        """Create the table if it is missing, and add columns declared since."""
        columns = {column.name: "varchar" for column in self.declaration.columns}
        columns |= dict(self.settings.technical_columns)
        listed = ", ".join(f"{quoted(name)} {kind}" for name, kind in columns.items())
        with self._writing():
            self.con.execute(f"create schema if not exists {quoted(self.declaration.schema)}")
            self.con.execute(f"create table if not exists {self.name} ({listed})")
            for name, kind in columns.items():
                self.con.execute(
                    f"alter table {self.name} add column if not exists {quoted(name)} {kind}"
                )
            self._refuse_other_types(columns)

    def _refuse_other_types(self, columns: Mapping[str, str]) -> None:
        """A column of another type would change values: `007` into 7."""
        casts = ", ".join(f"null::{kind} as {quoted(name)}" for name, kind in columns.items())
        listed = ", ".join(map(quoted, columns))
        expected = self.con.sql(f"select {casts}")
        actual = self.con.sql(f"select {listed} from {self.name}")
        for name, expected_type, actual_type in zip(
            columns, expected.types, actual.types, strict=True
        ):
            if expected_type != actual_type:
                raise TableError(
                    f"{self.declaration.label}: column {brief(name)} of {self.name} in "
                    f"{self.settings.warehouse} is {actual_type}, and a raw table has it as "
                    f"{expected_type}. Rename that table or fix its column, and run again: "
                    "the rows that it would change have not landed."
                )

    def add(self, batch: load_log.Batch, rows: pa.Table, source_file: str) -> None:
        """Add the rows of a portion, numbered from 1; missing columns are null."""
        numbered = rows.append_column("_row_number", pa.array(np.arange(1, rows.num_rows + 1)))
        # DuckDB stores one large chunk with all its threads, but many small ones with one.
        self.con.register(_ROWS, numbered.combine_chunks())
        try:
            self.con.execute(
                f"""
                insert into {self.name} by name
                select
                    *,
                    $batch_id as _batch_id,
                    $loaded_at::timestamp as _loaded_at,
                    $source_file as _source_file,
                from {_ROWS}
                """,
                {
                    "batch_id": batch.batch_id,
                    "loaded_at": batch.loaded_at,
                    "source_file": source_file,
                },
            )
        finally:
            # If the transaction was aborted this fails too, and would hide the cause.
            with suppress(duckdb.Error):
                self.con.unregister(_ROWS)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing, whatever the block raises."""
        with storing(self.con, self.settings, self.declaration.label):
            yield

    @contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            yield
        except duckdb.Error as error:
            raise _not_written(self.settings, self.declaration.label, error) from error


@contextmanager
def storing(con: duckdb.DuckDBPyConnection, settings: Settings, what: str) -> Iterator[None]:
    """A transaction, all or nothing whatever the block raises; raises as RawTable does."""
    try:
        with transaction(con):
            yield
    except duckdb.Error as error:
        raise _not_written(settings, what, error) from error


def _not_written(settings: Settings, what: str, error: duckdb.Error) -> LoadError:
    return not_written(f"{what} in {settings.warehouse}", first_lines(error), error)


def first_lines(error: duckdb.Error) -> str:
    """DuckDB's message without the fixes that it suggests."""
    message = str(error).partition("Possible")[0].split("\n\n")[0]
    return " ".join(message.split()).rstrip(".")
