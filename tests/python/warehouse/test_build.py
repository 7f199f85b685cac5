"""`storehouse build` says of every model and test what plain `dbt build` says."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from warehouse.planted import Planted

_EVERY_TEST_FAILS = """
{% macro default__get_test_sql(main_sql, fail_calc, warn_if, error_if, limit) %}
    select 7 as failures, true as should_warn, true as should_error
{% endmacro %}
"""


@pytest.fixture
def planted(tmp_path: Path) -> Planted:
    return Planted(tmp_path).write()


def test_each_node_has_the_status_failures_and_message_that_dbt_gives_it(planted: Planted) -> None:
    expected = planted.dbt()
    report, found = planted.storehouse()
    assert found == expected
    statuses = [status for status, _, _ in expected.values()]
    assert {"pass", "fail", "warn", "error", "skipped", "success"} == set(statuses)
    assert len(report["failures"]) == statuses.count("fail") + statuses.count("error")
    assert {"fails", "is_no_sql", "does_not_hold", "broken"} <= {
        one["name"] for one in report["failures"]
    }


def test_a_verdict_that_the_project_overrides_is_the_projects_own(planted: Planted) -> None:
    planted.write({"macros/verdict.sql": _EVERY_TEST_FAILS})
    expected = planted.dbt()
    _, found = planted.storehouse()
    assert found == expected
    assert found["test.planted.passes_alone"][:2] == ("fail", 7)


def test_unit_tests_are_left_out_only_while_the_code_that_passed_them_stands(
    planted: Planted,
) -> None:
    def left_out() -> int:
        report, _ = planted.storehouse()
        assert report["failures"] == []
        return int(report["unit_tests_left_out"])

    unit_test = """
unit_tests:
  - name: holds
    model: calm
    given: []
    expect: {rows: [{one: 1, ten: 10}]}
"""
    planted.remove(*(f"models/{name}" for name in _models(planted) if name != "calm.sql"))
    planted.remove(*(f"tests/{file.name}" for file in (planted.path / "tests").iterdir()))
    planted.write({"models/_models.yml": unit_test})
    assert left_out() == 0
    assert left_out() == 1
    planted.write({"models/calm.sql": "select 1 as one, 11 as ten"})
    for _ in range(2):  # a failure is not remembered as a pass
        report, _ = planted.storehouse()
        assert [one["name"] for one in report["failures"]] == ["holds"]
    planted.write({"models/calm.sql": "select 1 as one, 5 + 5 as ten"})
    assert left_out() == 0
    assert left_out() == 1


def test_a_project_that_was_moved_finds_its_seeds(tmp_path: Path) -> None:
    """dbt's own parse knows the folder that they were in."""
    planted = Planted(tmp_path / "here", str(tmp_path / "home")).write()
    planted.write({"seeds/colours.csv": "name\nred\n"})
    planted.storehouse()
    moved = replace(planted, path=planted.path.rename(tmp_path / "there"))
    _, found = moved.storehouse()
    assert found["seed.planted.colours"][0] == "success"


def _models(planted: Planted) -> list[str]:
    return [file.name for file in (planted.path / "models").iterdir()]
