"""What no table takes is named: a misspelt folder or name is data that is missing."""

from __future__ import annotations

from loaders.project import Project

GOOD = "a,b,c\n1,2,3\n"


def test_a_file_that_no_pattern_takes_is_named_in_every_load(project: Project) -> None:
    project.declare("s", t={"columns": ["a", "b", "c"], "pattern": "t/*.csv"})
    for name in ("t/1.csv", "t/2.CSV", "T/3.csv", "t/deep/4.csv", "u.csv"):
        project.deliver(f"s/{name}", GOOD)
    for _ in range(2):
        report = project.load()
        report.raise_for_problems()
        assert report.unmatched == ("s/u.csv", "s/T/3.csv", "s/t/2.CSV", "s/t/deep/4.csv")
        (note,) = report.notes
        assert "T/3.csv (only its case differs from t/*.csv)" in note
        assert "_s__sources.yml" in note
    assert project.query("select count(*) from raw_s.t") == [(1,)]


def test_a_folder_of_no_declared_source_is_named(project: Project) -> None:
    project.deliver("s/t/1.csv", GOOD)
    project.deliver("S/t/2.csv", GOOD)
    project.deliver("elsewhere/t/3.csv", GOOD)
    project.deliver("4.csv", GOOD)
    report = project.load()
    assert report.unmatched == ("4.csv", "S/", "elsewhere/")
    (note,) = report.notes
    assert "S/ (only its case differs from s)" in note


def test_a_source_that_is_declared_and_off_is_not_named(project: Project) -> None:
    project.declare("other", t={"columns": ["a", "b", "c"]})
    project.deliver("other/t/1.csv", GOOD)
    project.deliver("s/t/1.csv", GOOD)
    report = project.load(environ={"STOREHOUSE_SOURCES": "s"})
    assert (report.unmatched, report.notes) == ((), ())


def test_hidden_and_unfinished_files_and_leavings_are_passed_over(project: Project) -> None:
    project.deliver("s/t/1.csv", GOOD)
    for name in (".DS_Store", "s/.hidden", "s/x.part", "s/t/2.csv.tmp", "s/.git/config"):
        project.deliver(name, "")
    project.deliver("s/__MACOSX/t/1.csv", "")
    report = project.load()
    assert (report.unmatched, report.notes) == ((), ())


def test_files_of_a_source_that_broke_its_declaration_are_named_too(project: Project) -> None:
    project.deliver("s/t/1.csv", "a,b\n1,2\n")
    project.deliver("s/stray.csv", GOOD)
    report = project.load()
    assert report.errors
    assert report.unmatched == ("s/stray.csv",)
