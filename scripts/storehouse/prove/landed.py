"""Landed data of sources: copied from their home, split into other loads, and landed again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import groupby, pairwise
from pathlib import Path
from random import Random

from storehouse.core.config import Settings
from storehouse.core.errors import ConfigError
from storehouse.core.sql import literal, quoted
from storehouse.core.warehouse import connect, transaction
from storehouse.landing import load_log
from storehouse.sources.declarations import read_source

MOST_PARTS = 3


@dataclass(frozen=True)
class Portion:
    """A file or page that landed in one transaction; `loaded_at` is null if it was refused."""

    batch_id: str
    source_file: str
    loaded_at: datetime | None


Load = Sequence[Portion]


@dataclass(frozen=True)
class Landed:
    """A home with only raw tables and load log, so that the original one is not locked."""

    home: Settings
    tables: Sequence[str]
    loads: Sequence[Load]

    def land(self, home: Settings, loads: Sequence[Load]) -> None:
        """Land these loads again, in `home`."""
        portions = [portion for load in loads for portion in load]
        with connect(home) as con:
            load_log.prepare(con)
            con.execute(f"attach {literal(self.home.warehouse)} as landed (read_only)")
            con.execute(
                "create temp table arriving as select unnest($1::varchar[]) as batch_id, "
                "unnest($2::varchar[]) as source_file, unnest($3::timestamp[]) as loaded_at",
                [
                    [portion.batch_id for portion in portions],
                    [portion.source_file for portion in portions],
                    [portion.loaded_at for portion in portions],
                ],
            )
            with transaction(con):
                for table in self.tables:
                    con.execute(f"create schema if not exists {table.partition('.')[0]}")
                    con.execute(
                        f"create table if not exists {table} as from landed.{table} limit 0"
                    )
                    con.execute(
                        f"insert into {table} by name "
                        "select rows.* replace (arriving.loaded_at as _loaded_at) "
                        f"from landed.{table} as rows inner join arriving on "
                        "rows._batch_id = arriving.batch_id "
                        "and rows._source_file = arriving.source_file"
                    )
                con.execute(
                    "insert into ops.loads by name select loads.* replace "
                    "(case when loads.loaded_at is not null then arriving.loaded_at end "
                    "as loaded_at) from landed.ops.loads as loads "
                    "inner join arriving using (batch_id, source_file)"
                )


def copy_landed(settings: Settings, folder: Path) -> Landed:
    """Copy the landed data of the sources that are on into a home at `folder`.

    Raises ConfigError if that is too little for an incremental run.
    """
    declared = (read_source(settings, source) for source in settings.sources)
    schemas = sorted(
        {
            table.schema
            for source in declared
            for table in (source if isinstance(source, tuple) else source.tables)
        }
    )
    with connect(settings, read_only=True) as con:
        has_landed = load_log.is_prepared(con)
    home = replace(settings, home=folder)
    with connect(home) as con:
        load_log.prepare(con)
        con.execute(f"attach {literal(settings.warehouse)} as origin (read_only)")
        raw = con.execute(
            "select schema_name, table_name from duckdb_columns() where database_name = 'origin' "
            "and column_name = '_batch_id' and list_contains(?::varchar[], schema_name) "
            "order by all",
            [schemas],
        ).fetchall()
        tables = [f"{quoted(schema)}.{quoted(table)}" for schema, table in raw]
        for schema, _ in raw:
            con.execute(f"create schema if not exists {quoted(schema)}")
        for table in tables:
            con.execute(f"create table {table} as from origin.{table}")
        if has_landed:
            con.execute(
                "insert into ops.loads by name from origin.ops.loads "
                "where list_contains(?::varchar[], source)",
                [list(settings.sources)],
            )
        portions = [
            Portion(*row)
            for row in con.execute(
                "select batch_id, source_file, max(loaded_at) from ops.loads "
                "group by all order by all"
            ).fetchall()
        ]
    if len(portions) < 2:  # noqa: PLR2004
        raise ConfigError(
            f"Only {len(portions)} files or pages of {','.join(settings.sources)} have landed in "
            f"{settings.home}; an incremental run needs two. Run `storehouse load` first."
        )
    loads = [tuple(load) for _, load in groupby(portions, lambda portion: portion.batch_id)]
    return Landed(home, tables, loads)


def cut_loads(loads: Sequence[Load], rng: Random) -> list[Load]:
    """Split each load into up to three, files and pages in any order; later loads stay later."""
    cut: list[Load] = []
    last = datetime.min  # noqa: DTZ901  the load log's timestamps have no zone
    for load in loads:
        parts = min(len(load), rng.randint(2, MOST_PARTS))
        shuffled = rng.sample(load, len(load))
        for number in range(parts):
            part = shuffled[number::parts]
            moments = [portion.loaded_at for portion in part if portion.loaded_at]
            last = max([last + timedelta(microseconds=1), *moments])
            cut.append([replace(portion, loaded_at=portion.loaded_at and last) for portion in part])
    return cut


def grouped(loads: Sequence[Load], runs: int, rng: Random) -> list[Sequence[Load]]:
    """The loads in `runs` groups of neighbours, none of them empty."""
    cuts = sorted(rng.sample(range(1, len(loads)), min(runs, len(loads)) - 1))
    return [loads[start:end] for start, end in pairwise([0, *cuts, len(loads)])]
