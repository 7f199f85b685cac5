"""A load whose own clock is wrong, or jumps while it runs, hides nothing from the next."""

from __future__ import annotations

from pathlib import Path

import pytest

from loaders.clocks import YEAR, TurnedLoad, years_between
from loaders.project import Project


@pytest.mark.parametrize("begin", [YEAR, -YEAR])
def test_a_corrected_file_counts_after_a_load_with_a_wrong_clock(
    tmp_path: Path, begin: int
) -> None:
    project = Project(tmp_path)
    project.declare("s", t={"columns": ["a"]})
    project.deliver("s/t/1.csv", "a\nwrong\n")
    project.deliver("s/t/2.csv", "a\nright\n")
    TurnedLoad.begin(project, begin, 0).end()
    assert years_between(project) == {begin // YEAR}
    project.deliver("s/t/1.csv", "a\ncorrected\n")
    project.deliver("s/t/3.csv", "a\nnew\n")
    project.load().raise_for_problems()
    newest = project.query(
        "select a from raw_s.t where (_source_file, _loaded_at) in ("
        " select source_file, max(loaded_at) from ops.loads where status = 'loaded' group by all"
        ") order by all"
    )
    assert newest == [("corrected",), ("new",), ("right",)]
