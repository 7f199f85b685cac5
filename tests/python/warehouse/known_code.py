"""The parse of code that this test session has built, and which code has passed its unit tests.

A new home starts with both, so that a session parses code once and runs its unit tests once. The
build itself checks that they are of exactly its code, as in a home that has built before.
"""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from unittest import mock

from storehouse.building.build import dbt_environment
from storehouse.building.build_log import record_unit_tests
from storehouse.building.kept_parse import PARSED, PARSED_FROM, KeptParse
from storehouse.core.config import Settings
from storehouse.core.warehouse import connect
from storehouse.landing import load_log

_BUILD = "in another home of this session"


class KnownCode:
    """A folder that all workers of a session share."""

    def __init__(self, folder: Path) -> None:
        self._parses, self._passes = folder / "parses", folder / "passes"
        self._parses.mkdir(parents=True, exist_ok=True)
        self._passes.mkdir(exist_ok=True)

    def copy_to(self, settings: Settings, environ: dict[str, str]) -> None:
        """Copy the parse of its code, and all passes, to a home in which nothing was built."""
        project = str(settings.project_dir)
        with mock.patch.dict(os.environ, environ, clear=True):
            parsed_with = dbt_environment(settings)
        known = KeptParse(("--project-dir", project, "--profiles-dir", project), parsed_with)
        if known.hash and (self._parses / known.hash).is_dir():
            shutil.copytree(self._parses / known.hash, settings.target_dir)
        with connect(settings) as con:
            load_log.prepare(con)
            for passed in self._passes.iterdir():
                record_unit_tests(con, passed.name, _BUILD)

    def keep_from(self, settings: Settings) -> None:
        """Keep what the first build of a home has parsed, and passed."""
        try:
            code = json.loads((settings.target_dir / PARSED_FROM).read_bytes())["code"]
        except FileNotFoundError:  # dbt did not get that far
            return
        if code and not (self._parses / code).is_dir():
            copied = self._parses / f"{code}.{os.getpid()}"
            copied.mkdir()
            for name in (PARSED, PARSED_FROM):
                shutil.copy(settings.target_dir / name, copied)
            try:
                copied.rename(self._parses / code)
            except OSError:  # another worker was faster
                shutil.rmtree(copied)
        with connect(settings, read_only=True) as con:
            passed = con.execute("select code_hash from ops.unit_test_passes").fetchall()
        for (one,) in passed:
            (self._passes / one).touch()
