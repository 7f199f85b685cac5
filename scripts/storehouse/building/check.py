"""Whether a source's models fulfil the canonical contract, checked before a run needs them.

Which models exist is checked here; what their rows must be is in the macro check_source, one query
per rule. The queries run here, since a text that does not cast makes a query fail, which is a
result too.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from zoneinfo import available_timezones

import duckdb

from storehouse.building.build import dbt_environment, run_dbt
from storehouse.building.report import BuildReport, read_report
from storehouse.core.config import Settings
from storehouse.core.errors import BuildError
from storehouse.core.progress import Progress
from storehouse.core.warehouse import connect
from storehouse.landing import load_log
from storehouse.landing.unmatched import unmatched_files
from storehouse.sources.declarations import read_source
from storehouse.sources.files import discovery

_NOTE = "note: "


@dataclass(frozen=True)
class Remark:
    """A problem in a model or file; for rows, their number and some keys or values."""

    where: str
    problem: str
    rows: int | None = None
    examples: str | None = None

    def __str__(self) -> str:
        rows = "" if self.rows is None else f" ({self.rows:,} rows: {self.examples})"
        return f"{self.where}: {self.problem}{rows}"


@dataclass(frozen=True)
class CheckReport:
    """`problems` must be fixed; `notes` may be intended."""

    source: str
    problems: tuple[Remark, ...]
    notes: tuple[Remark, ...]

    def raise_for_problems(self) -> None:
        """Raise BuildError if anything must be fixed."""
        if self.problems:
            raise BuildError(
                f"{len(self.problems)} problems in source {self.source}. Fix its "
                f"models, or vars.shops.{self.source} in dbt_project.yml, and check again."
            )


def check(
    settings: Settings, source: str, *, progress: Progress, now: Callable[[], datetime]
) -> CheckReport:
    """Build the staging models of `source` and compare them with the canonical contract.

    The caller holds the lock. Only landed data is checked. Raises ConfigError for a declaration
    that can't be used, and BuildError if dbt can't run the comparison.
    """
    settings = replace(settings, sources=(source,))
    read_source(settings, source)
    with connect(settings) as con:
        load_log.prepare(con)
    remarks = [*_entities(settings, source)]
    if not remarks:
        remarks = [*_models(settings, source, progress, now)]
    remarks += _landed(settings, source)
    problems = [remark for remark in remarks if not remark.problem.startswith(_NOTE)]
    notes = [
        replace(remark, problem=remark.problem.removeprefix(_NOTE))
        for remark in remarks
        if remark not in problems
    ]
    return CheckReport(source, tuple(problems), tuple(notes))


def _entities(settings: Settings, source: str) -> Iterator[Remark]:
    """The source's entry in vars.shops, compared with the existing models."""
    where = f"vars.shops.{source} in dbt_project.yml"
    shop: Mapping[str, object] = settings.shops[source]
    listed = [str(entity) for entity in shop.get("entities") or ()]  # type: ignore[attr-defined]
    models = settings.project_dir / "models"
    known = _entity_names(models / "intermediate", "int_", "_united")
    modelled = _entity_names(models / "staging" / source, f"stg_{source}__", "")
    for entity in listed:
        if entity not in modelled:
            yield Remark(where, f"{entity} has no model stg_{source}__{entity}.sql. Write it.")
    for entity in sorted(modelled & known - {*listed}):
        yield Remark(where, f"stg_{source}__{entity} is not among its entities: list {entity}.")
    if shop.get("time_zone") not in available_timezones():
        yield Remark(where, f"time_zone {shop.get('time_zone')!r} is not an IANA time zone.")


def _entity_names(folder: Path, before: str, after: str) -> set[str]:
    names = (file.stem for file in folder.glob(f"{before}*{after}.sql"))
    return {name.removeprefix(before).removesuffix(after) for name in names}


def _models(
    settings: Settings, source: str, progress: Progress, now: Callable[[], datetime]
) -> Iterator[Remark]:
    """Problems found by building the models and checking their rows."""
    selected = ("--select", f"+path:models/staging/{source}")
    without = ("--exclude-resource-type", "test", "unit_test")
    built = _dbt(settings, ("build", *selected, *without), progress, now)
    failed = [Remark(failure.name, failure.message) for failure in built.failures]
    yield from failed
    if built.models == 0 or any(remark.where == "process" for remark in failed):
        return
    arguments = json.dumps({"source_name": source})
    checked = _dbt(settings, ("run-operation", "check_source", "--args", arguments), progress, now)
    checked.raise_for_problems()
    with connect(settings, read_only=True) as con:
        checks = con.execute("select model_name, problem, query from ops.source_checks").fetchall()
        unread: set[Remark] = set()
        for model, problem, query in checks:
            try:
                ((rows, examples),) = con.execute(query).fetchall() or [(0, None)]
            except duckdb.Error as error:
                remark = Remark(model, f"its rows can't be read: {str(error).splitlines()[0]}")
                if remark not in unread:
                    yield remark
                unread.add(remark)
                continue
            if rows:
                yield Remark(model, problem, rows if examples else None, examples)


def _dbt(
    settings: Settings,
    arguments: tuple[str, ...],
    progress: Progress,
    now: Callable[[], datetime],
) -> BuildReport:
    started_at = load_log.utc(now())
    code, errors = run_dbt(settings, arguments, dbt_environment(settings), progress)
    return read_report(settings.target_dir, started_at, load_log.utc(now()), code, errors)


def _landed(settings: Settings, source: str) -> Iterator[Remark]:
    """Tables without landed data, and files that match no table."""
    declared = read_source(settings, source)
    if isinstance(declared, tuple):
        inbox = settings.inbox / source
        taken: set[str] = set()
        for table in declared:
            names = [found.name for found in discovery.find(inbox, table)]
            taken.update(names)
            if not names:
                pattern = table.landing.pattern
                yield Remark(table.label, f"{_NOTE}no file in {inbox} is named {pattern}.")
        for file in unmatched_files(inbox, declared, taken).values():
            yield Remark(
                file,
                f"no table has a pattern for this file in {inbox}. Rename it or change the "
                "pattern.",
            )
    with connect(settings, read_only=True) as con:
        refused = con.execute(
            """
            select table_name || ': ' || source_file, arg_max(error, ended_at)
            from ops.loads where source = ?
            group by all having arg_max(status, ended_at) = 'rejected' order by all
            """,
            [source],
        ).fetchall()
    for where, reason in refused:
        yield Remark(f"{source}.{where}", f"refused: {reason}")
