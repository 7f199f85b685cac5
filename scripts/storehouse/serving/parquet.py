"""The published build as Parquet: `DIR/<build id>/<schema>/<table>.parquet`, link `DIR/latest`.

A folder is written aside and named when it is whole, and never written again.
"""

from __future__ import annotations

from pathlib import Path

from storehouse.core.config import Settings
from storehouse.core.sql import literal, quoted
from storehouse.serving.publish import publishing
from storehouse.serving.published import Published, published
from storehouse.serving.published_files import KEPT_BUILDS, point, remove, sync

_SCHEMAS = ("marts", "reports", "meta")


def write_parquet(settings: Settings, folder: Path) -> Path:
    """Write the current build below `folder`; its own folder. The last ones are kept.

    Raises PublishError where it can't be written; what was there stays.
    """
    with publishing(folder), published(settings) as build:
        folder.mkdir(parents=True, exist_ok=True)
        for leftover in folder.glob(".*Z.tmp"):
            remove(leftover)
        whole = folder / build.build_id
        if not whole.exists():
            aside = folder / f".{build.build_id}.tmp"
            _write(build, aside)
            aside.rename(whole)
        point(folder / "latest", whole)
        for old in sorted(folder.glob("[0-9]*T[0-9]*Z"))[:-KEPT_BUILDS]:
            if old != whole:
                remove(old)
    return whole


def _write(build: Published, folder: Path) -> None:
    tables = build.rows(
        "select schema_name, table_name from duckdb_tables() "
        "where database_name = 'current' and list_contains(?, schema_name) order by all",
        [_SCHEMAS],
    )
    for schema, table in tables:
        file = folder / schema / f"{table}.parquet"
        file.parent.mkdir(parents=True, exist_ok=True)
        build.con.execute(
            f"copy {schema}.{quoted(table)} to {literal(file)} (format parquet, "
            f"compression zstd, kv_metadata {{build_id: {literal(build.build_id)}}})"
        )
        sync(file)
    for path in (*(folder / schema for schema in _SCHEMAS), folder):
        sync(path)
