"""Full deliveries land as states, each in its place among the others."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from loaders.project import Project

A = "a,b,c\n1,1,1\n"
B = "a,b,c\n2,2,2\n"
EMPTY = "a,b,c\n"


def declare(project: Project, delivery: Any, **landing: Any) -> None:
    project.declare("s", t={"columns": ["a", "b", "c"], "delivery": delivery, **landing})


def by_date(**more: Any) -> dict[str, Any]:
    return {"kind": "full", "order": "date", "date_format": "%Y-%m-%d", **more}


def ordered(project: Project) -> list[str]:
    """The newest version of each file, by its place among the deliveries."""
    rows = project.query(
        "select source_file from ops.loads where status = 'loaded' and delivery is not null"
        " qualify row_number() over (partition by source_file order by loaded_at desc) = 1"
        " order by delivery, source_file"
    )
    return [str(name).removeprefix("t/") for (name,) in rows]


def test_a_delivery_that_equals_an_earlier_one_lands(project: Project) -> None:
    declare(project, "full")
    for number, content in enumerate((A, B, A)):
        project.deliver(f"s/t/{number}.csv", content)
        assert project.load().tables[0].loaded == 1
    assert project.load().tables[0].loaded == 0
    assert ordered(project) == ["0.csv", "1.csv", "2.csv"]


def test_a_delivery_may_be_corrected_to_what_another_one_holds(project: Project) -> None:
    declare(project, by_date())
    project.deliver("s/t/2025-01-01.csv", A)
    project.deliver("s/t/2025-01-02.csv", B)
    assert project.load().tables[0].loaded == 2
    project.deliver("s/t/2025-01-02.csv", A)
    assert project.load().tables[0].loaded == 1
    assert project.load().tables[0].loaded == 0


def test_names_are_ordered_by_the_numbers_in_them(project: Project) -> None:
    declare(project, {"kind": "full", "order": "name"})
    for name in ("9.csv", "10.csv", "9b.csv"):
        project.deliver(f"s/t/{name}", A)
    project.load().raise_for_problems()
    assert ordered(project) == ["9.csv", "9b.csv", "10.csv"]


@pytest.mark.parametrize(
    ("date_format", "names"),
    [
        ("%d.%m.%Y", ["x 31.01.2025 b.csv", "x 01.02.2025.csv", "x 01.01.2026.csv"]),
        ("%Y%m%d%H%M", ["x202501012359.csv", "x202501020000.csv"]),
        ("%y-%j", ["25-031.csv", "25-032.csv"]),
    ],
)
def test_dates_in_names_are_read_as_declared(
    project: Project, date_format: str, names: list[str]
) -> None:
    declare(project, by_date(date_format=date_format))
    for name in reversed(names):
        project.deliver(f"s/t/{name}", A)
    project.load().raise_for_problems()
    assert ordered(project) == names


def test_files_of_one_date_are_one_delivery_from_its_midnight_in_the_declared_zone(
    project: Project,
) -> None:
    declare(project, by_date(time_zone="Europe/Berlin"))
    for part in "ab":
        project.deliver(f"s/t/{part} 2025-07-01.csv", A)
    project.load().raise_for_problems()
    ((delivery, delivered_at),) = project.query(
        "select distinct delivery, delivered_at from ops.loads"
    )
    assert delivery is not None
    assert delivered_at == datetime(2025, 6, 30, 22)  # noqa: DTZ001  UTC, as DuckDB gives it


@pytest.mark.parametrize(
    ("more", "values", "names"),
    [
        ({}, ["2025-01-02T00:30:00+01:00", "2025-01-01T23:45:00Z"], ["0.csv", "1.csv"]),
        ({}, ["10", "9"], ["1.csv", "0.csv"]),
        ({"date_format": "%d.%m.%Y"}, ["01.02.2025", "31.01.2025"], ["1.csv", "0.csv"]),
    ],
)
def test_a_column_orders_deliveries_by_its_value_and_not_as_text(
    project: Project, more: dict[str, str], values: list[str], names: list[str]
) -> None:
    declare(project, {"kind": "full", "order": "column", "column": "c", **more})
    for number, value in enumerate(values):
        project.deliver(f"s/t/{number}.csv", f"a,b,c\n1,1,\n1,1,{value}\n")
    project.load().raise_for_problems()
    assert ordered(project) == names


def test_an_empty_delivery_lands(project: Project) -> None:
    declare(project, "full")
    project.deliver("s/t/1.csv", A)
    project.deliver("s/t/2.csv", EMPTY)
    project.load().raise_for_problems()
    assert ordered(project) == ["1.csv", "2.csv"]


@pytest.mark.parametrize(
    ("delivery", "name", "content", "reason"),
    [
        (by_date(), "today.csv", A, "no date of the form %Y-%m-%d"),
        (by_date(), "2025-02-30.csv", A, "'2025-02-30' is not %Y-%m-%d"),
        (by_date(), "2025-01-01 to 2025-01-02.csv", A, "several dates"),
        ({"kind": "full", "order": "column", "column": "c"}, "1.csv", EMPTY, "no row has a value"),
        (
            {"kind": "full", "order": "column", "column": "c"},
            "1.csv",
            "a,b,c\n1,1,noon\n",
            "c 'noon' is not an ISO 8601 moment or a whole number",
        ),
    ],
)
def test_a_delivery_without_a_place_is_refused_and_the_others_land(
    project: Project, delivery: dict[str, str], name: str, content: str, reason: str
) -> None:
    declare(project, delivery)
    project.deliver("s/t/0 2025-01-01.csv", "a,b,c\n1,1,1\n")
    project.deliver(f"s/t/{name}", content)
    report = project.load()
    assert report.tables[0].loaded == 1
    (rejection,) = report.rejections
    assert rejection.file == f"t/{name}"
    assert reason in rejection.reason


def test_an_order_that_is_declared_anew_lands_the_files_again(project: Project) -> None:
    project.deliver("s/t/b 2025-01-01.csv", A)
    project.deliver("s/t/a 2025-01-02.csv", B)
    assert project.load().tables[0].loaded == 2
    declare(project, "full")
    assert project.load().tables[0].loaded == 2
    assert ordered(project) == ["a 2025-01-02.csv", "b 2025-01-01.csv"]
    declare(project, by_date())
    assert project.load().tables[0].loaded == 2
    assert ordered(project) == ["b 2025-01-01.csv", "a 2025-01-02.csv"]
    assert project.load().tables[0].loaded == 0
