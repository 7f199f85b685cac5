"""The raw rows behind a document, traced by the `follows` that models declare."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import duckdb

from storehouse.core.config import Settings
from storehouse.core.errors import ConfigError
from storehouse.core.sql import literal
from storehouse.core.warehouse import connect
from storehouse.serving.explain_document import Table
from storehouse.serving.follows import Follows, KeyMapping, Node, is_constant

_BOOK = "model.storehouse.fct_ledger_entries"
# A file that landed again under its name replaces its earlier version, at `_replaced_at`.
_ROWS = """
select raw.*, (
    select min(loads.loaded_at)
    from ops.loads
    where loads.source = {source} and loads.table_name = {table} and loads.status = 'loaded'
        and loads.source_file = raw._source_file and loads.loaded_at > raw._loaded_at
) as _replaced_at
from {relation} as raw
where {where}
order by raw._loaded_at, raw._source_file, raw._row_number
"""

Keys = frozenset[tuple[str, ...]]


@dataclass(frozen=True)
class RawRows:
    """Rows by raw table, as `source.table`; `untraced` names models that led no further."""

    tables: dict[str, Table]
    untraced: tuple[str, ...]


def raw_rows(settings: Settings, source_name: str, document_type: str, document_id: str) -> RawRows:
    """All versions of the rows that the document was made of, with their origin.

    Raises StorehouseError if the warehouse can't be read, or dbt has not built this source here.
    """
    manifest = settings.target_dir / "manifest.json"
    try:
        follows = Follows(manifest)
        if not follows.has_staging_of(source_name):
            raise ConfigError(
                f"{manifest} is of a run without source {source_name}. "
                "Run `storehouse build` with that source in STOREHOUSE_SOURCES."
            )
        with connect(settings, read_only=True) as con:
            lineage = _Lineage(con, follows, document_type)
            key = ("source_name", "document_type", "document_id")
            lineage.trace(_BOOK, key, frozenset({(source_name, document_type, document_id)}))
            return RawRows(lineage.found(), tuple(sorted(lineage.untraced)))
    except (OSError, duckdb.Error) as error:
        reason = str(error).splitlines()[0]
        raise ConfigError(f"{reason}. Run `storehouse build` in this home first.") from error


@dataclass
class _Lineage:
    """Traces a table's keys to the keys of what it follows, down to raw tables."""

    con: duckdb.DuckDBPyConnection
    follows: Follows
    document_type: str
    untraced: set[str] = field(default_factory=set)
    _conditions: dict[str, set[str]] = field(default_factory=dict)
    _seen: set[tuple[str, tuple[str, ...], Keys]] = field(default_factory=set)

    def trace(self, id_: str, columns: tuple[str, ...], keys: Keys) -> None:
        """Trace the rows of a node whose `columns` are one of `keys`."""
        if not keys or (id_, columns, keys) in self._seen:
            return
        self._seen.add((id_, columns, keys))
        for mapping, named in self._mappings(id_, columns, keys):
            input_columns, values = _without_constants(mapping.columns, named)
            if not values or not input_columns:
                continue
            node = self.follows.node(mapping.input_id)
            if node["resource_type"] == "source":
                condition = _matches(input_columns, values)
                self._conditions.setdefault(mapping.input_id, set()).add(condition)
            else:
                self.trace(mapping.input_id, input_columns, values)

    def found(self) -> dict[str, Table]:
        tables = {}
        for id_, conditions in sorted(self._conditions.items()):
            node = self.follows.node(id_)
            cursor = self.con.execute(
                _ROWS.format(
                    source=literal(node["source_name"]),
                    table=literal(node["name"]),
                    relation=self.follows.relation(id_),
                    where=f"({' or '.join(sorted(conditions))}){self._of_entity(node)}",
                )
            )
            columns = tuple(column for column, *_ in cursor.description or ())
            rows = tuple(cursor.fetchall())
            if rows:
                tables[f"{node['source_name']}.{node['name']}"] = Table(columns, rows, len(rows))
        return tables

    def _of_entity(self, node: Node) -> str:
        """Deletions name entities of all kinds, whose IDs may be equal."""
        is_of_deletions = {"entity", "entity_id"} <= node["columns"].keys()
        return f" and entity = {literal(self.document_type)}" if is_of_deletions else ""

    def _mappings(
        self, id_: str, columns: tuple[str, ...], keys: Keys
    ) -> Iterator[tuple[KeyMapping, Keys]]:
        config = self.follows.node(id_)["config"]
        if config["materialized"] == "view":
            for mapping in self.follows.view_mappings(id_, columns):
                yield mapping, keys
            return
        mappings = list(self.follows.key_mappings(id_))
        for mapping in mappings:
            yield (
                mapping,
                keys if mapping.key == columns else self._groups(id_, mapping.key, columns, keys),
            )
        if mappings:
            return
        for mapping in self.follows.view_mappings(id_, columns):
            if self._has(mapping):
                yield mapping, keys
            else:
                self.untraced.add(self.follows.node(id_)["name"])

    def _has(self, mapping: KeyMapping) -> bool:
        """Whether the input has the columns, as far as they are no constants."""
        columns = self.con.execute(f"describe {self.follows.relation(mapping.input_id)}").fetchall()
        return {one for one in mapping.columns if not is_constant(one)} <= {
            name for name, *_ in columns
        }

    def _groups(self, id_: str, key: tuple[str, ...], columns: tuple[str, ...], keys: Keys) -> Keys:
        rows = self.con.execute(
            f"select distinct {', '.join(f'{column}::varchar' for column in key)} "
            f"from {self.follows.relation(id_)} where {_matches(columns, keys)}"
        ).fetchall()
        return frozenset(tuple(map(str, row)) for row in rows if None not in row)


def _without_constants(columns: tuple[str, ...], keys: Keys) -> tuple[tuple[str, ...], Keys]:
    """Keep the keys that match the constants among the columns, and drop these columns."""
    constants = {place: column for place, column in enumerate(columns) if is_constant(column)}
    fitting = (
        key
        for key in keys
        if all(literal(key[place]) == constant for place, constant in constants.items())
    )
    kept = [place for place in range(len(columns)) if place not in constants]
    return (
        tuple(columns[place] for place in kept),
        frozenset(tuple(key[place] for place in kept) for key in fitting),
    )


def _matches(columns: tuple[str, ...], keys: Keys) -> str:
    left = ", ".join(f"({column})::varchar" for column in columns)
    values = ", ".join(f"({', '.join(map(literal, key))})" for key in sorted(keys))
    return f"({left}) in ({values})"
