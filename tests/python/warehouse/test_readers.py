"""Readers of the published file while builds come and go, and while a publisher is killed."""

from __future__ import annotations

import multiprocessing
import random
import shutil
import subprocess
import sys
import time
from datetime import UTC, datetime
from multiprocessing.synchronize import Event
from pathlib import Path

import duckdb

from storehouse.serving.publish import publish
from storehouse.serving.published_files import build_id_of, current_file, published_files
from warehouse.builds import next_build
from warehouse.shop import PROJECT, Home

_BUILDS = 25
_READERS = 2


def _read(current: str) -> str:
    """The build that one connection sees; raises where it is not whole."""
    with duckdb.connect(current, read_only=True) as con:
        ((build_id,),) = con.execute("select build_id from meta.builds").fetchall()
        ((rows, recorded),) = con.execute(
            "select (select count(*) from marts.fct_ledger_entries), "
            "(select row_count from meta.row_counts where table_name = 'marts.fct_ledger_entries')"
        ).fetchall()
    if rows != recorded:
        raise AssertionError(f"build {build_id} says {recorded} rows and has {rows}")
    return str(build_id)


def _keep_reading(current: str, stop: Event, counts: list[int], errors: list[str]) -> None:
    while not stop.is_set():
        try:
            _read(current)
        except Exception as error:  # noqa: BLE001
            errors.append(repr(error))
        counts.append(1)


def test_no_read_fails_or_is_torn_while_builds_are_published_and_removed(small_home: Home) -> None:
    settings = small_home.settings
    context = multiprocessing.get_context("spawn")
    with context.Manager() as manager:
        stop = context.Event()
        counts, errors = manager.list(), manager.list()
        readers = [
            context.Process(
                target=_keep_reading, args=(str(settings.current), stop, counts, errors)
            )
            for _ in range(_READERS)
        ]
        for reader in readers:
            reader.start()
        try:
            published = 0
            while published < _BUILDS or len(counts) < 5 * _BUILDS:
                next_build(settings)
                publish(settings, now=lambda: datetime.now(UTC))
                published += 1
        finally:
            stop.set()
            for reader in readers:
                reader.join()
        assert list(errors) == []
        assert len(counts) >= 5 * _BUILDS


def test_a_publisher_killed_at_any_moment_leaves_a_whole_build(small_home: Home) -> None:
    settings = small_home.settings
    chance = random.Random(5)
    command = [str(Path(sys.executable).with_name("storehouse")), "publish"]
    environ = {**small_home.variables, "PATH": "/usr/bin:/bin"}
    begun = time.monotonic()
    subprocess.run(command, cwd=PROJECT, env=environ, capture_output=True, check=True)
    seconds = time.monotonic() - begun
    killed = 0
    for _ in range(10):
        before = current_file(settings)
        next_build(settings)
        publisher = subprocess.Popen(
            command, cwd=PROJECT, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        try:
            publisher.wait(timeout=chance.uniform(0.3, 1.0) * seconds)
        except subprocess.TimeoutExpired:
            publisher.kill()
            publisher.wait()
            killed += 1
        assert before is not None
        assert _read(str(settings.current)) >= build_id_of(before)
    assert killed > 0
    shutil.copy(settings.current, settings.published_dir / ".left-over.duckdb.tmp")
    newest = publish(settings, now=lambda: datetime.now(UTC)).build_id
    assert _read(str(settings.current)) == newest
    assert [file.name for file in settings.published_dir.iterdir() if file.name[0] == "."] == []
    assert len(published_files(settings)) <= 5
