"""What a source delivers, read from dbt's own models/staging/<source>/_<source>__sources.yml.

A table's columns are dbt's columns; how it arrives stands under `config.meta.landing`,
and `config.meta` of a column may say `header` (its name in the file, where it differs)
and `optional: true` (a file may lack it).
"""

from __future__ import annotations

import codecs
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from storehouse.config import Settings
from storehouse.errors import ConfigError

FORMATS = ("csv", "ndjson", "parquet")


@dataclass(frozen=True)
class Landing:
    """How the files of a table arrive.

    `pattern` is a glob below the inbox of the source. With `header: false` the columns
    of a CSV are taken by position. `max_rejected_rows` is how many bad rows one file
    may have before it is refused whole.
    """

    pattern: str
    format: str
    kind: str = "files"
    encoding: str = "utf-8"
    delimiter: str = ","
    header: bool = True
    max_rejected_rows: int = 0

    @property
    def is_utf8(self) -> bool:
        return codecs.lookup(self.encoding).name in ("utf-8", "utf-8-sig")


@dataclass(frozen=True)
class Column:
    name: str
    header: str
    optional: bool = False


@dataclass(frozen=True)
class TableDeclaration:
    source: str
    table: str
    schema: str
    columns: tuple[Column, ...]
    landing: Landing

    @property
    def label(self) -> str:
        return f"{self.source}.{self.table}"


def read_declarations(settings: Settings, source: str) -> tuple[TableDeclaration, ...]:
    """The tables of `source`, in the order of its file.

    Raises ConfigError, naming file, table and key, for whatever landing can't use.
    """
    path = sources_file(settings, source)
    entry = _source_entry(path, source)
    schema = entry.get("schema", source)
    tables = entry.get("tables") or []
    return tuple(_Table(path, source, str(schema), table).read(settings) for table in tables)


def sources_file(settings: Settings, source: str) -> Path:
    return settings.project_dir / "models" / "staging" / source / f"_{source}__sources.yml"


def _source_entry(path: Path, source: str) -> dict[str, Any]:
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise ConfigError(
            f"Source {source!r} is not declared: there is no {path}. "
            "Write that file, or leave the source out of STOREHOUSE_SOURCES."
        ) from error
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ConfigError(f"{path} can't be read: {error}. Repair it and run again.") from error
    entries = content.get("sources") if isinstance(content, dict) else None
    for entry in entries or []:
        if entry.get("name") == source:
            return dict(entry)
    raise ConfigError(f"{path} declares no source named {source!r}. Add it under `sources`.")


@dataclass(frozen=True)
class _Table:
    """One table entry on its way to a declaration; knows where it stands, for messages."""

    path: Path
    source: str
    schema: str
    entry: Mapping[str, Any]

    def read(self, settings: Settings) -> TableDeclaration:
        landing = self._landing()
        columns = tuple(self._column(column) for column in self.entry.get("columns") or [])
        if not columns:
            raise self._error("columns", "is missing", "list the table's columns")
        taken = [name.lower() for name in settings.technical_columns]
        self._no_repeats("columns: name", [*taken, *(c.name.lower() for c in columns)])
        self._no_repeats("columns: config.meta.header", [c.header for c in columns])
        if not landing.header and any(c.optional for c in columns):
            raise self._error(
                "columns: config.meta.optional",
                "can't be used with `header: false`, where columns are taken by position",
                "remove it",
            )
        return TableDeclaration(self.source, self._name, self.schema, columns, landing)

    @property
    def _name(self) -> str:
        return str(self.entry.get("name"))

    def _landing(self) -> Landing:
        given = _meta(self.entry).get("landing")
        if not isinstance(given, dict):
            raise self._error("config.meta.landing", "is missing", "say how its files arrive")
        known = Landing.__dataclass_fields__
        for key in given:
            if key not in known:
                raise self._wrong(key, "is unknown", f"use only {', '.join(known)}")
        for key in ("kind", "pattern", "format"):
            if key not in given:
                raise self._wrong(key, "is missing", "add it")
        landing = Landing(**given)
        self._check(landing)
        return landing

    def _check(self, landing: Landing) -> None:
        pattern = landing.pattern
        parts = Path(pattern).parts if isinstance(pattern, str) else ()
        rows = landing.max_rejected_rows
        checks = (
            ("kind", landing.kind == "files", "must be files"),
            ("format", landing.format in FORMATS, f"must be one of {', '.join(FORMATS)}"),
            (
                "pattern",
                bool(parts) and ".." not in parts and not Path(pattern).is_absolute(),
                "must be a glob below the inbox of the source, such as orders/*.csv",
            ),
            ("encoding", _is_text_encoding(landing.encoding), "must be an encoding Python knows"),
            (
                "delimiter",
                isinstance(landing.delimiter, str)
                and len(landing.delimiter) == 1
                and landing.delimiter not in '"\r\n '
                and landing.delimiter.isascii(),
                "must be one ASCII character, and no quote, space or line end",
            ),
            ("header", isinstance(landing.header, bool), "must be true or false"),
            (
                "max_rejected_rows",
                isinstance(rows, int) and not isinstance(rows, bool) and rows >= 0,
                "must be a whole number, 0 or more",
            ),
        )
        for key, holds, rule in checks:
            if not holds:
                raise self._wrong(key, f"is {getattr(landing, key)!r}", f"it {rule}")

    def _column(self, column: Mapping[str, Any]) -> Column:
        name = column.get("name")
        if not isinstance(name, str) or not name:
            raise self._error("columns", "has an entry without a name", "name it")
        if str(column.get("data_type", "varchar")).lower() != "varchar":
            raise self._error(
                f"columns: {name}: data_type",
                f"is {column['data_type']!r}",
                "raw columns of files are varchar; cast in staging",
            )
        meta = _meta(column)
        optional = meta.get("optional", False)
        if not isinstance(optional, bool):
            raise self._error(
                f"columns: {name}: config.meta.optional", f"is {optional!r}", "use true or false"
            )
        return Column(name, str(meta.get("header", name)).strip(), optional)

    def _no_repeats(self, key: str, names: list[str]) -> None:
        for name, count in Counter(names).items():
            if count > 1:
                raise self._error(key, f"has {name!r} twice", "keep one, or rename the other")

    def _wrong(self, key: str, what: str, remedy: str) -> ConfigError:
        return self._error(f"config.meta.landing.{key}", what, remedy)

    def _error(self, key: str, what: str, remedy: str) -> ConfigError:
        return ConfigError(f"{self.path}: table {self._name!r}: {key} {what}; {remedy}.")


def _meta(entry: Mapping[str, Any]) -> Mapping[str, Any]:
    config = entry.get("config")
    meta = config.get("meta") if isinstance(config, dict) else None
    return meta if isinstance(meta, dict) else {}


def _is_text_encoding(name: object) -> bool:
    try:
        "".encode(name)  # type: ignore[arg-type]
    except (LookupError, TypeError):
        return False
    return True
