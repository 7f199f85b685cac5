"""Entries of a sources file, read into declarations; each has its location for messages.

Every error is a ConfigError with file, table and key.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from storehouse.core.config import Settings
from storehouse.core.errors import ConfigError
from storehouse.sources.declarations.names import file_name, mappings, plain_name
from storehouse.sources.declarations.tables import Column
from storehouse.sources.declarations.yml import read_yml

# Schemas reserved for storehouse and DuckDB.
_OWN_SCHEMAS = ("ops", "main", "temp", "information_schema", "pg_catalog")
# The key of `landing` that declares what comes by the event log; sources.events reads it.
_EVENTS = "events"


@dataclass(frozen=True)
class Entry:
    """A mapping below `place`, as `…yml: table 'orders':`; `prefix` names it in messages."""

    place: str
    values: Mapping[str, Any]
    prefix: str = ""

    def only(self, *known: str) -> None:
        for key in self.values:
            if key not in known:
                raise self.error(key, "is unknown", f"use only {', '.join(known)}")

    def need(self, *keys: str) -> None:
        for key in keys:
            if key not in self.values:
                raise self.error(key, "is missing", "add it")

    def text(self, key: str, default: str | None = None) -> str:
        """A non-empty text; without a default the key is required."""
        if default is None:
            self.need(key)
        value = self.values.get(key, default)
        if not isinstance(value, str) or not (value or value == default):
            raise self.error(key, f"is {value!r}", "it must be a text")
        return value

    def choice(self, key: str, options: Sequence[str], default: str | None = None) -> str:
        value = self.text(key, default)
        if value not in options:
            raise self.error(key, f"is {value!r}", f"it must be one of {', '.join(options)}")
        return value

    def whole(self, key: str, default: int | None = None, least: int = 0) -> int:
        if default is None:
            self.need(key)
        value = self.values.get(key, default)
        if not isinstance(value, int) or isinstance(value, bool) or value < least:
            raise self.error(key, f"is {value!r}", f"it must be a whole number, {least} or more")
        return value

    def number(self, key: str, default: float) -> float:
        value = self.values.get(key, default)
        if not isinstance(value, int | float) or isinstance(value, bool) or value <= 0:
            raise self.error(key, f"is {value!r}", "it must be a number above 0")
        return float(value)

    def flag(self, key: str, default: bool) -> bool:
        value = self.values.get(key, default)
        if not isinstance(value, bool):
            raise self.error(key, f"is {value!r}", "it must be true or false")
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of texts, or one text; empty if the key is missing."""
        value = self.values.get(key, [])
        listed = [value] if isinstance(value, str) else value
        if not isinstance(listed, list) or not all(isinstance(one, str) for one in listed):
            raise self.error(key, f"is {value!r}", "it must be a list of texts")
        return tuple(listed)

    def below(self, key: str) -> Entry:
        """The mapping under `key`; an empty one if the key is missing."""
        value = self.values.get(key, {})
        if not isinstance(value, dict):
            raise self.error(key, f"is {value!r}", "it must be a mapping of keys")
        return Entry(self.place, value, f"{self.prefix}{key}.")

    def without(self, key: str) -> Entry:
        """The same mapping, except for `key`."""
        kept = {name: value for name, value in self.values.items() if name != key}
        return Entry(self.place, kept, self.prefix)

    def error(self, key: str, what: str, remedy: str) -> ConfigError:
        return ConfigError(f"{self.place} {self.prefix}{key} {what}; {remedy}.")


@dataclass(frozen=True)
class TableEntry:
    """One table of a sources file. Its messages begin with `place`."""

    place: str
    values: Mapping[str, Any]
    technical_columns: tuple[str, ...]

    @property
    def name(self) -> str:
        return str(self.values["name"])

    @property
    def landing(self) -> Entry:
        """How it arrives, apart from events; an empty entry if nothing is declared."""
        return self._declared.without(_EVENTS)

    @property
    def events(self) -> Entry:
        """Which events it takes from the log; an empty entry if it takes none."""
        return self._declared.below(_EVENTS)

    @property
    def _declared(self) -> Entry:
        given = meta(self.values).get("landing", {})
        if not isinstance(given, dict):
            raise self.error(
                "config.meta.landing", "is not a mapping", "declare how its rows arrive"
            )
        return Entry(self.place, given, "config.meta.landing.")

    def columns(self, header: str) -> tuple[Column, ...]:
        """Its columns; `header` is the key of `config.meta` with a column's delivered name."""
        listed = mappings(self.values.get("columns"), f"{self.place} columns")
        columns = tuple(self._column(one, header) for one in listed)
        if not columns:
            raise self.error("columns", "is missing", "list the table's columns")
        taken = [name.lower() for name in self.technical_columns]
        self.no_repeats("columns: name", [*taken, *(c.name.lower() for c in columns)])
        return columns

    def _column(self, column: Mapping[str, Any], header: str) -> Column:
        name = plain_name(column.get("name"), f"{self.place} columns")
        if str(column.get("data_type", "varchar")).lower() != "varchar":
            raise self.error(
                f"columns: {name}: data_type",
                f"is {column['data_type']!r}",
                "raw columns are varchar; cast in staging",
            )
        column_meta = meta(column)
        optional = column_meta.get("optional", False)
        if not isinstance(optional, bool):
            raise self.error(
                f"columns: {name}: config.meta.optional", f"is {optional!r}", "use true or false"
            )
        if column_meta.get("bytes", "hex") != "hex":
            raise self.error(
                f"columns: {name}: config.meta.bytes",
                f"is {column_meta['bytes']!r}",
                "it must be hex",
            )
        delivered = column_meta.get(header, name)
        if isinstance(delivered, bool) or not isinstance(delivered, str | int | float):
            raise self.error(
                f"columns: {name}: config.meta.{header}",
                f"is {delivered!r}",
                "it must be a text; write and quote it, or leave it out",
            )
        return Column(name, str(delivered).strip(), optional, "bytes" in column_meta)

    def no_repeats(self, key: str, names: Sequence[str]) -> None:
        for name, count in Counter(names).items():
            if count > 1:
                raise self.error(key, f"has {name!r} twice", "keep one, or rename the other")

    def error(self, key: str, what: str, remedy: str) -> ConfigError:
        return ConfigError(f"{self.place} {key} {what}; {remedy}.")


@dataclass(frozen=True)
class SourceEntry:
    """A source of a sources file, found at `path`."""

    path: Path
    name: str
    values: Mapping[str, Any]
    technical_columns: tuple[str, ...]

    @property
    def schema(self) -> str:
        place = f"{self.path}: source {self.name!r}:"
        schema = plain_name(self.values.get("schema", self.name), f"{place} schema")
        if schema.lower() in _OWN_SCHEMAS:
            raise ConfigError(
                f"{place} schema is {schema!r}, which is not for raw tables; rename it."
            )
        return schema

    @property
    def landing(self) -> Entry:
        """Kind and connection of a source that is not files; else an empty entry."""
        return self._declared.without(_EVENTS)

    @property
    def events(self) -> Entry:
        """How it sends events; an empty entry if it sends none."""
        return self._declared.below(_EVENTS)

    @property
    def _declared(self) -> Entry:
        place = f"{self.path}: source {self.name!r}:"
        return Entry(place, meta(self.values), "config.meta.").below("landing")

    @property
    def variables(self) -> frozenset[str]:
        """Environment variables that it names, with addresses and secrets."""
        return frozenset(named_variables(self._declared.values))

    @property
    def tables(self) -> tuple[TableEntry, ...]:
        """Raises ConfigError for a repeated name: names are case-insensitive."""
        place = f"{self.path}: source {self.name!r}: tables"
        listed = mappings(self.values.get("tables"), place)
        names = [file_name(table.get("name"), place) for table in listed]
        entries = tuple(
            TableEntry(f"{self.path}: table {name!r}:", table, self.technical_columns)
            for name, table in zip(names, listed, strict=True)
        )
        for entry, name in zip(entries, names, strict=True):
            entry.no_repeats("name", [one for one in map(str.lower, names) if one == name.lower()])
        return entries


def named_variables(value: object) -> Iterator[str]:
    """The environment variables that keys ending in `_variable` name, at any depth."""
    if isinstance(value, dict):
        for key, below in value.items():
            if isinstance(key, str) and key.endswith("_variable") and isinstance(below, str):
                yield below
            else:
                yield from named_variables(below)
    elif isinstance(value, list):
        for below in value:
            yield from named_variables(below)


def read_source_entry(settings: Settings, source: str) -> SourceEntry:
    """The entry of `source` in its sources file."""
    path = sources_file(settings, source)
    try:
        content = read_yml(path)
    except FileNotFoundError as error:
        raise ConfigError(
            f"Source {source!r} is not declared: there is no {path}. "
            "Write that file, or leave the source out of STOREHOUSE_SOURCES."
        ) from error
    listed = content.get("sources") if isinstance(content, dict) else None
    for entry in mappings(listed, f"{path}: sources"):
        if entry.get("name") == source:
            return SourceEntry(path, source, entry, tuple(settings.technical_columns))
    raise ConfigError(f"{path} declares no source named {source!r}. Add it under `sources`.")


def declared_variables(settings: Settings) -> frozenset[str]:
    """Environment variables named by any source, on or off."""
    entries = (read_source_entry(settings, name) for name in declared_sources(settings))
    return frozenset().union(*(entry.variables for entry in entries))


def declared_sources(settings: Settings) -> tuple[str, ...]:
    """Sources with a sources file, on or off."""
    files = (settings.project_dir / "models" / "staging").glob("*/_*__sources.yml")
    return tuple(file.parent.name for file in sorted(files))


def sources_file(settings: Settings, source: str) -> Path:
    return settings.project_dir / "models" / "staging" / source / f"_{source}__sources.yml"


def meta(entry: Mapping[str, Any]) -> Mapping[str, Any]:
    """The mapping under `config.meta`."""
    config = entry.get("config")
    found = config.get("meta") if isinstance(config, dict) else None
    return found if isinstance(found, dict) else {}
