"""Rows are stored under their file and number, or the file is read again in Python."""

from __future__ import annotations

from typing import cast

import pytest

from loaders.project import Project
from storehouse.core.errors import TableError
from storehouse.core.warehouse import connect
from storehouse.landing.files.rows import FileTable
from storehouse.sources.declarations import TableDeclaration, read_source
from storehouse.sources.files import content
from storehouse.sources.files.delivery import Layout


@pytest.mark.parametrize("miscounts", [(1, 0, 0), (0, -1, 0), (0, 0, 1), (1, 0, -1), (-1, 0, 1)])
def test_a_file_of_which_duckdb_counts_other_rows_is_read_by_python(
    project: Project, monkeypatch: pytest.MonkeyPatch, miscounts: tuple[int, ...]
) -> None:
    miscounted = {f"{name}.csv": by for name, by in enumerate(miscounts)}
    rows_to_read = content.rows_to_read

    def miscounting(
        delivery: content.Delivery, layout: Layout, declaration: TableDeclaration
    ) -> int | None:
        rows = rows_to_read(delivery, layout, declaration)
        return rows if rows is None else rows + miscounted[delivery.path.name]

    monkeypatch.setattr(content, "rows_to_read", miscounting)
    project.declare("s", t={"columns": ["a", "b"]})
    for name in miscounted:
        project.deliver(f"s/t/{name}", f"a,b\n{name},2\n3,4\n")
    project.load().raise_for_problems()
    landed = project.query("select _source_file, _row_number, b from raw_s.t order by all")
    rows = [(1, "2"), (2, "4")]
    assert landed == [(f"t/{name}", number, b) for name in miscounted for number, b in rows]
    assert project.query("select distinct row_count from ops.loads") == [(2,)]


def test_rows_are_numbered_in_their_order_in_files_of_any_size(project: Project) -> None:
    project.declare("s", t={"columns": ["n", "filling"]})
    # DuckDB reads a large file in pieces of 32 MB, and hands on 2,048 rows at a time.
    counts = (3, 2_047, 100_000, 1, 2_048, 5_000, 2_049)
    for file, count in enumerate(counts):
        filling = "x" * (450 if count == max(counts) else 7)
        rows = "".join(f"{n},{filling}\n" for n in range(1, count + 1))
        project.deliver(f"s/t/{file}.csv", f"n,filling\n{rows}")
    project.load().raise_for_problems()
    numbered = project.query(
        "select count(*), count(*) filter (n::bigint = _row_number) from raw_s.t group by"
        " _source_file order by _source_file"
    )
    assert numbered == [(count, count) for count in counts]


def test_a_transaction_that_is_broken_off_leaves_duckdb_as_it_was(project: Project) -> None:
    project.declare("s", t={"columns": ["a"]})
    settings = project.settings()
    (declaration,) = cast(tuple[TableDeclaration, ...], read_source(settings, "s"))
    with connect(settings) as con:
        table = FileTable(con, settings, declaration)
        with pytest.raises(TableError, match="broken off"), table.transaction():
            con.execute("select error('broken off')")
        assert con.execute("select current_setting('preserve_insertion_order')").fetchall() == [
            (True,)
        ]
