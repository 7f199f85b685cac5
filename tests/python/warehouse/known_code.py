"""Which code has passed its unit tests in this test session.

A new home starts with that, so that a session runs the unit tests of a code once. The build itself
checks that it is of exactly its code, as in a home that has built before.
"""

from __future__ import annotations

from pathlib import Path

from storehouse.building.build_log import record_unit_tests
from storehouse.core.config import Settings
from storehouse.core.warehouse import connect
from storehouse.landing import load_log

_BUILD = "in another home of this session"


class KnownCode:
    """A folder that all workers of a session share; its files are named by hashes of code."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def copy_to(self, settings: Settings) -> None:
        """Copy all passes to a home in which nothing was built; nothing is made without any."""
        if passes := [*self._folder.iterdir()]:
            with connect(settings) as con:
                load_log.prepare(con)
                for passed in passes:
                    record_unit_tests(con, passed.name, _BUILD)

    def keep_from(self, settings: Settings) -> None:
        """Keep what the first build of a home has passed."""
        with connect(settings, read_only=True) as con:
            passed = con.execute("select code_hash from ops.unit_test_passes").fetchall()
        for (code,) in passed:
            (self._folder / code).touch()
