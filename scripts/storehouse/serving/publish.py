"""Write, audit, publish: a tested build becomes a separate file that readers open.

`published/<build id>/current.duckdb` is written under a temporary name, checked and renamed; then
the symlink `published/current.duckdb` is switched to it. A published file is never written again,
so readers never wait and never see two builds mixed. Overwriting or replacing a file that readers
have open is unsafe, since DuckDB keeps one instance per process and path; a symlink to another
path takes effect at once.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from importlib.metadata import version
from pathlib import Path

import duckdb

from storehouse.core.config import Settings
from storehouse.core.errors import LossError, PublishError
from storehouse.core.sql import literal
from storehouse.core.warehouse import connect
from storehouse.core.write_errors import remedy
from storehouse.landing import load_log
from storehouse.serving.losses import losses
from storehouse.serving.published_files import (
    SCHEMAS,
    STORAGE_VERSION,
    build_id_of,
    current_file,
    point_current_to,
    prune,
    published_files,
    remove,
    sync,
    withdrawn_mark,
)


@dataclass(frozen=True)
class Published:
    """A published build: its file, the rows of each table as `schema.table`; its Parquet files."""

    build_id: str
    file: Path
    row_counts: dict[str, int]
    parquet: Path | None = None


@dataclass(frozen=True)
class TestedBuild:
    """The build to publish, as recorded in ops.builds."""

    build_id: str
    sources: str
    loaded_until: datetime | None
    tables: tuple[str, ...]


def publish(
    settings: Settings, *, now: Callable[[], datetime], accept_loss: bool = False
) -> Published:
    """Publish the last build, if it passed and the models have not changed since.

    Raises PublishError, with nothing published, if there is no such build or the file can't be
    written; LossError if it has lost too many rows that readers have, unless that is accepted.
    """
    with publishing(settings.published_dir):
        settings.published_dir.mkdir(parents=True, exist_ok=True)
        for leftover in settings.published_dir.glob(".*.tmp*"):
            remove(leftover)
        with connect(settings) as con:
            build = tested_build(con)
            if not accept_loss:
                _refuse_losses(settings, con, build)
            file = settings.published_dir / build.build_id / settings.current.name
            if not file.exists():
                _write(con, build, file, load_log.utc(now()), _definitions(settings, con, build))
            row_counts = _row_counts(con, build.tables)
        withdrawn_mark(settings, build.build_id).unlink(missing_ok=True)
        point_current_to(settings, file)
        prune(settings)
    return Published(build.build_id, file, row_counts)


def rollback(settings: Settings) -> Path:
    """Withdraw the current build and point readers to the one before; returns its file.

    A withdrawn build is skipped by later rollbacks until it is published again. Raises
    PublishError if there is no earlier build.
    """
    current = current_file(settings)
    earlier = [
        file
        for file in published_files(settings)
        if current is not None and build_id_of(file) < build_id_of(current)
    ]
    if current is None or not earlier:
        raise PublishError(
            f"There is no earlier build in {settings.published_dir} to go back to. "
            "`storehouse status` lists what is kept."
        )
    with publishing(settings.published_dir):
        withdrawn_mark(settings, build_id_of(current)).touch()
        point_current_to(settings, earlier[-1])
    return earlier[-1]


@contextmanager
def publishing(
    folder: Path,
    meanwhile: str = "Readers keep the build they have.",
    command: str = "storehouse publish",
) -> Iterator[None]:
    """Raises PublishError where what the block writes to a folder can't be written."""
    try:
        yield
    except (duckdb.Error, OSError) as error:
        raise PublishError(
            f"{folder} could not be written: {str(error).splitlines()[0]} "
            f"{meanwhile} {remedy(error)}, then run `{command}`."
        ) from error


def tested_build(con: duckdb.DuckDBPyConnection) -> TestedBuild:
    """The last build; PublishError unless it passed and dbt has changed nothing since."""
    load_log.prepare(con)
    builds = con.execute(
        "select build_id, invocation_id, status, sources, loaded_until, tables "
        "from ops.builds order by build_id desc limit 1"
    ).fetchall()
    if not builds:
        raise PublishError("There is no build to publish. Run `storehouse build` first.")
    ((build_id, invocation_id, status, sources, loaded_until, tables),) = builds
    if status != "passed":
        raise PublishError(
            f"The last build, {build_id}, failed, so it is not published. "
            "Fix what it named and run `storehouse build` again."
        )
    changes = con.execute(
        "select invocation_id from ops.dbt_invocations order by started_at desc limit 1"
    ).fetchall()
    if changes != [(invocation_id,)]:
        raise PublishError(
            f"dbt has changed models since the last tested build, {build_id}, so the warehouse "
            "holds untested models. Run `storehouse build` and publish again."
        )
    return TestedBuild(build_id, sources, loaded_until, tuple(tables))


def _refuse_losses(settings: Settings, con: duckdb.DuckDBPyConnection, build: TestedBuild) -> None:
    """Raise LossError if readers would lose more than a share of a table's rows."""
    current = current_file(settings)
    if current is None or build_id_of(current) == build.build_id:
        return
    sources = build.sources.split(",")
    lost = losses(con, current, build.tables, sources, settings.max_loss_share)
    if lost:
        listed = "\n".join(f"  {loss}" for loss in lost)
        raise LossError(
            f"Build {build.build_id} has lost more than {settings.max_loss_share:.0%} "
            f"(max_loss_share in dbt_project.yml) of the rows in the published build, "
            f"{build_id_of(current)}; it is not published.\n{listed}\n"
            "If a delivery is wrong, correct its file and run `storehouse run`. If the rows "
            "are meant to be gone, run `storehouse publish --accept-loss`.",
            {"losses": [asdict(loss) for loss in lost]},
        )


def _row_counts(
    con: duckdb.DuckDBPyConnection, models: Sequence[str], catalog: str = ""
) -> dict[str, int]:
    return {
        name: con.execute(f"select count(*) from {catalog}{name}").fetchall()[0][0]
        for name in models
    }


def _definitions(settings: Settings, con: duckdb.DuckDBPyConnection, build: TestedBuild) -> str:
    """The definitions of metrics as dbt parsed them for the build, with the readers' catalog."""
    found = con.execute(
        "select document from ops.metric_definitions inner join ops.builds using (code_hash) "
        "where build_id = ?",
        [build.build_id],
    ).fetchall()
    if not found:
        raise PublishError(
            f"Build {build.build_id} was made by a version that recorded no metrics. "
            "Run `storehouse build` and publish that."
        )
    definitions = json.loads(found[0][0])
    time_spines = definitions["project_configuration"]["time_spines"]
    for one in (*definitions["semantic_models"], *time_spines):
        relation = one["node_relation"]
        relation["database"] = settings.current.stem
        names = (relation["database"], relation["schema_name"], relation["alias"])
        relation["relation_name"] = ".".join(f'"{name}"' for name in names)
    return json.dumps(definitions)


def _write(
    con: duckdb.DuckDBPyConnection,
    build: TestedBuild,
    file: Path,
    published_at: datetime,
    definitions: str,
) -> None:
    folder = file.parent
    aside = folder.with_name(f".{folder.name}.tmp") / file.name
    aside.parent.mkdir()
    con.execute(f"attach {literal(aside)} as published (storage_version '{STORAGE_VERSION}')")
    try:
        for schema in SCHEMAS:
            con.execute(f"create schema published.{schema}")
        for name in build.tables:
            con.execute(f"create table published.{name} as from {name}")
        _copy_comments(con, build.tables)
        _write_meta(con, build, published_at)
        con.execute(
            "create table published.meta.semantic_manifest as select ? as document", [definitions]
        )
        if _row_counts(con, build.tables, "published.") != _row_counts(con, build.tables):
            raise PublishError(
                f"The copy of build {build.build_id} lost rows; nothing is published. "
                "Run `storehouse publish` again."
            )
    finally:
        con.execute("detach published")
    aside.chmod(0o444)
    sync(aside)
    sync(aside.parent)
    remove(folder)
    aside.parent.rename(folder)


def _copy_comments(con: duckdb.DuckDBPyConnection, tables: Sequence[str]) -> None:
    comments = con.execute(
        """
        select 'table', schema_name, table_name, null, comment from duckdb_tables()
        where database_name = current_database() and comment is not null
            and list_contains($tables, schema_name || '.' || table_name)
        union all
        select 'column', schema_name, table_name, column_name, comment from duckdb_columns()
        where database_name = current_database() and comment is not null
            and list_contains($tables, schema_name || '.' || table_name)
        """,
        {"tables": list(tables)},
    ).fetchall()
    for kind, schema, table, column, comment in comments:
        name = f'published.{schema}."{table}"' + (f'."{column}"' if column else "")
        con.execute(f"comment on {kind} {name} is {literal(comment)}")


def _write_meta(con: duckdb.DuckDBPyConnection, build: TestedBuild, published_at: datetime) -> None:
    versions = {name: version(name) for name in ("storehouse", "dbt-core", "dbt-duckdb", "duckdb")}
    con.execute(
        """
        create table published.meta.builds as
        select build_id, sources, started_at, ended_at, ? as published_at,
            status, model_count, test_count, failed_count, ?::json as versions,
            code_hash, settings
        from ops.builds where build_id = ?
        """,
        [published_at, json.dumps(versions), build.build_id],
    )
    con.execute("create table published.meta.row_counts (table_name varchar, row_count bigint)")
    for name, count in _row_counts(con, build.tables).items():
        con.execute("insert into published.meta.row_counts values (?, ?)", [name, count])
    con.execute(
        """
        create table published.meta.watermarks as
        select source as source_name, table_name, max(loaded_at) as loaded_at,
            count(distinct source_file) as file_count, sum(row_count)::bigint as row_count
        from ops.loads
        where status = 'loaded' and loaded_at <= ? and list_contains(?, source)
        group by all order by all
        """,
        [build.loaded_until, build.sources.split(",")],
    )
    con.execute(
        """
        create table published.meta.keys as
        select keys.key as table_name, keys.value::varchar[] as column_names
        from ops.builds as builds, json_each(builds.keys) as keys
        where builds.build_id = ? and list_contains(builds.tables, keys.key)
        """,
        [build.build_id],
    )
