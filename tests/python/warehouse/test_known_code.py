"""A new home starts with the code that has passed its unit tests in this session."""

from __future__ import annotations

from pathlib import Path

from storehouse.building.build_log import has_passed_unit_tests, record_unit_tests
from storehouse.core.warehouse import connect
from storehouse.landing import load_log
from warehouse.known_code import KnownCode
from warehouse.shop import Home


def test_a_new_home_has_the_passed_unit_tests_of_another(tmp_path: Path) -> None:
    known = KnownCode(tmp_path / "known")
    first, built, new = (Home(tmp_path / name).settings for name in ("first", "built", "new"))
    known.copy_to(first)
    assert not first.warehouse.exists()
    with connect(built) as con:
        load_log.prepare(con)
        record_unit_tests(con, "passed", "a build")
    known.keep_from(built)
    known.copy_to(new)
    with connect(new) as con:
        assert has_passed_unit_tests(con, "passed")
        assert not has_passed_unit_tests(con, "other")
