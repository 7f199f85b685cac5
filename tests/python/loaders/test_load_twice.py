"""The same content twice is one load; changed content under a known name is a new version."""

from __future__ import annotations

import itertools
import os
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from loaders.project import Project

ONE = "a,b,c\n1,1,1\n"
TWO = "a,b,c\n2,2,2\n"
THREE = "a,b,c\n3,3,3\n"


def newest(project: Project) -> list[tuple[str, str]]:
    """(file, value of a) of the newest version of each file, as staging reads them."""
    rows = project.query(
        "select _source_file, a from raw_s.t"
        " qualify rank() over (partition by _source_file order by _loaded_at desc) = 1"
        " order by all"
    )
    return [(str(file), str(value)) for file, value in rows]


def test_a_second_load_adds_nothing(project: Project) -> None:
    project.deliver("s/t/1.csv", ONE)
    project.load().raise_for_problems()
    report = project.load()
    assert (report.tables[0].loaded, report.tables[0].unchanged) == (0, 1)
    assert project.query("select count(*) from raw_s.t") == [(1,)]
    assert project.query("select count(*) from ops.loads") == [(1,)]


def test_a_touched_file_adds_nothing(project: Project) -> None:
    path = project.deliver("s/t/1.csv", ONE)
    project.load().raise_for_problems()
    os.utime(path, (1, 1))
    assert project.load().tables[0].loaded == 0


def test_a_renamed_file_adds_nothing(project: Project) -> None:
    path = project.deliver("s/t/1.csv", ONE)
    project.load().raise_for_problems()
    path.rename(path.with_name("0.csv"))
    report = project.load()
    assert (report.tables[0].loaded, report.tables[0].unchanged) == (0, 1)
    assert newest(project) == [("t/1.csv", "1")]


def test_a_file_delivered_twice_lands_once(project: Project) -> None:
    project.deliver("s/t/1.csv", ONE)
    project.deliver("s/t/2.csv", ONE)
    assert project.load().tables[0].loaded == 1
    project.deliver("s/t/3.csv", ONE)
    assert project.load().tables[0].loaded == 0
    assert project.query("select count(*) from raw_s.t") == [(1,)]


def test_changed_content_is_a_new_version(project: Project) -> None:
    project.deliver("s/t/1.csv", ONE)
    project.load().raise_for_problems()
    project.deliver("s/t/1.csv", TWO)
    project.load().raise_for_problems()
    assert project.query("select count(*) from raw_s.t") == [(2,)]
    assert newest(project) == [("t/1.csv", "2")]


def test_content_that_comes_back_is_a_new_version(project: Project) -> None:
    for content in (ONE, TWO, ONE):
        project.deliver("s/t/1.csv", content)
        project.load().raise_for_problems()
    assert newest(project) == [("t/1.csv", "1")]
    assert project.load().tables[0].loaded == 0


@pytest.mark.parametrize(("known", "new"), [("1.csv", "2.csv"), ("2.csv", "1.csv")])
def test_content_may_move_to_another_name(project: Project, known: str, new: str) -> None:
    project.deliver(f"s/t/{known}", ONE)
    project.load().raise_for_problems()
    project.deliver(f"s/t/{known}", TWO)
    project.deliver(f"s/t/{new}", ONE)
    project.load().raise_for_problems()
    assert newest(project) == sorted([(f"t/{known}", "2"), (f"t/{new}", "1")])


@pytest.mark.parametrize(("name", "copy"), [("1.csv", "2.csv"), ("2.csv", "1.csv")])
def test_a_copy_lands_once_its_twin_is_corrected(project: Project, name: str, copy: str) -> None:
    project.deliver(f"s/t/{name}", ONE)
    project.load().raise_for_problems()
    project.deliver(f"s/t/{copy}", ONE)
    for _ in range(2):
        assert project.load().tables[0].loaded == 0
    project.deliver(f"s/t/{name}", TWO)
    project.load().raise_for_problems()
    assert newest(project) == sorted([(f"t/{name}", "2"), (f"t/{copy}", "1")])


@pytest.mark.parametrize(("first", "second"), [("1.csv", "2.csv"), ("2.csv", "1.csv")])
def test_content_may_move_along_known_names(project: Project, first: str, second: str) -> None:
    project.deliver(f"s/t/{first}", ONE)
    project.deliver(f"s/t/{second}", TWO)
    project.load().raise_for_problems()
    project.deliver(f"s/t/{first}", TWO)
    project.deliver(f"s/t/{second}", THREE)
    project.load().raise_for_problems()
    assert newest(project) == sorted([(f"t/{first}", "2"), (f"t/{second}", "3")])


def test_load_times_rise_even_when_the_clock_goes_back(project: Project) -> None:
    noon = datetime(2024, 5, 1, 12, tzinfo=UTC)
    times = []
    for number, moment in enumerate([noon, noon - timedelta(days=1), noon, noon]):
        project.deliver(f"s/t/{number}.csv", f"a,b,c\n{number},,\n")
        times.append(project.load(now=itertools.repeat(moment).__next__).loaded_at)
    assert times == sorted(set(times))
    landed = project.query("select distinct _loaded_at from raw_s.t order by all")
    assert [time for (time,) in landed] == times


def current(project: Project) -> list[tuple[str, str]]:
    """(file, value of a) of the files' newest versions, by the load log."""
    rows = project.query(
        "select _source_file, a from raw_s.t where (_source_file, _loaded_at) in ("
        " select source_file, max(loaded_at) from ops.loads where status = 'loaded' group by all"
        ") order by all"
    )
    return [(str(file), str(value)) for file, value in rows]


@pytest.mark.parametrize(("name", "twin"), [("1.csv", "2.csv"), ("2.csv", "1.csv")])
def test_a_correction_lands_also_where_another_file_has_its_content(
    project: Project, name: str, twin: str
) -> None:
    project.deliver(f"s/t/{name}", ONE)
    project.deliver(f"s/t/{twin}", TWO)
    project.load().raise_for_problems()
    project.deliver(f"s/t/{name}", TWO)
    project.load().raise_for_problems()
    assert current(project) == [("t/1.csv", "2"), ("t/2.csv", "2")]
    assert project.load().tables[0].loaded == 0
    project.deliver(f"s/t/{twin}", THREE)
    project.load().raise_for_problems()
    assert current(project) == sorted([(f"t/{name}", "2"), (f"t/{twin}", "3")])


def test_files_that_swap_their_content_keep_it(project: Project) -> None:
    project.deliver("s/t/1.csv", ONE)
    project.deliver("s/t/2.csv", TWO)
    project.load().raise_for_problems()
    project.deliver("s/t/1.csv", TWO)
    project.deliver("s/t/2.csv", ONE)
    for _ in range(2):
        project.load().raise_for_problems()
        assert current(project) == [("t/1.csv", "2"), ("t/2.csv", "1")]


Arrivals = list[dict[str, int]]
ARRIVALS = st.lists(st.dictionaries(st.sampled_from("abcd"), st.integers(0, 3)), max_size=6)


@given(loads=ARRIVALS)
@settings(max_examples=25, deadline=None)
@example(loads=[{"a": 0, "b": 1}, {"a": 1}, {"b": 2}])
@example(loads=[{"a": 0}, {"b": 0}, {"a": 1}, {"b": 1}, {"a": 2}])
def test_what_is_current_is_what_lies_in_the_inbox_whatever_arrived_before(
    tmp_path_factory: pytest.TempPathFactory, loads: Arrivals
) -> None:
    trial = Project(tmp_path_factory.mktemp("trial"))
    trial.declare("s", t={"columns": ["a", "b", "c"]})
    for arrivals in loads:
        for name, number in arrivals.items():
            trial.deliver(f"s/t/{name}.csv", f"a,b,c\n{number},,\n")
        trial.load().raise_for_problems()
        delivered = {path.read_text()[6] for path in (trial.root / "var/inbox").rglob("*.csv")}
        assert {a for _, a in current(trial)} == delivered
    assert not trial.load().tables[0].loaded
