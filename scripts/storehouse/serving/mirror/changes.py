"""The rows of a build, brought into the tables of a mirror."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from storehouse.core.progress import Progress
from storehouse.core.sql import quoted
from storehouse.serving.mirror import structure
from storehouse.serving.mirror.connection import Connection
from storehouse.serving.mirror.tables import Table, all_rows, find_changes, new_rows, old_keys
from storehouse.serving.published import Published


class Changes:
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

    def bring(self, wanted: Mapping[str, Table], gone: Collection[str], progress: Progress) -> None:
        """Tables that readers must be kept out of come last: gone ones, and those of new shape."""
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
