"""Portions: rows, load log and state in one transaction, whatever stops the load."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from threading import Event

import pyarrow as pa
import pytest

from loaders.project import Project, utc_now
from storehouse.core.errors import SourceUnavailable, TableError, UnexpectedError
from storehouse.core.progress import Silent
from storehouse.core.warehouse import connect
from storehouse.landing import load_log, load_states
from storehouse.landing.context import Run
from storehouse.landing.report import LoadReport
from storehouse.landing.streams.portions import LandedRows, PortionLoad
from storehouse.landing.streams.streams import Ended, merged
from storehouse.sources.declarations import Column, Table
from storehouse.sources.portion import Landed, Portion, State, Stream, Window

PORTIONS = 10


def rows(*values: str | None, column: str = "a") -> pa.Table:
    return pa.table({column: pa.array(values, pa.string())})


@dataclass
class Counting:
    """A stream of PORTIONS portions of two rows that goes on where its state says."""

    name: str = "t"
    fail_at: int = PORTIONS
    kill_at: int = PORTIONS
    asked_for: list[int] = field(default_factory=list)
    ahead: int = 2

    def reset(self, state: State) -> State:
        return {**state, "next": 0}

    def portions(self, state: State | None, landed: Landed) -> Iterator[Portion]:
        del landed
        for number in range((state or {}).get("next", 0), PORTIONS):
            if number == self.fail_at:
                raise SourceUnavailable(f"{self.name} is away")
            if number == self.kill_at:
                # What was handed over is stored meanwhile, or is not.
                os.kill(os.getpid(), 9)
            self.asked_for.append(number)
            yield Portion(
                f"page {number}",
                {self.name: rows(f"{number}a", f"{number}b")},
                {"next": number + 1},
                notes=("said once",),
            )


@dataclass
class Plain:
    """A stream without a state, which is not read ahead of what is stored."""

    name: str = "t"
    ahead: int = 0

    def reset(self, state: State) -> State:
        return state


@dataclass
class Empty(Plain):
    def portions(self, state: State | None, landed: Landed) -> Iterator[Portion]:
        del state, landed
        yield from ()


@dataclass
class Tiny:
    """A source made of streams, each of its own table."""

    streams: list[Stream]
    parallel: int = 1
    name: str = "s"
    variables: tuple[str, ...] = ()

    @property
    def tables(self) -> list[Table]:
        columns = tuple(Column(name, name) for name in ("a", "b", "entity", "entity_id"))
        return [Table("s", stream.name, "raw_s", columns) for stream in self.streams]

    def open(
        self, environ: Mapping[str, str], window: Window, now: Callable[[], datetime]
    ) -> AbstractContextManager[list[Stream]]:
        del environ, window, now
        return nullcontext(self.streams)


def load(project: Project, source: Tiny) -> LoadReport:
    settings = project.settings()
    with connect(settings) as con:
        batch = load_log.open_batch(con, utc_now)
        load_states.prepare(con)
        run = Run(settings, con, batch, settings.home / "spool", Silent(), utc_now)
        PortionLoad(run, source).run_all({}, Window())
    return run.report()


def landed(project: Project, table: str = "t") -> list[tuple[object, ...]]:
    return project.query(f"select a, _row_number from raw_s.{table} order by all")


EVERYTHING = [(f"{n}{x}", i) for n in range(PORTIONS) for i, x in enumerate("ab", start=1)]


def test_a_portion_lands_with_its_ledger_row_and_its_state(project: Project) -> None:
    report = load(project, Tiny([Counting()]))
    assert landed(project) == EVERYTHING
    assert report.notes == ("said once",)
    assert (report.tables[0].seen, report.tables[0].rows) == (PORTIONS, 2 * PORTIONS)
    assert project.query(
        "select count(*), count(distinct source_file), sum(row_count) from ops.loads"
        " where status = 'loaded'"
    ) == [(PORTIONS, PORTIONS, 2 * PORTIONS)]
    assert project.query(
        "select distinct b, _source_file = _batch_id || ' page 3' from raw_s.t where a like '3%'"
    ) == [(None, True)]
    assert project.query("select source, table_name, state from ops.load_states") == [
        ("s", "t", '{"next": 10}')
    ]


def test_a_stream_that_fails_keeps_what_it_had_and_goes_on_from_there(project: Project) -> None:
    first = load(project, Tiny([Counting(fail_at=4)]))
    assert [str(error) for error in first.errors] == ["t is away"]
    assert landed(project) == EVERYTHING[:8]
    again = Counting()
    load(project, Tiny([again])).raise_for_problems()
    assert again.asked_for == list(range(4, PORTIONS))
    assert landed(project) == EVERYTHING


def test_streams_run_beside_each_other(project: Project) -> None:
    streams: list[Stream] = [Counting(name) for name in ("t", "u", "v")]
    load(project, Tiny(streams, parallel=2)).raise_for_problems()
    assert [landed(project, name) for name in ("t", "u", "v")] == [EVERYTHING] * 3


def test_a_stream_that_fails_stops_no_other(project: Project) -> None:
    report = load(project, Tiny([Counting(fail_at=2), Counting("u")]))
    assert [str(error) for error in report.errors] == ["t is away"]
    assert landed(project) == EVERYTHING[:4]
    assert landed(project, "u") == EVERYTHING


def test_a_source_that_two_streams_in_a_row_do_not_reach_is_away(project: Project) -> None:
    later = Counting("v")
    report = load(project, Tiny([Counting(fail_at=0), Counting("u", fail_at=0), later]))
    assert later.asked_for == []
    *away, cut = map(str, report.errors)
    assert away == ["t is away", "u is away"]
    assert "two tables in a row, so these were not read, or not completely: v. " in cut


@pytest.mark.parametrize("between", [Counting("u"), Empty("u")])
def test_a_source_that_answers_between_two_failures_is_not_away(
    project: Project, between: Stream
) -> None:
    streams = [Counting(fail_at=0), between, Counting("v", fail_at=0), Counting("w")]
    report = load(project, Tiny(streams))
    assert [str(error) for error in report.errors] == ["t is away", "v is away"]
    assert landed(project, "w") == EVERYTHING


@dataclass
class Gated(Plain):
    """A stream that gives a portion, or finds its source away, once `gate` is open.

    It ends once `end` is.
    """

    is_away: bool = False
    gate: Event = field(default_factory=Event)
    end: Event = field(default_factory=Event)

    def portions(self, state: State | None, landed: Landed) -> Iterator[Portion]:
        del state, landed
        self.gate.wait(10)
        if self.is_away:
            raise SourceUnavailable(f"{self.name} is away")
        yield Portion("page", {})
        self.end.wait(10)


def test_a_page_that_comes_between_two_failures_says_that_the_source_is_not_away(
    project: Project,
) -> None:
    gated = [Gated("t"), Gated("u", is_away=True), Gated("v", is_away=True), Gated("w")]
    with connect(project.settings()) as con:
        outcomes = merged(gated, dict.fromkeys("tuvw"), LandedRows(con, {}), parallel=3)
        for opened in "utv":
            next(one for one in gated if one.name == opened).gate.set()
            assert next(outcomes)[0].name == opened
        for stream in gated:
            stream.gate.set()
            stream.end.set()
        assert not any(isinstance(one, Ended) and one.is_cut for _, one in outcomes)


def test_a_stream_that_is_read_while_its_source_is_found_away_ends_as_cut(
    project: Project,
) -> None:
    gated = [Gated("t"), Gated("u", is_away=True), Gated("v", is_away=True), Gated("w")]
    with connect(project.settings()) as con:
        outcomes = merged(gated, dict.fromkeys("tuvw"), LandedRows(con, {}), parallel=2)
        for stream in gated[1:3]:
            stream.gate.set()
            assert next(outcomes)[0] == stream
        gated[0].gate.set()
        assert [(one.name, ended) for one, ended in outcomes] == [
            ("t", Ended(is_cut=True)),
            ("w", Ended(is_cut=True)),
        ]


@dataclass
class Panicking(Plain):
    """A stream that ends as a library in Rust does: by what is no Exception."""

    raised: BaseException = field(default_factory=lambda: BaseException("out of its mind"))

    def portions(self, state: State | None, landed: Landed) -> Iterator[Portion]:
        del state, landed
        yield Portion("good", {self.name: rows("1")}, {"next": 1})
        raise self.raised


@pytest.mark.parametrize(
    ("raised", "message"),
    [
        (
            BaseException("secret"),
            "a bug in storehouse, BaseException at storehouse/landing/streams",
        ),
        (RecursionError("secret"), "a bug in storehouse, RecursionError"),
        (UnicodeEncodeError("utf-8", "secret", 0, 1, ""), "UnicodeEncodeError"),
        (MemoryError(), "there was not enough memory; lower STOREHOUSE_MEMORY_LIMIT"),
    ],
)
def test_a_fault_of_ours_in_one_stream_is_reported_and_stops_no_other(
    project: Project, raised: BaseException, message: str
) -> None:
    report = load(project, Tiny([Panicking(raised=raised), Counting("u")]))
    assert landed(project) == [("1", 1)]
    assert landed(project, "u") == EVERYTHING
    with pytest.raises(UnexpectedError, match=message) as caught:
        report.raise_for_problems()
    assert "s.t: " in str(caught.value)
    assert "secret" not in str(caught.value)


def test_a_table_that_is_a_view_stops_its_stream_and_no_other(project: Project) -> None:
    with connect(project.settings()) as con:
        con.execute("create schema raw_s; create view raw_s.t as select 1 as a")
    report = load(project, Tiny([Counting(), Counting("u")]))
    assert landed(project, "u") == EVERYTHING
    with pytest.raises(TableError, match=r"s\.t .*could not be written: Catalog Error"):
        report.raise_for_problems()
    assert project.query("select count(*) from ops.load_states") == [(1,)]


@dataclass
class Misnamed(Plain):
    def portions(self, state: State | None, landed: Landed) -> Iterator[Portion]:
        del state, landed
        yield Portion("good", {"t": rows("1")}, {"next": 1})
        yield Portion("bad", {"t": rows("2", column="no_such_column")}, {"next": 2})


def test_a_portion_that_cannot_be_stored_leaves_nothing_of_itself(project: Project) -> None:
    report = load(project, Tiny([Misnamed()]))
    with pytest.raises(TableError, match=r"s\.t in .* could not be written: .*no_such_column"):
        report.raise_for_problems()
    assert landed(project) == [("1", 1)]
    assert project.query("select state from ops.load_states") == [('{"next": 1}',)]
    assert project.query("select count(*) from ops.loads") == [(1,)]


ODD_COLUMNS = (
    "rowid", "filename", "file_index", "select", "a.b", 'q"q', "it's", " a", "é", "c0", "batch_id",
    "landed_at", "id", "gone_at", "$batch_id", "*", "x" * 300,
)  # fmt: skip


@dataclass
class Odd(Plain):
    """A stream whose columns have any names, each of which is once asked for as the key."""

    keys: dict[str, list[str]] = field(default_factory=dict)

    def portions(self, state: State | None, landed: Landed) -> Iterator[Portion]:
        del state
        yield Portion("page", {"t": pa.table({name: [name] for name in ODD_COLUMNS})}, {"next": 1})
        yield Portion("page 2", {}, {"next": 2})  # the first is stored
        yield Portion("page 3", {}, {"next": 3})
        for name in ODD_COLUMNS:
            self.keys[name] = landed.living_keys("t", name, "deletions", "x").to_pylist()


@dataclass
class OddSource(Tiny):
    @property
    def tables(self) -> list[Table]:
        columns = tuple(Column(name, name) for name in ODD_COLUMNS)
        deletions = tuple(Column(name, name) for name in ("entity", "entity_id", "deleted_at"))
        return [Table("s", "t", "raw_s", columns), Table("s", "deletions", "raw_s", deletions)]


def test_columns_of_any_name_land_and_may_be_keys(project: Project) -> None:
    stream = Odd()
    load(project, OddSource([stream])).raise_for_problems()
    found = project.query("select * exclude (_batch_id, _loaded_at, _source_file) from raw_s.t")
    assert found == [(*ODD_COLUMNS, None, 1)]
    assert stream.keys == {name: [name] for name in ODD_COLUMNS}


def test_a_killed_load_goes_on_behind_the_last_portion_stored(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.declare("s", t={"columns": ["a", "b"]})
    code = (
        "import sys; from pathlib import Path; from loaders import test_portions as t;"
        "from loaders.project import Project;"
        "t.load(Project(Path(sys.argv[1])), t.Tiny([t.Counting(kill_at=int(sys.argv[2]))]))"
    )
    for kill_at in (0, 3, 7):
        killed = subprocess.run(
            [sys.executable, "-c", code, str(tmp_path), str(kill_at)],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
            check=False,
        )
        assert killed.returncode == -9
    load(project, Tiny([Counting()])).raise_for_problems()
    assert landed(project) == EVERYTHING


@dataclass
class Asking(Plain):
    """A stream that asks which keys live."""

    keys: list[str] = field(default_factory=list)

    def portions(self, state: State | None, landed: Landed) -> Iterator[Portion]:
        del state
        self.keys = landed.living_keys("t", "a", "deletions", "order").to_pylist()
        yield from ()


def test_keys_live_until_they_are_gone_and_again_when_they_come_back(project: Project) -> None:
    def stored(batch: int, statement: str) -> None:
        at = datetime(2026, 1, batch, tzinfo=UTC).replace(tzinfo=None)
        with connect(project.settings()) as con:
            con.execute(statement, {"at": at})

    asking = Asking()
    source = Tiny([asking, Empty("deletions")])
    load(project, source)
    stored(1, "insert into raw_s.t by name select unnest(['1', '2', null]) as a, $at as _loaded_at")
    stored(
        2,
        "insert into raw_s.deletions by name select 'order' as entity, '2' as entity_id,"
        " $at as _loaded_at",
    )
    load(project, source)
    assert asking.keys == ["1"]
    stored(3, "insert into raw_s.t by name select '2' as a, $at as _loaded_at")
    load(project, source)
    assert asking.keys == ["1", "2"]


@dataclass
class Waiting(Plain):
    """A stream that asks, before each portion, what has landed of those before."""

    keys: list[list[str]] = field(default_factory=list)

    def portions(self, state: State | None, landed: Landed) -> Iterator[Portion]:
        del state
        for number in range(PORTIONS):
            self.keys.append(landed.living_keys("t", "a", "deletions", "order").to_pylist())
            yield Portion(f"portion {number}", {"t": rows(str(number))})


def test_a_stream_that_must_not_read_ahead_goes_on_when_its_portion_is_stored(
    project: Project,
) -> None:
    waiting = Waiting()
    load(project, Tiny([waiting, Empty("deletions")]))
    assert waiting.keys == [[str(one) for one in range(count)] for count in range(PORTIONS)]
