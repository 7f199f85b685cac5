"""What a build leaves for the speed layer: the tables that it reads, and offsets of the log.

    live/bases/<build id>/base.duckdb, program.json, base.json

The folder `live/bases` says that live is on: `storehouse live` makes it, and each run after that
writes a base in it. A base is never changed; the newest counts. Folders are given a name with a dot
while they are written or removed, so that no half of one is taken for a base.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from storehouse.core.config import Settings
from storehouse.core.errors import PublishError
from storehouse.core.progress import Progress
from storehouse.core.sql import literal
from storehouse.core.warehouse import connect
from storehouse.landing import load_states
from storehouse.live.layer.compiled import compile_program, tables_taking_events
from storehouse.live.layer.now_files import take_away
from storehouse.live.layer.program import Kind, Program, Relation
from storehouse.log.bases import HEAD, bases_dir, newest_base
from storehouse.serving.now_files import lanes
from storehouse.serving.publish import publishing, tested_build
from storehouse.serving.published_files import discard, remove, sync, withdrawn_mark
from storehouse.sources.events.declaration import EventTable
from storehouse.sources.events.offsets import STREAM
from storehouse.sources.portion import State

# Rows are looked up by key: small groups of sorted rows leave most of the file unread.
_ROW_GROUP_SIZE = 8192


@dataclass(frozen=True)
class Base:
    """`states` are those of sources' streams of events; live's rows land after `loaded_until`."""

    build_id: str
    file: Path
    program: Program
    states: Mapping[str, State | None]
    loaded_until: str | None


def is_on(settings: Settings) -> bool:
    return bases_dir(settings.home).is_dir()


def turn_off(settings: Settings) -> None:
    """Remove the bases and files of now; runs write no more of them.

    The caller holds the lock, and those of the lanes.
    """
    take_away(settings, lanes(settings))
    discard(bases_dir(settings.home))


def read_base(settings: Settings) -> Base | None:
    """The newest base; None before the first."""
    while (folder := newest_base(settings.home)) is not None:
        try:
            found = json.loads((folder / HEAD).read_text("utf-8"))
            program = Program.from_json((folder / "program.json").read_text("utf-8"))
        except FileNotFoundError:  # a newer one has taken its place
            continue
        return Base(
            found["build_id"],
            folder / "base.duckdb",
            program,
            found["states"],
            found["loaded_until"],
        )
    return None


def is_withdrawn(settings: Settings, base: Base) -> bool:
    """Whether readers were sent back to a build before that of the base."""
    return withdrawn_mark(settings, base.build_id).exists()


def write_base(settings: Settings, progress: Progress) -> Path | None:
    """Write the last build's base, unless it is there; returns its folder.

    None if something has landed since that build: the next run writes it then. The caller holds
    the lock. Raises PublishError if there is no tested build or the base can't be written, and
    BuildError if dbt can't compile the models.
    """
    folder = bases_dir(settings.home)
    with publishing(folder, "Live goes on from the base that it has.", "storehouse run"):
        with connect(settings) as con:
            build = tested_build(con)
            code = _code(con, build.build_id)
            ((newest,),) = con.execute("select max(loaded_at) from ops.loads").fetchall()
        if withdrawn_mark(settings, build.build_id).exists():
            raise PublishError(
                f"Build {build.build_id} was withdrawn by `storehouse rollback`, so live does not "
                "begin from it. Run `storehouse run`, or `storehouse publish` to publish it again."
            )
        if (folder / build.build_id / HEAD).exists():
            return folder / build.build_id
        if newest != build.loaded_until:
            folder.mkdir(parents=True, exist_ok=True)
            return None
        before = read_base(settings)
        if before is not None and before.program.code == code:
            program = before.program
        else:
            program = compile_program(settings, code, progress)
        return copy_base(settings, build.build_id, program)


def copy_base(settings: Settings, build_id: str, program: Program) -> Path:
    """Write a base of the warehouse as it stands, built of all that has landed.

    It replaces older ones: a process that has one open keeps it. Returns its folder. The caller
    holds the lock.
    """
    folder = bases_dir(settings.home)
    for leftover in folder.glob(".*.tmp"):
        remove(leftover)
    aside, done = folder / f".{build_id}.tmp", folder / build_id
    remove(done)  # what of it was not whole
    aside.mkdir(parents=True)
    taking = tables_taking_events(settings)
    with connect(settings) as con:
        _copy(con, program, taking, aside / "base.duckdb")
        states = load_states.read_all(con, STREAM)
        ((loaded_until,),) = con.execute("select max(loaded_at) from ops.loads").fetchall()
    head = {
        "build_id": build_id,
        "states": {name: states.get(name) for name in taking},
        "loaded_until": loaded_until and str(loaded_until),
    }
    (aside / "program.json").write_text(program.as_json(), "utf-8")
    (aside / HEAD).write_text(json.dumps(head), "utf-8")
    for file in (*aside.iterdir(), aside):
        sync(file)
    aside.rename(done)
    sync(folder)
    for older in folder.glob("[0-9]*"):
        if older != done:
            discard(older)
    return done


def _code(con: duckdb.DuckDBPyConnection, build_id: str) -> str:
    """What the compiled models of a build depend on."""
    ((code, settings),) = con.execute(
        "select code_hash, settings::varchar from ops.builds where build_id = ?", [build_id]
    ).fetchall()
    return hashlib.sha256(f"{code} {settings}".encode()).hexdigest()


def _copy(
    con: duckdb.DuckDBPyConnection,
    program: Program,
    taking: Mapping[str, Sequence[EventTable]],
    file: Path,
) -> None:
    keys = {(name, table.table): table.key for name, tables in taking.items() for table in tables}
    con.execute(f"attach {literal(file)} as base (row_group_size {_ROW_GROUP_SIZE})")
    try:
        for one in program.relations:
            if one.kind is not Kind.VIEW:
                con.execute(f'create schema if not exists base."{one.schema}"')
                con.execute(f"create table base.{one.table} as {_rows(one, keys)}")
    finally:
        con.execute("detach base")


def _rows(one: Relation, keys: Mapping[tuple[str, str], Sequence[str]]) -> str:
    if one.kind is Kind.LOADS:
        return f"from {one.table} where status = 'loaded'"
    order = keys.get((one.source, one.alias)) if one.kind is Kind.RAW else one.key
    return f"from {one.table}" + (f" order by {', '.join(order)}" if order else "")
