"""Landing one group of files of one table, in one transaction if possible."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from storehouse.core.errors import StorehouseError
from storehouse.core.guard import described
from storehouse.landing import load_log
from storehouse.landing.context import Run
from storehouse.landing.files.rows import FileTable, Ready, Unreadable
from storehouse.landing.rejects import Rejects
from storehouse.sources.files import content
from storehouse.sources.files.contract import compare
from storehouse.sources.files.delivery import Refused, is_packed, writing
from storehouse.sources.files.examination import Arrival, Problem, faults_refused

# A group is one transaction and is held in memory while it is read.
GROUP_FILES = 500
GROUP_BYTES = 64 * 1024 * 1024

# Text packs to about an eighth.
_PACKED_RATIO = 8

_GLOB_CHARACTERS = "*?["


@dataclass(frozen=True)
class Landed:
    """A file whose rows and load log row are committed. `new_names` are undeclared columns."""

    entry: load_log.Entry
    new_names: tuple[str, ...]


@dataclass(frozen=True)
class _Prepared:
    arrival: Arrival
    ready: Ready
    new_names: tuple[str, ...]


@dataclass(frozen=True)
class GroupLoad:
    """Lands groups of one table."""

    run: Run
    table: FileTable
    rejects: Rejects
    started_at: datetime

    def land(self, group: Sequence[Arrival]) -> Iterator[Landed | Problem]:
        """Land a group of files of one layout; if it can't be read, land file by file."""
        prepared = []
        for arrival in group:
            try:
                with faults_refused():
                    prepared.append(self._prepare(arrival))
            except Refused as refused:
                yield Problem.of(arrival.delivery, refused)
        if not prepared:
            return
        try:
            yield from self._store(prepared)
        except StorehouseError:
            raise
        except Exception as error:  # noqa: BLE001  Unreadable, or a bug
            unreadable = (
                error if isinstance(error, Unreadable) else Unreadable("; ".join(described(error)))
            )
            yield from self._land_again([one.arrival for one in prepared], unreadable)
        finally:
            for one in prepared:
                if self.run.spool in one.ready.path.parents:
                    one.ready.path.unlink(missing_ok=True)

    def _land_again(
        self, arrivals: Sequence[Arrival], unreadable: Unreadable
    ) -> Iterator[Landed | Problem]:
        """Find what is wrong with a group, and land the rest of it."""
        sound = []
        for arrival in arrivals:
            if content.has_changed(arrival.delivery):
                advice = "run again when its sender has finished it"
                yield Problem.of(arrival.delivery, Refused("it changed while it was read", advice))
            else:
                sound.append(arrival)
        if len(sound) < len(arrivals):
            yield from self.land(sound)
        elif len(sound) > 1:
            for arrival in sound:
                yield from self.land([arrival])
        elif sound[0].layout.is_plain and self.table.declaration.landing.format == "csv":
            # Python can find which rows are bad, or can read what DuckDB can't.
            yield from self.land([_unclear(sound[0])])
        else:
            advice = "fix the file or have it delivered again"
            yield Problem.of(sound[0].delivery, Refused(str(unreadable), advice))

    def _prepare(self, arrival: Arrival) -> _Prepared:
        """Determine what DuckDB reads: the file itself or a working copy. Raises Refused."""
        delivery, declaration = arrival.delivery, self.table.declaration
        full = declaration.landing.delivery
        entry = load_log.Entry(
            source=declaration.source,
            table=declaration.table,
            source_file=delivery.name,
            sha256=delivery.sha256,
            bytes=delivery.size,
            started_at=self.started_at,
            ended_at=self.started_at,
            place=full.place_of_name(delivery.name) if full else None,
            packed_sha256=delivery.packed_sha256,
        )
        new_names = compare(arrival.layout, declaration).new
        if arrival.rows is not None:
            entry = replace(entry, row_count=arrival.rows)
            return _Prepared(arrival, Ready(entry, self._unglobbed(delivery.path)), new_names)
        target = self.run.spool_path(".rows")
        rewritten = content.rewrite(delivery, arrival.layout, declaration, target)
        entry = replace(entry, row_count=rewritten.rows, rejected_row_count=rewritten.bad_row_count)
        ready = Ready(entry, target, rewritten.bad_rows)
        new_names = tuple(dict.fromkeys([*new_names, *sorted(rewritten.new_names)]))
        return _Prepared(arrival, ready, new_names)

    def _unglobbed(self, path: Path) -> Path:
        """A link to a file whose path DuckDB would take for a pattern."""
        if not any(character in str(path) for character in _GLOB_CHARACTERS):
            return path
        link = self.run.spool_path(".csv.gz" if is_packed(path) else ".csv")
        with writing(link):
            link.parent.mkdir(parents=True, exist_ok=True)
            link.symlink_to(path)
        return link

    def _store(self, prepared: Sequence[_Prepared]) -> list[Landed]:
        """One transaction: rows, load log, rows quarantined. Raises Unreadable."""
        run = self.run
        group = [one.ready for one in prepared]
        arrivals = [one.arrival for one in prepared]
        with self.table.transaction():
            self.table.store(run.batch, group, arrivals[0].layout)
            if any(content.has_changed(a.delivery) for a in arrivals):
                raise Unreadable("it changed while it was read")
            ended_at = load_log.utc(run.now())
            entries = [
                replace(r.entry, ended_at=ended_at, place=place)
                for r, place in zip(group, self.table.places(run.batch, group), strict=True)
            ]
            load_log.record_loaded(run.con, run.batch, entries)
            for r in group:
                if r.bad_rows:
                    rows = [(bad.line, bad.reason, bad.text) for bad in r.bad_rows]
                    load_log.record_rejected_rows(run.con, run.batch, r.entry, rows)
                with run.noting():
                    self.rejects.quarantine(r.entry.source_file, r.bad_rows, ended_at)
        names = [one.new_names for one in prepared]
        return [Landed(entry, new) for entry, new in zip(entries, names, strict=True)]


def _unclear(arrival: Arrival) -> Arrival:
    """The arrival, to be read by Python."""
    return replace(arrival, layout=replace(arrival.layout, is_plain=False), rows=None)


def groups(arrivals: Iterable[Arrival]) -> Iterator[list[Arrival]]:
    """Arrivals grouped by layout, up to the limits of a group."""
    by_layout: dict[object, list[Arrival]] = {}
    for arrival in arrivals:
        # How NDJSON and Parquet are read does not depend on the fields of a file.
        names = None if arrival.layout.by_name else arrival.layout.names
        key = (names, arrival.layout.is_plain)
        by_layout.setdefault(key, []).append(arrival)
    for alike in by_layout.values():
        group: list[Arrival] = []
        size = 0
        for arrival in alike:
            size += _unpacked(arrival)
            if group and (size > GROUP_BYTES or len(group) == GROUP_FILES):
                yield group
                group, size = [], _unpacked(arrival)
            group.append(arrival)
        yield group


def _unpacked(arrival: Arrival) -> int:
    """About how many bytes the file has unpacked."""
    return arrival.delivery.size * (_PACKED_RATIO if is_packed(arrival.delivery.path) else 1)
