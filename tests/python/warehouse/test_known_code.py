"""A new home starts with the parse of its own code, and no other."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from storehouse.building.build import dbt_environment
from storehouse.building.build_log import has_passed_unit_tests, record_unit_tests
from storehouse.building.kept_parse import PARSED, PARSED_FROM, KeptParse
from storehouse.core.warehouse import connect
from storehouse.landing import load_log
from warehouse.known_code import KnownCode
from warehouse.shop import PROJECT, Home


@pytest.fixture
def built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """A home that has parsed this project, and whose code `passed` has passed its unit tests."""
    home = Home(tmp_path / "built")
    settings = home.settings
    for name, value in home.variables.items():
        monkeypatch.setenv(name, value)
    folders = ("--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT))
    code = KeptParse(folders, dbt_environment(settings)).hash
    settings.target_dir.mkdir(parents=True)
    (settings.target_dir / PARSED).write_bytes(b"a parse")
    (settings.target_dir / PARSED_FROM).write_text(json.dumps({"code": code}))
    with connect(settings) as con:
        load_log.prepare(con)
        record_unit_tests(con, "passed", "a build")
    return home


def test_a_new_home_of_the_same_code_has_its_parse_and_its_passed_unit_tests(
    built: Home, tmp_path: Path
) -> None:
    known = KnownCode(tmp_path / "known")
    known.keep_from(built.settings)
    new = Home(tmp_path / "new")
    known.copy_to(new.settings, new.variables)
    assert (new.settings.target_dir / PARSED).read_bytes() == b"a parse"
    assert (new.settings.target_dir / PARSED_FROM).exists()
    with connect(new.settings) as con:
        assert has_passed_unit_tests(con, "passed")
        assert not has_passed_unit_tests(con, "other")


def test_a_new_home_with_other_sources_has_no_parse(built: Home, tmp_path: Path) -> None:
    known = KnownCode(tmp_path / "known")
    known.keep_from(built.settings)
    other = Home(tmp_path / "other", sources="shop,ecb")
    known.copy_to(other.settings, other.variables)
    assert not other.settings.target_dir.exists()
