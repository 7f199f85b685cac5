"""Landing the files of one table: which of them, and in which order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from storehouse import ledger
from storehouse.file_table import FileTable
from storehouse.group_load import GroupLoad, Landed, Run, groups
from storehouse.load_report import Rejection, TableCounts
from storehouse.rejects import Rejects
from storehouse.sources import files
from storehouse.sources.survey import Arrival, Problem, Survey, examine


class TableLoad:
    """The load of one table, from its survey to its counts.

    `current` maps the file names that landed to the sha256 of their newest version, or to
    None where that is held by another name.
    """

    def __init__(
        self, run: Run, table: FileTable, current: Mapping[str, str | None], survey: Survey
    ) -> None:
        self.survey = survey
        self._run = run
        self._table = table
        self._current: dict[str, str | None] = dict(current)
        self._declaration = survey.declaration
        self._started_at = ledger.utc(run.now())
        self._counts: Counter[str] = Counter()
        self._refused: set[str] = set()
        self._new_names: dict[str, str] = {}
        self._rejects = Rejects(
            run.settings.rejected_dir / self._declaration.source / self._declaration.table
        )
        self._groups = GroupLoad(run, table, self._rejects, self._started_at)

    def run_all(self) -> None:
        """Land the table's new files, and record those that can't be."""
        for problem in self.survey.refused:
            self._refuse(problem)
        fresh = {arrival.delivery.name: arrival for arrival in self.survey.fresh}
        pending = [*(arrival.delivery for arrival in self.survey.fresh), *self.survey.waiting]
        pending.sort(key=lambda delivery: delivery.name)
        if pending:
            self._run.progress.start(f"landing {self._declaration.label}", len(pending))
        # Names that move on to other content go first: what they had may then land under
        # another name, and the outcome does not depend on how files are called.
        known = [delivery for delivery in pending if delivery.name in self._current]
        new = [delivery for delivery in pending if delivery.name not in self._current]
        left_over = self._land_rounds(known, fresh)
        while held := next((one for one in left_over if self._current[one.name]), None):
            self._empty(held)
            left_over = self._land_rounds(left_over, fresh)
        copies = self._land_rounds(new, fresh)
        self._run.progress.advance(len(left_over) + len(copies))
        self._settle(copies)
        self._count(self.survey.unchanged + len(left_over) + len(copies))

    def refuse_surveyed(self) -> None:
        """Record what can't be landed of a source that stops; land nothing."""
        for problem in (*self.survey.refused, *self.survey.breaches):
            self._refuse(problem)
        self._count(self.survey.unchanged)

    def _land_rounds(
        self, pending: Sequence[files.Delivery], fresh: Mapping[str, Arrival]
    ) -> list[files.Delivery]:
        """Land until all content left over is current; the files left over."""
        left = {delivery.name: delivery for delivery in pending}
        while ready := self._not_current(list(left.values())):
            arrivals = []
            for delivery in ready:
                del left[delivery.name]
                looked_into = fresh.get(delivery.name) or examine(delivery, self._declaration)
                if isinstance(looked_into, Arrival):
                    arrivals.append(looked_into)
                else:
                    self._refuse(looked_into)
            for group in groups(arrivals):
                for outcome in self._groups.land(group):
                    self._settle_file(outcome)
                self._run.progress.advance(len(group), group[-1].delivery.name)
        return list(left.values())

    def _not_current(self, pending: Sequence[files.Delivery]) -> list[files.Delivery]:
        """The first file of each content that no current version has."""
        landed = set(self._current.values())
        first: dict[str, files.Delivery] = {}
        for delivery in pending:
            if delivery.sha256 not in landed:
                first.setdefault(delivery.sha256, delivery)
        return list(first.values())

    def _settle_file(self, outcome: Landed | Problem) -> None:
        if isinstance(outcome, Problem):
            self._refuse(outcome)
            return
        entry = outcome.entry
        self._current[entry.source_file] = entry.sha256 or ""
        for name in outcome.new_names:
            self._new_names.setdefault(name, entry.source_file)
        self._counts["loaded"] += 1
        self._counts["rows"] += entry.row_count
        self._counts["rejected_rows"] += entry.rejected_row_count

    def _refuse(self, problem: Problem) -> None:
        """Record a file that did not land, in the ledger and in rejected/."""
        source, table, refused = self._declaration.source, self._declaration.table, problem.refused
        entry = ledger.Entry(
            source=source,
            table=table,
            source_file=problem.name,
            sha256=problem.sha256,
            bytes=problem.size,
            started_at=self._started_at,
            ended_at=ledger.utc(self._run.now()),
            rejected_row_count=refused.bad_row_count,
            error=f"{refused.reason}; {refused.advice}",
        )
        with self._table.transaction():
            ledger.record_outcome(self._run.con, self._run.batch, entry, "rejected")
        self._rejects.refuse(
            problem.name, refused.reason, refused.advice, refused.bad_rows, entry.ended_at
        )
        self._refused.add(problem.name)
        self._counts["rejected"] += 1
        rejection = Rejection(source, table, problem.name, refused.reason, refused.advice)
        self._run.rejections.append(rejection)
        self._run.progress.note(f"refused: {rejection}")

    def _empty(self, delivery: files.Delivery) -> None:
        """A name whose content has landed under another one holds nothing of its own any more."""
        entry = self._entry(delivery, sha256=None)
        with self._table.transaction():
            ledger.record_loaded(self._run.con, self._run.batch, [entry])
        self._current[delivery.name] = None

    def _entry(self, delivery: files.Delivery, sha256: str | None) -> ledger.Entry:
        return ledger.Entry(
            source=self._declaration.source,
            table=self._declaration.table,
            source_file=delivery.name,
            sha256=sha256,
            bytes=delivery.size,
            started_at=self._started_at,
            ended_at=ledger.utc(self._run.now()),
        )

    def _settle(self, copies: Sequence[files.Delivery]) -> None:
        """Note copies, forget refusals that were mended or removed, report new columns."""
        source, table = self._declaration.source, self._declaration.table
        with self._table.transaction():
            for copy in copies:
                entry = self._entry(copy, copy.sha256)
                ledger.record_outcome(self._run.con, self._run.batch, entry, "copy")
            ledger.resolve_others(self._run.con, source, table, sorted(self._refused))
        self._rejects.keep_only(self._refused)
        if self._new_names:
            listed = ", ".join(f"{name} (in {file})" for name, file in self._new_names.items())
            self._run.note(
                f"{self._declaration.label}: columns that are not declared: {listed}. Their "
                f"values are in _extra; declare them in _{source}__sources.yml to have "
                "columns of their own."
            )

    def _count(self, unchanged: int) -> None:
        self._run.tables.append(
            TableCounts(
                self._declaration.source,
                self._declaration.table,
                seen=self.survey.seen,
                loaded=self._counts["loaded"],
                unchanged=unchanged,
                rejected=self._counts["rejected"],
                rows=self._counts["rows"],
                rejected_rows=self._counts["rejected_rows"],
            )
        )
