"""The published build as Parquet: `DIR/<build id>/<schema>/<table>.parquet`, link `DIR/latest`.

A folder is written aside and named when it is whole, and never written again.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from storehouse.core.config import Settings
from storehouse.core.errors import PublishError
from storehouse.core.sql import literal, quoted
from storehouse.serving.publish import publishing
from storehouse.serving.published import Published, published
from storehouse.serving.published_files import KEPT_BUILDS, SCHEMAS, point, remove, sync

_MARK = ".storehouse"  # names the home whose builds a folder has


def write_parquet(settings: Settings, folder: Path) -> Path:
    """Write the current build below `folder`; its own folder. The last ones are kept.

    Raises PublishError where it can't be written or has builds of another home; what was there
    stays.
    """
    writing = publishing(
        folder,
        "The build is published; earlier Parquet files stay as they are.",
        f"storehouse publish --parquet {folder}",
    )
    with writing, published(settings) as build:
        folder.mkdir(parents=True, exist_ok=True)
        _claim(settings, folder)
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


def _claim(settings: Settings, folder: Path) -> None:
    mark, home = folder / _MARK, str(settings.home)
    owner = mark.read_text("utf-8") if mark.exists() else ""
    if owner and owner != home:
        raise PublishError(
            f"The build is published, but not as Parquet: {folder} has the builds of {owner}, and "
            f"two homes would remove each other's. Name another folder, or delete {mark} if that "
            "home has moved."
        )
    if not owner:
        mark.write_text(home, "utf-8")


def _write(build: Published, folder: Path) -> None:
    tables = build.rows(
        "select schema_name, table_name, "
        "list(column_name) filter (data_type in ('HUGEINT', 'UHUGEINT')) from duckdb_columns() "
        "where database_name = 'current' and list_contains(?, schema_name) "
        "group by all order by all",
        [SCHEMAS],
    )
    for schema in SCHEMAS:
        (folder / schema).mkdir(parents=True)
    for schema, table, wide in tables:
        file = folder / schema / f"{table}.parquet"
        build.con.execute(
            f"copy ({_exactly(schema, table, wide or ())}) to {literal(file)} (format parquet, "
            f"compression zstd, kv_metadata {{build_id: {literal(build.build_id)}}})"
        )
        sync(file)
    for path in (*(folder / schema for schema in SCHEMAS), folder):
        sync(path)


def _exactly(schema: str, table: str, wide: Iterable[str]) -> str:
    """Parquet has no integers of 128 bits, and DuckDB would write them as doubles."""
    casts = ", ".join(f"{quoted(name)}::decimal(38, 0) as {quoted(name)}" for name in wide)
    return f"select *{f' replace ({casts})' if casts else ''} from {schema}.{quoted(table)}"
