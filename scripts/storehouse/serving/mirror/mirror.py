"""Moves the mirror to the published build."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from tempfile import TemporaryDirectory
from time import perf_counter

import duckdb

from storehouse.core.config import Settings
from storehouse.core.errors import PublishError
from storehouse.core.progress import Progress
from storehouse.core.sql import literal
from storehouse.core.write_errors import remedy
from storehouse.serving.mirror import structure
from storehouse.serving.mirror.changes import Changes
from storehouse.serving.mirror.connection import Connection, MirrorError, opened
from storehouse.serving.mirror.tables import Table, published_tables
from storehouse.serving.published import Published, published
from storehouse.serving.published_files import kept_files


@dataclass(frozen=True)
class Mirrored:
    """A mirror of build `build_id`, which was one of build `before`.

    `rows` are those of all its tables, `copied` and `deleted` what changed. Seconds: finding
    and copying rows; keys, comments and rights; the vacuum. `unchanged`: it had that build.
    """

    build_id: str
    before: str | None
    tables: int
    rows: int
    copied: int = 0
    deleted: int = 0
    copy_seconds: float = 0
    key_seconds: float = 0
    vacuum_seconds: float = 0
    notes: tuple[str, ...] = ()
    unchanged: bool = False


def mirror(
    settings: Settings, url: str, *, role: str, full: bool = False, progress: Progress
) -> Mirrored:
    """Give the PostgreSQL database at `url` the published build, which role `role` may read.

    Only rows that differ from those of the build that it has are changed, if that is kept; with
    `full` all are copied. Raises PublishError, with the mirror as it was, and LockedError
    while another mirror is under way.
    """
    with _reading(settings) as build, opened(url) as postgresql:
        wanted = published_tables(build.con, "current")
        rows = int(build.one("select sum(row_count)::bigint from meta.row_counts"))
        with postgresql.transaction():
            structure.make_schemas(postgresql)
            there = structure.tables_in(postgresql)
            made = _made(postgresql, there, wanted)
            before = _build_of(postgresql, there)
            if before == build.build_id and not full and _has_all(there, wanted):
                notes = _finish(postgresql, there, wanted.values(), role)
                return Mirrored(
                    build.build_id, before, len(wanted), rows, notes=notes, unchanged=True
                )
            begun = perf_counter()
            changes = Changes(
                build, postgresql, there, {} if full else _tables_before(settings, build, before)
            )
            gone = [there[name].relation for name in made - wanted.keys()]
            changes.bring(wanted, gone, progress)
            copied = perf_counter()
            notes = _finish(postgresql, there, wanted.values(), role)
        committed = perf_counter()
        for relation in changes.changed:
            # A vacuum that fails, or would wait, is made up for by autovacuum. One that gives space
            # back to the disk would lock readers out.
            with suppress(MirrorError):
                postgresql.run(f"vacuum (analyze, truncate off, skip_locked) {relation}")
        return Mirrored(
            build.build_id,
            before,
            len(wanted),
            rows,
            changes.copied,
            changes.deleted,
            copied - begun,
            committed - copied,
            perf_counter() - committed,
            notes,
        )


@contextmanager
def _reading(settings: Settings) -> Iterator[Published]:
    """The published build. What DuckDB can't do is a PublishError; it spills below home."""
    try:
        with (
            TemporaryDirectory(prefix=".mirror-", dir=settings.home) as spilled,
            published(settings) as build,
        ):
            build.con.execute("set temp_directory = $folder", {"folder": spilled})
            yield build
    except (duckdb.Error, OSError) as error:
        raise PublishError(
            f"The mirror was not changed: {str(error).splitlines()[0]} {remedy(error)}, and run "
            "again."
        ) from error


def _made(
    postgresql: Connection, there: Mapping[str, Table], wanted: Collection[str]
) -> frozenset[str]:
    """Tables of builds that the mirror made. Raises PublishError for a wanted one of others."""
    listed = "meta.row_counts" in there
    made = postgresql.rows("select table_name from meta.row_counts") if listed else []
    ours = frozenset(name for (name,) in made if name in there)
    for name in wanted:
        if name in there and name not in ours and there[name].schema != "meta":
            raise PublishError(
                f"The mirror was not changed: table {name} of that database is not its own. "
                "Rename or drop it, and run again."
            )
    return ours


def _has_all(there: Mapping[str, Table], wanted: Mapping[str, Table]) -> bool:
    return all(table.is_shaped_like(there.get(name)) for name, table in wanted.items())


def _build_of(postgresql: Connection, there: Mapping[str, Table]) -> str | None:
    found = postgresql.rows("select build_id from meta.builds") if "meta.builds" in there else []
    return str(found[0][0]) if found else None


def _tables_before(settings: Settings, build: Published, before: str | None) -> dict[str, Table]:
    """Those of the build that the mirror has, attached as `before`; none if it is not kept."""
    file = None if before in (None, build.build_id) else kept_files(settings).get(str(before))
    if file is None:
        return {}
    build.con.execute(f"attach {literal(file)} as before (read_only)")
    return published_tables(build.con, "before")


def _finish(
    postgresql: Connection, there: Mapping[str, Table], wanted: Collection[Table], role: str
) -> tuple[str, ...]:
    for table in wanted:
        had = there.get(f"{table.schema}.{table.name}")
        if table.key and not table.is_shaped_like(had):
            structure.add_key(postgresql, table)
        structure.comment(postgresql, had, table)
    return tuple(structure.let_read(postgresql, role, wanted))
