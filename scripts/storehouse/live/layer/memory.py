"""A lane's tables: the base's rows, and over them what events have changed, in memory.

They have the names that dbt's compiled SQL has for them. A table with groups is a view: the rows
of the base but those of groups that were replaced since, and the replaced ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa

from storehouse.core.sql import literal
from storehouse.core.warehouse import transaction
from storehouse.live.layer.program import Kind, Relation

# dbt's compiled SQL names the warehouse's tables by this database.
_DATABASE = "warehouse"


_ROWS = "_storehouse_rows"
# Those that keep what has changed in them.
_MOVING = (Kind.RAW, Kind.GROUPED, Kind.WHOLE)


@dataclass(frozen=True)
class Landed:
    """Rows of the raw table `name`, with their `_row_number`, as of one file of the load log.

    `source` and `table` are its declaration's.
    """

    name: str
    source: str
    table: str
    rows: pa.Table
    source_file: str
    loaded_at: str


class Memory:
    """The tables of one lane, in a database of their own. Safe to use from one thread."""

    def __init__(
        self,
        relations: Sequence[Relation],
        base: Path,
        limit: str,
        spill: Path,
        *,
        empty: bool = False,
    ) -> None:
        """Beyond `limit`, rows are kept in the folder `spill`.

        With `empty`, tables that take events, and what is built from them, begin empty.

        Raises duckdb.Error if the base can't be read.
        """
        self.relations = relations
        self._from = "where false" if empty else ""
        self.con = con = duckdb.connect()
        con.execute("set TimeZone = 'UTC'; set threads = 1; set preserve_insertion_order = false")
        # It would keep whole tables of the base for two readers, each of which wants a few rows.
        con.execute("set disabled_optimizers = 'common_subplan'")
        con.execute("set memory_limit = $limit", {"limit": limit})
        spill.parent.mkdir(parents=True, exist_ok=True)  # DuckDB makes the last folder only
        con.execute(f"set temp_directory = {literal(spill)}")
        con.execute(f"attach {literal(base)} as base (read_only)")
        con.execute(f"attach ':memory:' as {_DATABASE}; use {_DATABASE}")
        schemas = {one.schema for one in relations} | {"changes", "held"}
        for schema in sorted(schemas):
            con.execute(f'create schema if not exists "{schema}"')
        for one in relations:
            self._create(one)
        self._logged: set[tuple[str, str, str, str]] = set()
        self._loads = next((one.table for one in relations if one.kind is Kind.LOADS), "")
        moving = {one.name for one in relations if one.kind in _MOVING}
        self._ways = {one.name: [way for way in one.ways if way[0] in moving] for one in relations}
        self._followed = {feed for ways in self._ways.values() for feed, _ in ways}
        if empty:
            with transaction(con):
                self._propagate({one.name for one in relations if one.kind is Kind.GIVEN})

    def _create(self, one: Relation) -> None:
        base, held = f"base.{one.table}", f'held."{one.name}"'
        match one.kind:
            case Kind.GIVEN:
                self.con.execute(f"create view {one.table} as from {base}")
            case Kind.LOADS:
                self.con.execute(f"create table {one.table} as from {base} {self._from}")
            case Kind.WHOLE:
                self.con.execute(f"create table {one.table} as from {base} {self._from}")
                self.con.execute(f"create table {held} as from {base} limit 0")
            case Kind.VIEW:
                self.con.execute(f"create view {one.table} as {one.sql}")
            case Kind.RAW:
                self.con.execute(f"create table {held} as from {base} limit 0")
                self.con.execute(
                    f"create view {one.table} as from {base} {self._from} union all from {held}"
                )
            case Kind.GROUPED:
                self._create_grouped(one, base, held)
        if one.kind in _MOVING:
            changes = f'create table changes."{one.name}" as from {base} limit 0'
            self.con.execute(changes)

    def _create_grouped(self, one: Relation, base: str, held: str) -> None:
        key = ", ".join(one.key)
        groups = f'changes."{one.name}__groups"'
        self.con.execute(f"create table {held} as from {base} limit 0")
        self.con.execute(f"create table {groups} as select {key} from {base} limit 0")
        self.con.execute(f'create table held."{one.name}__groups" as from {groups}')
        self._show_grouped(one)

    def _show_grouped(self, one: Relation, but: str = "false") -> None:
        """The rows of the base, but those that were replaced and those that `but` says."""
        same = " and ".join(f"replaced.{column} = built.{column}" for column in one.key)
        self.con.execute(
            f"""
            create or replace view {one.table} as
            select * from (from base.{one.table} {self._from}) as built
            where
                not exists (select 1 from held."{one.name}__groups" as replaced where {same})
                and not ({but})
            union all
            from held."{one.name}"
            """
        )

    def apply(self, landed: Sequence[Landed]) -> set[str]:
        """Add rows and replace what follows from them, all or nothing.

        Returns the names of all relations that may have changed. Raises duckdb.Error.
        """
        files = {(one.source, one.table, one.source_file, one.loaded_at) for one in landed}
        with transaction(self.con):
            names = {one.name for one in landed}
            for name in names:
                self.con.execute(f'delete from changes."{name}"')
            for one in landed:
                self._add(one)
            for name in names:
                self.con.execute(f'insert into held."{name}" from changes."{name}"')
            for file in files - self._logged if self._loads else ():
                self.con.execute(
                    f"""
                    insert into {self._loads} (source, table_name, source_file, loaded_at, status)
                    values ($1, $2, $3, $4::timestamp, 'loaded')
                    """,
                    file,
                )
            changed = self._propagate(names)
        self._logged |= files
        return changed

    def _add(self, one: Landed) -> None:
        """As raw_table.py adds the rows of a portion."""
        self.con.register(_ROWS, one.rows)
        try:
            self.con.execute(
                f"""
                insert into changes."{one.name}" by name
                select
                    *,
                    'live' as _batch_id,
                    $loaded_at::timestamp as _loaded_at,
                    $source_file as _source_file
                from {_ROWS}
                """,
                {"loaded_at": one.loaded_at, "source_file": one.source_file},
            )
        finally:
            with suppress(duckdb.Error):
                self.con.unregister(_ROWS)

    def _propagate(self, changed: set[str]) -> set[str]:
        for one in self.relations:
            if not changed.isdisjoint(one.inputs):
                match one.kind:
                    case Kind.VIEW:
                        has_changed = True
                    case Kind.GROUPED:
                        has_changed = self._replace_groups(one, changed)
                    case Kind.WHOLE:
                        has_changed = self._rebuild(one)
                    case _:
                        has_changed = False
                if has_changed:
                    changed.add(one.name)
        return changed

    def _replace_groups(self, one: Relation, changed: set[str]) -> bool:
        """As replace_by_key does in a run: find the groups, build them, replace them."""
        key, held = ", ".join(one.key), f'held."{one.name}"'
        groups, replaced = f'changes."{one.name}__groups"', f'held."{one.name}__groups"'
        named = [sql for feed, sql in self._ways[one.name] if feed in changed]
        if not named:
            return False
        lacks = " or ".join(f"{column} is null" for column in one.key)
        self.con.execute(f"delete from {groups}")
        self.con.execute(f"insert into {groups} {' union '.join(named)} returning {lacks}")
        found = self.con.fetchall()
        if not found:
            return False
        in_groups = f"({key}) in (select {key} from {groups})"
        if without_key := (True,) in found:  # no group names such rows: all of them are replaced
            in_groups = f"({in_groups} or {lacks})"
        self._note_changes(one, f"from {one.table} where {in_groups}", anew=True)
        self.con.execute(f"delete from {held} where {in_groups}")
        self.con.execute(f"insert into {held} by name select * from ({one.sql}) where {in_groups}")
        self.con.execute(f"insert into {replaced} from {groups} except from {replaced}")
        if without_key and self._one(f"select count(*) from base.{one.table} where {lacks}") > (0,):
            self._show_grouped(one, but=lacks)
        self._note_changes(one, f"from {held} where {in_groups}")
        return True

    def _note_changes(self, one: Relation, rows: str, *, anew: bool = False) -> None:
        """Add rows that go or come to its table of changes, if others follow it."""
        if one.name in self._followed:
            changes = f'changes."{one.name}"'
            if anew:
                self.con.execute(f"delete from {changes}")
            self.con.execute(f"insert into {changes} {rows}")

    def _rebuild(self, one: Relation) -> bool:
        """Build a small table whole; what differs are its changes, which only followers need."""
        if one.name not in self._followed:
            self.con.execute(f"delete from {one.table}")
            self.con.execute(f"insert into {one.table} by name {one.sql}")
            return True
        built = f'held."{one.name}"'
        self.con.execute(f"delete from {built}")
        self.con.execute(f"insert into {built} by name {one.sql}")
        compared = f"* exclude ({', '.join(one.not_compared)})" if one.not_compared else "*"
        self.con.execute(f'delete from changes."{one.name}"')
        before, after = (f"select {compared} from {name}" for name in (one.table, built))
        (count,) = self._one(
            f"""
            insert into changes."{one.name}" by name
            ({before} except {after}) union all ({after} except {before})
            """
        )
        self.con.execute(f"delete from {one.table}")
        self.con.execute(f"insert into {one.table} from {built}")
        return bool(count)

    def _one(self, sql: str) -> tuple[int, ...]:
        ((*found,),) = self.con.execute(sql).fetchall()
        return tuple(found)

    def close(self) -> None:
        self.con.close()
