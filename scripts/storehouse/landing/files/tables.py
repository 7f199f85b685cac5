"""Landing the files of one table, and recording the outcome."""

from __future__ import annotations

from collections import Counter

from storehouse.core.display import brief, readable
from storehouse.landing import load_log
from storehouse.landing.context import Run
from storehouse.landing.files.groups import GroupLoad, Landed, groups
from storehouse.landing.files.rows import FileTable
from storehouse.landing.files.survey import Survey
from storehouse.landing.rejects import Rejects
from storehouse.landing.report import Rejection, TableCounts
from storehouse.sources.files.examination import Problem


class TableLoad:
    """The load of one table, from its survey to its counts."""

    def __init__(self, run: Run, table: FileTable, survey: Survey) -> None:
        self.survey = survey
        self._run = run
        self._table = table
        self._declaration = survey.declaration
        self._started_at = load_log.utc(run.now())
        self._counts: Counter[str] = Counter()
        self._refused: set[str] = set()
        self._new_names: dict[str, str] = {}
        self._rejects = Rejects(
            run.settings.rejected_dir / self._declaration.source / self._declaration.table
        )
        self._groups = GroupLoad(run, table, self._rejects, self._started_at)

    def run_all(self) -> None:
        """Land the table's new files, and record those that can't land."""
        try:
            for problem in self.survey.refused:
                self._refuse(problem)
            self._land()
            self._finish()
        finally:
            self._count()

    def _land(self) -> None:
        fresh = self.survey.fresh
        if fresh:
            self._run.progress.start(f"landing {self._declaration.label}", len(fresh))
        for group in groups(fresh):
            for outcome in self._groups.land(group):
                self._record(outcome)
            self._run.progress.advance(len(group), f"files, {self._counts['rows']:,} rows")

    def refuse_surveyed(self) -> None:
        """Record the refused files of a source that stops; land nothing."""
        for problem in (*self.survey.refused, *self.survey.breaches):
            self._refuse(problem)
        self._count()

    def _record(self, outcome: Landed | Problem) -> None:
        if isinstance(outcome, Problem):
            self._refuse(outcome)
            return
        entry = outcome.entry
        for name in outcome.new_names:
            self._new_names.setdefault(name, entry.source_file)
        self._counts["loaded"] += 1
        self._counts["rows"] += entry.row_count
        self._counts["rejected_rows"] += entry.rejected_row_count

    def _refuse(self, problem: Problem) -> None:
        """Record a file that did not land, in the load log and in rejected/."""
        source, table, refused = self._declaration.source, self._declaration.table, problem.refused
        reason, advice = readable(refused.reason), readable(refused.advice)
        entry = load_log.Entry(
            source=source,
            table=table,
            source_file=problem.name,
            sha256=problem.sha256,
            bytes=problem.size,
            started_at=self._started_at,
            ended_at=load_log.utc(self._run.now()),
            rejected_row_count=refused.bad_row_count,
            error=f"{reason}; {advice}",
        )
        with self._table.transaction():
            load_log.record_rejected(self._run.con, self._run.batch, entry)
        with self._run.noting():
            self._rejects.refuse(problem.name, reason, advice, refused.bad_rows, entry.ended_at)
        self._refused.add(problem.name)
        self._counts["rejected"] += 1
        rejection = Rejection(source, table, problem.name, reason, advice)
        self._run.rejections.append(rejection)
        self._run.progress.note(f"refused: {rejection}")

    def _finish(self) -> None:
        """Resolve earlier refusals, record files that are gone, and report new columns.

        If a file was refused, files that are gone stay current.
        """
        source, table = self._declaration.source, self._declaration.table
        gone = () if self._refused else self.survey.gone
        with self._table.transaction():
            if self.survey.rehashed:
                load_log.rehash(self._run.con, source, table, self.survey.rehashed)
            load_log.resolve_others(self._run.con, source, table, sorted(self._refused))
            if gone:
                load_log.record_gone(self._run.con, self._run.batch, source, table, gone)
        with self._run.noting():
            self._rejects.keep_only(self._refused)
        if gone:
            self._run.note(
                f"{self._declaration.label}: no longer among its files: {brief(', '.join(gone))}. "
                "Their rows stay in the raw table and are no longer current."
            )
        if self._new_names:
            listed = ", ".join(
                f"{brief(name) or 'one without a name'} (in {brief(file)})"
                for name, file in self._new_names.items()
            )
            self._run.note(
                f"{self._declaration.label}: columns that are not declared: {listed}. Their values "
                f"are in _extra; declare them in _{source}__sources.yml to give them columns of "
                "their own."
            )

    def _count(self) -> None:
        self._run.tables.append(
            TableCounts(
                self._declaration.source,
                self._declaration.table,
                seen=self.survey.seen,
                loaded=self._counts["loaded"],
                unchanged=self.survey.unchanged,
                rejected=self._counts["rejected"],
                rows=self._counts["rows"],
                rejected_rows=self._counts["rejected_rows"],
            )
        )
