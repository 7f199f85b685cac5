"""Landing the portions of one source: an API, a database, or its events in the log.

A portion is one transaction: its rows, a load log entry for each of its tables, and the state of
its stream. A killed load therefore resumes after the last portion stored.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from threading import Lock

import duckdb
import pyarrow as pa

from storehouse.core.display import readable
from storehouse.core.errors import SourceUnavailable, StorehouseError, TableError
from storehouse.core.guard import guarded
from storehouse.core.sql import quoted
from storehouse.landing import load_log, load_states
from storehouse.landing.context import Run
from storehouse.landing.raw_table import RawTable, storing
from storehouse.landing.report import TableCounts
from storehouse.landing.streams.streams import Ended, merged
from storehouse.sources.portion import Portion, PortionSource, State, Stream, Window


class PortionLoad:
    """The load of one source of portions."""

    def __init__(self, run: Run, source: PortionSource) -> None:
        self._run = run
        self._source = source
        self._tables = {
            table.table: RawTable(run.con, run.settings, table) for table in source.tables
        }
        # Also of streams that are no table, if something of them is rejected.
        self._counts: dict[str, Counter[str]] = defaultdict(Counter)
        self._counts.update({name: Counter() for name in self._tables})
        self._pages: Counter[str] = Counter()
        self._noted: set[str] = set()
        self._given_up: set[str] = set()
        self._started_at = load_log.utc(run.now())

    def run_all(self, environ: Mapping[str, str], window: Window) -> None:
        """Store what the source yields; its errors go into the run's report.

        Raises LoadError if the warehouse can't be written.
        """
        run, source = self._run, self._source
        for name, table in self._tables.items():
            with self._guarded(name):
                table.prepare()
        run.progress.start("landing", None)
        with (
            guarded(run.errors, f"Source {source.name}"),
            source.open(environ, window, run.now) as streams,
            _cursor(run.con) as cursor,
        ):
            if window.full and not window.until:
                self._reset(streams)
            landed = LandedRows(cursor, self._tables)
            states, given_up = self._states(streams), self._given_up
            self._store_all(merged(streams, states, landed, source.parallel, given_up))
        for name, counts in self._counts.items():
            run.count(
                TableCounts(
                    source.name,
                    name,
                    seen=counts["portions"],
                    loaded=counts["portions"],
                    rows=counts["rows"],
                    rejected_rows=counts["rejected_rows"],
                )
            )

    @contextmanager
    def _guarded(self, name: str) -> Iterator[None]:
        """A table that can't be written stops only its own stream."""
        errors: list[StorehouseError] = []
        with guarded(errors, self._label(name)):
            yield
        if errors:
            self._run.errors += errors
            self._given_up.add(name)

    def _label(self, name: str) -> str:
        return f"{self._source.name}.{name}"

    def _reset(self, streams: Sequence[Stream]) -> None:
        """Reset all states, so that everything is read again even if this load is killed."""
        run, name = self._run, self._source.name
        states = self._states(streams)
        known = {one.name: one.reset(state) for one in streams if (state := states[one.name])}
        load_states.save_all(run.con, run.batch, name, known, run.now())

    def _states(self, streams: Sequence[Stream]) -> dict[str, State | None]:
        source = self._source.name
        return {one.name: load_states.read(self._run.con, source, one.name) for one in streams}

    def _store_all(self, portions: Generator[tuple[Stream, Portion | Ended], None, None]) -> None:
        """Store all portions; an error stops only its own stream."""
        cut = []
        with closing(portions):
            for stream, outcome in portions:
                with self._guarded(stream.name):
                    if isinstance(outcome, Ended) and outcome.error:
                        raise outcome.error
                    if stream.name in self._given_up:
                        continue
                    if isinstance(outcome, Portion):
                        self._store(stream, outcome)
                    elif outcome.is_cut:
                        cut.append(stream.name)
        if cut:
            raise SourceUnavailable(
                f"Source {self._source.name} could not be read for two tables in a row, so these "
                f"were not read, or not completely: {', '.join(cut)}. Fix the errors of those two, "
                "and run again; the load resumes where it stopped."
            )

    def _store(self, stream: Stream, portion: Portion) -> None:
        run, source = self._run, self._source
        if broken := self._given_up & portion.rows.keys():
            raise TableError(
                f"{self._label(stream.name)}: its rows for {', '.join(sorted(broken))} can't be "
                "written, so none of it has landed. Fix the error of that table."
            )
        source_file = f"{run.batch.batch_id} {portion.request}"
        ended_at = load_log.utc(run.now())
        rejected = _rejected_by_table(portion)
        with storing(run.con, run.settings, self._label(stream.name)):
            for name in {**portion.rows, **rejected}:
                rows, bad = portion.rows.get(name), rejected.get(name, [])
                if rows is not None:
                    self._tables[name].add(run.batch, rows, source_file)
                entry = load_log.Entry(
                    source=source.name,
                    table=name,
                    source_file=source_file,
                    sha256=None,
                    bytes=None,
                    started_at=self._started_at,
                    ended_at=ended_at,
                    row_count=0 if rows is None else rows.num_rows,
                    rejected_row_count=len(bad),
                )
                load_log.record_loaded(run.con, run.batch, [entry])
                if bad:
                    load_log.record_rejected_rows(run.con, run.batch, entry, bad)
            if portion.state is not None:
                at = (source.name, stream.name)
                load_states.save(run.con, run.batch, at, portion.state, run.now())
        self._count(portion)
        self._report(stream.name)
        for note in portion.notes:
            if note not in self._noted:
                self._noted.add(note)
                run.note(note)

    def _count(self, portion: Portion) -> None:
        for name, rows in portion.rows.items():
            self._counts[name].update(portions=1, rows=rows.num_rows)
        for name, bad in _rejected_by_table(portion).items():
            self._counts[name].update(portions=name not in portion.rows, rejected_rows=len(bad))

    def _report(self, stream: str) -> None:
        self._pages[stream] += 1
        pages = self._pages[stream]
        counted = [stream] if stream in self._tables else [*self._tables]
        rows = sum(self._counts[name]["rows"] for name in counted)
        detail = f"{self._label(stream)}: {pages:,} pages, {rows:,} rows"
        self._run.progress.advance(1, detail)


@dataclass(frozen=True)
class LandedRows:
    """What streams may read from the warehouse, through a connection of its own."""

    con: duckdb.DuckDBPyConnection
    tables: Mapping[str, RawTable]
    lock: Lock = field(default_factory=Lock)

    def living_keys(self, table: str, column: str, deletions: str, entity: str) -> pa.Array:
        """See sources.portion.Landed."""
        key = quoted(column)
        with self.lock:
            found = self.con.sql(
                f"""
                with landed as (
                    select {key} as id, max(_loaded_at) as landed_at
                    from {self.tables[table].name}
                    where {key} is not null
                    group by all
                ),

                gone as (
                    select entity_id as id, max(_loaded_at) as gone_at
                    from {self.tables[deletions].name}
                    where entity = $entity
                    group by all
                )

                select landed.id
                from landed
                left join gone on landed.id = gone.id
                where gone.id is null or landed.landed_at > gone.gone_at
                order by landed.id
                """,
                params={"entity": entity},
            )
            rows: pa.Table = found.to_arrow_table()
            return rows["id"].combine_chunks()


def _rejected_by_table(portion: Portion) -> dict[str, list[tuple[int, str, str]]]:
    """Number, reason and text of each rejected row, as the load log takes them."""
    found: dict[str, list[tuple[int, str, str]]] = {}
    for one in portion.rejected:
        found.setdefault(one.table, []).append((one.number, readable(one.reason), one.text))
    return found


def _cursor(con: duckdb.DuckDBPyConnection) -> closing[duckdb.DuckDBPyConnection]:
    return closing(con.cursor())
