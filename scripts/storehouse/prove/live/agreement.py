"""What live shows, kept, and compared with what the batch has built of the same events."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import duckdb

from storehouse.core.config import Settings
from storehouse.core.errors import ProofError
from storehouse.core.sql import literal
from storehouse.live.layer.bases import read_base
from storehouse.live.layer.program import Kind, Program, Relation
from storehouse.prove.compare import compare
from storehouse.prove.proof import Comparison
from storehouse.serving.now_files import link_of, states

_GROUPS = re.compile(r"(?s)/\* changed groups, else (.*?) \*/.*?/\* end \*/")


@dataclass(frozen=True)
class Kept:
    """Copies of the lanes' files of now, by lane, and of the base that they rest on.

    They hold `after_base` events that the base does not; `quarantined` were left out by a lane.
    """

    program: Program
    base: Path
    files: Mapping[str, Path]
    after_base: int
    quarantined: int


def keep_shown(settings: Settings, folder: Path) -> Kept:
    """Copy what is shown, once nothing changes any more: lanes at one event of the newest base.

    Raises ProofError if they are not.
    """
    base, found = read_base(settings), states(settings)
    shown = {(state.build_id, state.log_offset) for state in found}
    if base is None or len(shown) != 1 or {base.build_id} != {build for build, _ in shown}:
        raise ProofError(
            f"Lanes are not at one event of the newest base: {sorted(shown)}. Look at what "
            "`storehouse live` reports."
        )
    folder.mkdir(parents=True)
    files = {}
    for state in found:
        files[state.lane] = folder / f"now_{state.lane}.duckdb"
        shutil.copyfile(link_of(settings, state.lane).resolve(), files[state.lane])
    shutil.copyfile(base.file, folder / "base.duckdb")
    loaded = min((state["offset"] for state in base.states.values() if state), default=0)
    return Kept(
        base.program,
        folder / "base.duckdb",
        files,
        after_base=found[0].log_offset - loaded,
        quarantined=sum(state.quarantined_count for state in found),
    )


def compare_shown(
    kept: Kept, warehouse: Path, against: str, seed: int | None = None
) -> Iterator[Comparison]:
    """Compare each report of now, row by row, with what a warehouse has of the same events."""
    with duckdb.connect() as con:
        con.execute("set TimeZone = 'UTC'")
        for file, name in ((warehouse, "batch"), (kept.base, "base")):
            con.execute(f"attach {literal(file)} as {name} (read_only)")
        for lane, file in sorted(kept.files.items()):
            con.execute(f"attach {literal(file)} as shown (read_only)")
            known = {one.name: one for one in kept.program.of_lane(lane)}
            for one in known.values():
                if one.lane == lane:
                    yield compare(
                        con,
                        Comparison(seed, f"{one.schema}.{one.alias}", against),
                        f"select * from shown.{one.table}",
                        f"select * from {as_built(one, known, given='base')}",
                    )
            con.execute("detach shown")


def as_built(one: Relation, known: Mapping[str, Relation], given: str = '"warehouse"') -> str:
    """The table in the database `batch`, or the SQL of what must equal it.

    Views would read the lane's own tables, so they are computed from the batch's. What reads tables
    of the build before is computed from the batch's facts and from these, in the database `given`.
    """
    if one.kind is Kind.GIVEN:
        return f"{given}.{one.table}"
    reads_given = any(known[name].kind is Kind.GIVEN for name in one.inputs)
    is_computed = one.kind is Kind.VIEW or (one.lane and reads_given)
    if one.kind is Kind.LOADS or not is_computed:
        return f"batch.{one.table}"
    sql = _GROUPS.sub(r"\1", one.sql)
    for name in one.inputs:
        by = known[name]
        sql = sql.replace(f'"warehouse".{by.table}', as_built(by, known, given))
    return f"({sql})"
