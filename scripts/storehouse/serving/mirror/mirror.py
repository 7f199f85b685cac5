"""Moves the mirror to the published build."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass
from time import perf_counter

from storehouse.core.config import Settings
from storehouse.core.progress import Progress
from storehouse.core.sql import literal, quoted
from storehouse.serving.mirror import structure
from storehouse.serving.mirror.connection import Connection, MirrorError, opened
from storehouse.serving.mirror.tables import (
    Table,
    all_rows,
    find_changes,
    new_rows,
    old_keys,
    published_tables,
)
from storehouse.serving.published import Published, published


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
    with published(settings) as build, opened(url) as postgresql:
        wanted = published_tables(build.con, "current")
        rows = int(build.one("select sum(row_count)::bigint from meta.row_counts"))
        with postgresql.transaction():
            structure.make_schemas(postgresql)
            there = structure.tables_in(postgresql)
            before = _build_of(postgresql, there)
            if before == build.build_id and not full:
                return Mirrored(build.build_id, before, len(wanted), rows, unchanged=True)
            begun = perf_counter()
            changes = _Changes(
                build, postgresql, there, {} if full else _tables_before(settings, build, before)
            )
            changes.bring(wanted, progress)
            copied = perf_counter()
            notes = _finish(postgresql, there, wanted.values(), role)
        committed = perf_counter()
        for relation in changes.changed:
            # A vacuum that fails is made up for by autovacuum. One that gives space back to the
            # disk would lock readers out.
            with suppress(MirrorError):
                postgresql.run(f"vacuum (analyze, truncate off) {relation}")
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


def _build_of(postgresql: Connection, there: Mapping[str, Table]) -> str | None:
    found = postgresql.rows("select build_id from meta.builds") if "meta.builds" in there else []
    return str(found[0][0]) if found else None


def _tables_before(settings: Settings, build: Published, before: str | None) -> dict[str, Table]:
    """Those of the build that the mirror has, attached as `before`; none if it is not kept."""
    if before is None or before == build.build_id:
        return {}
    file = settings.published_dir / before / settings.current.name
    if not file.exists():
        return {}
    build.con.execute(f"attach {literal(file)} as before (read_only)")
    return published_tables(build.con, "before")


class _Changes:
    """Brings the rows of a build into the tables that are there."""

    def __init__(
        self,
        build: Published,
        postgresql: Connection,
        there: Mapping[str, Table],
        before: Mapping[str, Table],
    ) -> None:
        self._con = build.con
        self._postgresql = postgresql
        self._there = there
        self._before = before
        self.changed: list[str] = []
        self.copied = self.deleted = 0

    def bring(self, wanted: Mapping[str, Table], progress: Progress) -> None:
        """Tables that readers must be kept out of come last: gone ones, and those of new shape."""
        gone = self._gone(wanted)
        altered = [
            table.relation
            for name, table in wanted.items()
            if name in self._there and not table.is_shaped_like(self._there[name])
        ]
        progress.start("mirror", len(wanted))
        for name, table in wanted.items():
            if table.relation not in altered:
                self._fill(name, table)
                progress.advance(1, name)
        if altered or gone:
            self._postgresql.lock([*altered, *gone])
        for name, table in wanted.items():
            if table.relation in altered:
                structure.alter(self._postgresql, self._there[name], table)
                self._fill(name, table)
                progress.advance(1, name)
        if gone:
            self._postgresql.run(f"drop table {', '.join(gone)}")

    def _gone(self, wanted: Collection[str]) -> list[str]:
        """What the mirror made and the build has not; other tables there are someone else's."""
        if "meta.row_counts" not in self._there:
            return []
        made = self._postgresql.rows("select table_name from meta.row_counts")
        return [
            self._there[name].relation
            for (name,) in made
            if name in self._there and name not in wanted
        ]

    def _fill(self, name: str, table: Table) -> None:
        there = self._there.get(name)
        rows, deleted = all_rows, 0
        if there is None:
            structure.create(self._postgresql, table)
        elif table.key and all(map(table.is_shaped_like, (there, self._before.get(name)))):
            if not find_changes(self._con, table):
                return
            rows, deleted = new_rows, self._delete_changed(table)
        else:
            deleted = self._postgresql.run(f"delete from {table.relation}")
        copied = self._postgresql.copy(rows(self._con, table), table.name, table.schema)
        self.copied += copied
        self.deleted += deleted
        if copied or deleted:
            self.changed.append(table.relation)

    def _delete_changed(self, table: Table) -> int:
        columns = ", ".join(f"{quoted(name)} {table.columns[name]}" for name in table.key)
        same = " and ".join(f"there.{quoted(name)} = old_keys.{quoted(name)}" for name in table.key)
        self._postgresql.run(f"create temporary table old_keys ({columns})")
        self._postgresql.copy(old_keys(self._con, table), "old_keys")
        deleted = self._postgresql.run(
            f"delete from {table.relation} as there using pg_temp.old_keys as old_keys where {same}"
        )
        self._postgresql.run("drop table pg_temp.old_keys")
        return deleted


def _finish(
    postgresql: Connection, there: Mapping[str, Table], wanted: Collection[Table], role: str
) -> tuple[str, ...]:
    for table in wanted:
        had = there.get(f"{table.schema}.{table.name}")
        if table.key and not table.is_shaped_like(had):
            structure.add_key(postgresql, table)
        structure.comment(postgresql, had, table)
    return tuple(structure.let_read(postgresql, role, wanted))
