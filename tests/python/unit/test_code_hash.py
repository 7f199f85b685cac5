"""The hash by which unit tests that have passed are known again."""

from __future__ import annotations

from pathlib import Path

import pytest

from storehouse.building.code_hash import code_hash, models_hash


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for name in ("dbt_project.yml", "models/a.sql", "macros/m.sql", "tests/python/unit/test_x.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("select '{{ env_var('REGION', '') }}'")
    return tmp_path


def _hash(project: Path, *arguments: str, **environ: str) -> str:
    return code_hash(project, environ, arguments)


@pytest.mark.parametrize(
    "file",
    ["dbt_project.yml", "models/a.sql", "macros/m.sql", "seeds/new.csv", "selectors.yml",
     "functions/new.sql", ".dbtignore"],
)  # fmt: skip
def test_any_file_that_dbt_reads_changes_it(project: Path, file: str) -> None:
    before = _hash(project)
    (project / file).parent.mkdir(exist_ok=True)
    (project / file).write_text("changed")
    assert _hash(project) != before


def test_a_file_that_moves_changes_it(project: Path) -> None:
    before = _hash(project)
    (project / "models/a.sql").rename(project / "models/b.sql")
    assert _hash(project) != before


def test_pytest_files_and_where_alerts_are_sent_do_not_change_it(project: Path) -> None:
    before = _hash(project)
    (project / "tests/python/unit/test_x.py").write_text("changed")
    (project / "alerts.yml").write_text("targets: {}")
    assert _hash(project, STOREHOUSE_ALERTS="alerts.yml") == before


def test_variables_that_dbt_or_the_code_reads_change_it_and_others_do_not(project: Path) -> None:
    before = _hash(project)
    assert _hash(project, REGION="north") != before
    assert _hash(project, DBT_TARGET="ci") != before
    assert _hash(project, STOREHOUSE_SOURCES="shop") != before
    assert _hash(project, EDITOR="vi") == before
    assert _hash(project, STOREHOUSE_RECEIVER="http://127.0.0.1:8504") == before


def test_arguments_change_it(project: Path) -> None:
    assert _hash(project, "build") != _hash(project, "build", "--full-refresh")


def test_the_hash_of_models_knows_code_and_neither_settings_nor_tests(project: Path) -> None:
    (project / "dbt_project.yml").write_text("name: shop\nvars: {currency: GBP}\n")
    before = models_hash(project)
    (project / "dbt_project.yml").write_text("name: shop\nvars: {currency: EUR}\n")
    (project / "tests/a.sql").write_text("select 1")
    assert models_hash(project) == before
    (project / "models/a.sql").write_text("select 2")
    assert models_hash(project) != before


def test_a_home_that_was_moved_is_the_same(project: Path) -> None:
    assert _hash(project, STOREHOUSE_HOME="/a") == _hash(project, STOREHOUSE_HOME="/b")
    assert _hash(project, STOREHOUSE_SOURCES="a") != _hash(project, STOREHOUSE_SOURCES="b")
